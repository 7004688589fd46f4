"""Activation patching: what parts write in one run, put into another.

Either way round: with corrupted sequences for `tokens` and clean ones for `other` it shows what
restores an answer, the other way round what breaks it.
"""

from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.parts import Part, listed
from analyses.instruments.positions import Positions, chosen
from analyses.instruments.replacing import Tokens, belonging, others, replacing_hooks, run
from models.problem import BATCH, Problem


def patch(
    problem: Problem[Any],
    tokens: Tokens,
    other: Int[Tensor, "other n_ctx"],
    parts: Part | Iterable[Part],
    positions: Positions | None = None,
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """The logits of `tokens` when parts write what they write in `other`; all behind them runs.

    Args:
        problem: whose model is run.
        tokens: what it reads.
        other: the sequences that the parts read instead, one for each.
        parts: one or several, such as `Residual(1)` or `Head(0, 1)`.
        positions: at which they write what they write there; None: everywhere.

    Raises:
        IndexError: if the model does not have one of them, or sequences such a position.
        ValueError: if it has no MLP, and one of them belongs to it; or if there is not one other
            sequence for each, of the same length.
    """
    return run(problem, tokens, [others(problem, tokens, other, parts, positions)])


@torch.no_grad()
def patch_each(
    problem: Problem[Any], tokens: Tokens, other: Int[Tensor, "other n_ctx"], parts: Iterable[Part]
) -> Float[Tensor, "part pos batch label d_vocab_out"]:
    """`patch` of each part by itself at each position by itself: the logits where an answer is
    predicted.

    Raises:
        IndexError: if the model does not have one of them.
        ValueError: if it has no MLP, and one of them belongs to it; or if there is not one other
            sequence for each, of the same length.
    """
    tokens, labels = tokens.to(problem.device), problem.task.label_positions
    written = others(problem, tokens, other, parts := listed(parts))
    by_part = [belonging(problem, part) for part in parts]
    places = [chosen(position, tokens) for position in range(tokens.shape[1])]
    batches: list[Tensor] = []
    for rows in torch.arange(len(tokens), device=problem.device).split(BATCH):
        # What the parts write there is the same at every place of the grid.
        values = written.values(rows)
        grid = [
            problem.model.run_with_hooks(
                tokens[rows], fwd_hooks=replacing_hooks(which, values, at[rows])
            )[:, labels]
            for which in by_part
            for at in places
        ]
        batches.append(torch.stack(grid))
    return torch.cat(batches, dim=1).unflatten(0, (len(parts), len(places)))
