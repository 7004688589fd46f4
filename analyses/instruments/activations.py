"""What a model computes on its way, read at TransformerLens's hook points.

Points of a layer are named without it, such as `PATTERN`; `point` adds it.
"""

from difflib import get_close_matches
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.heads import layer_of
from models.problem import BATCH, Problem

RESID_PRE = "hook_resid_pre"
RESID_MID = "hook_resid_mid"
RESID_POST = "hook_resid_post"
QUERIES = "attn.hook_q"
KEYS = "attn.hook_k"
VALUES = "attn.hook_v"
PATTERN = "attn.hook_pattern"
Z = "attn.hook_z"
PRE_ACTIVATIONS = "mlp.hook_pre"
"""What the neurons of the MLP read."""
NEURONS = "mlp.hook_post"
"""Activations of the MLP, which `W_out` is multiplied by; of SoLU, behind its LayerNorm."""
BEHIND_SOLU = "mlp.ln.hook_out"
"""The same, of SoLU alone, before anything is put in place of them at `NEURONS`."""
ATTN_OUT = "hook_attn_out"
MLP_OUT = "hook_mlp_out"
LN1_SCALE = "ln1.hook_scale"
"""What LayerNorm divides by before attention."""
LN2_SCALE = "ln2.hook_scale"
"""What LayerNorm divides by before the MLP."""
LN_FINAL_SCALE = "ln_final.hook_scale"
"""What LayerNorm divides by before the unembedding; of no layer."""


def point(problem: Problem[Any], name: str, layer: int | None = None) -> str:
    """The full name of a layer's hook point, `blocks.1.attn.hook_pattern` for `PATTERN` of layer 1.

    Args:
        problem: whose model has it.
        name: of the point within its layer, such as `PATTERN`, or `LN_FINAL_SCALE`, which is of
            no layer and stays as it is.
        layer: where; None: the only one.

    Raises:
        ValueError: if no layer is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    if name == LN_FINAL_SCALE:
        return name
    return f"blocks.{layer_of(problem, layer)}.{name}"


@torch.no_grad()
def activations(
    problem: Problem[Any],
    tokens: Int[Tensor, "batch n_ctx"],
    name: str,
    layer: int | None = None,
) -> Float[Tensor, "batch ..."]:
    """What passes one hook point; any number of sequences, in batches.

    Args:
        problem: whose model is run.
        tokens: what it reads.
        name: of a hook point within its layer, such as `PATTERN`.
        layer: where; None: the only one.

    Raises:
        KeyError: if the model has no hook point of that name; says which are like it.
        ValueError: if no layer is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    known, name = problem.model.hook_dict, point(problem, name, layer)
    if name not in known:
        near = get_close_matches(name, known, n=3) or sorted(known)[:3]
        raise KeyError(f"no hook point is called {name!r}; did you mean {', '.join(near)}?")
    parts = tokens.to(problem.device).split(BATCH)
    return torch.cat(
        [problem.model.run_with_cache(part, names_filter=[name])[1][name] for part in parts]
    )
