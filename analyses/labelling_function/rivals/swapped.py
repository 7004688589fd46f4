"""Heads that read another number than they see: another row's X, or another column's Y."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.activations import PATTERN, activations
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import BATCH, Problem

STEP = 50
"""How far away, counted round, the other number is: nearly the half of all, with no divisor of
113, so that every number stands for one other."""
Tokens = Int[Tensor, "batch n_ctx"]


def other_row(tokens: Tokens, position: int) -> Tokens:
    """The same points with another number at X (0) or at Y (1)."""
    changed = tokens.clone()
    changed[:, position] = (tokens[:, position] + STEP) % SIDE
    return changed


@torch.no_grad()
def read_of_another(
    problem: Problem[LabellingFunction], tokens: Tokens, position: int
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """Attention goes where it would, but what is read there is another number."""
    tokens = tokens.to(problem.device)
    looked = activations(problem, tokens, PATTERN)
    parts = zip(other_row(tokens, position).split(BATCH), looked.split(BATCH), strict=True)
    logits = []
    for part, pattern in parts:

        def put(_: Tensor, hook: object, pattern: Tensor = pattern) -> Tensor:
            return pattern

        logits.append(problem.model.run_with_hooks(part, fwd_hooks=[(PATTERN, put)]))
    return torch.cat(logits)
