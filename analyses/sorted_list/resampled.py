"""What the heads say at a label, taken from another list that is like this one there."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.ablation import resample_ablate
from analyses.instruments.circuits import copying_heads
from analyses.instruments.heads import heads
from analyses.instruments.parts import Part
from analyses.sorted_list.tables import value_ov
from models.problem import Problem
from models.sorted_list.task import SortedList


class Labels(NamedTuple):
    """Every label of some lists, one row for each."""

    tokens: Int[Tensor, "row n_ctx"]
    label: Int[Tensor, " row"]
    answer: Int[Tensor, " row"]


def every_label(task: SortedList, tokens: Int[Tensor, "batch n_ctx"]) -> Labels:
    """The labels of each list in turn."""
    n = task.list_length
    label = torch.arange(n, device=tokens.device).repeat(len(tokens))
    return Labels(tokens.repeat_interleave(n, dim=0), label, task.answers(tokens).flatten())


def alike(
    task: SortedList, at: Labels, generator: torch.Generator, answer: bool = True
) -> Int[Tensor, "row n_ctx"]:
    """Random lists in which, at the same label, the same value asks; with `answer`, for the same
    answer too. All such lists are equally likely.
    """
    n = task.list_length
    values = torch.arange(task.max_value + 1)
    label = at.label.cpu()[:, None]
    # SEP asks for what is above nothing, so for what is above -1.
    before = at.tokens.cpu().gather(1, n + label)
    query = torch.where(label == 0, -1, before)
    floor = at.answer.cpu()[:, None] if answer else query
    fixed = (values == query) | (values == floor)
    free_above = n - label - int(answer)
    noise = torch.rand(2, len(label), len(values), generator=generator)
    chosen = fixed | _least(noise[0], values < query, label - 1)
    chosen = chosen | _least(noise[1], values > floor, free_above)
    drawn = chosen.nonzero()[:, 1].reshape(len(label), n)
    order = torch.rand(drawn.shape, generator=generator).argsort(dim=1)
    return task.complete(drawn.gather(1, order)).to(at.tokens.device)


def _least(noise: Tensor, allowed: Tensor, how_many: Tensor) -> Tensor:
    """The allowed values with the least noise, so many in each row."""
    rank = noise.masked_fill(~allowed, 2.0).argsort(dim=1).argsort(dim=1)
    return allowed & (rank < how_many)


def by_role(
    problem: Problem[SortedList],
    at: Labels,
    copier: Int[Tensor, "row n_ctx"] | None,
    others: Int[Tensor, "row n_ctx"] | None,
) -> Float[Tensor, "row d_vocab_out"]:
    """The logits at each label when the head that copies its answer reads one list, and the
    other heads read another; None: the list itself.
    """
    copies = copying_heads(value_ov(problem))[at.answer]
    logits = torch.empty(
        len(at.label), problem.task.d_vocab_out, dtype=torch.float32, device=problem.device
    )
    for copying in range(problem.architecture.n_heads):
        rows = (copies == copying).nonzero().flatten()
        donors: Mapping[Part, Tensor] = {
            head: read[rows]
            for head in heads(problem)
            if (read := copier if head.number == copying else others) is not None
        }
        query = problem.task.label_positions.start + at.label[rows]
        resampled = resample_ablate(problem, at.tokens[rows], donors, positions=query)
        logits[rows] = resampled[torch.arange(len(rows), device=query.device), query]
    return logits
