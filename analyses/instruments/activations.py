"""What a model computes on its way, read at TransformerLens's hook points."""

from difflib import get_close_matches
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.problem import BATCH, Problem

RESID_PRE = "blocks.0.hook_resid_pre"
RESID_MID = "blocks.0.hook_resid_mid"
RESID_POST = "blocks.0.hook_resid_post"
QUERIES = "blocks.0.attn.hook_q"
KEYS = "blocks.0.attn.hook_k"
VALUES = "blocks.0.attn.hook_v"
PATTERN = "blocks.0.attn.hook_pattern"
Z = "blocks.0.attn.hook_z"
BEFORE_RELU = "blocks.0.mlp.hook_pre"
"""Pre-activations of the MLP."""
NEURONS = "blocks.0.mlp.hook_post"
"""Activations of the MLP, after the ReLU."""
MLP_OUT = "blocks.0.hook_mlp_out"


@torch.no_grad()
def activations(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"], name: str
) -> Float[Tensor, "batch ..."]:
    """What passes one hook point; any number of sequences, in batches.

    Args:
        problem: whose model is run.
        tokens: what it reads.
        name: of a hook point, such as `PATTERN`.

    Raises:
        KeyError: if the model has no hook point of that name; says which are like it.
    """
    known = problem.model.hook_dict
    if name not in known:
        near = get_close_matches(name, known, n=3) or sorted(known)[:3]
        raise KeyError(f"no hook point is called {name!r}; did you mean {', '.join(near)}?")
    parts = tokens.to(problem.device).split(BATCH)
    return torch.cat(
        [problem.model.run_with_cache(part, names_filter=[name])[1][name] for part in parts]
    )
