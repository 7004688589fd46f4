"""Mistakes against the step from a sorted value to the next."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from models.task import Task


class Mistakes(NamedTuple):
    """One mistake of each list that has some after SEP."""

    size: Int[Tensor, " mistake"]
    absent: Bool[Tensor, " mistake"]


class Steps(NamedTuple):
    """The predictions after SEP, of which each has to step from one sorted value to the next."""

    query: Int[Tensor, "batch step"]
    answer: Int[Tensor, "batch step"]
    named: Int[Tensor, "batch step"]
    """What the model answers."""

    def size(self) -> Int[Tensor, "batch step"]:
        """From the value asked at to the next."""
        return self.answer - self.query

    def wrong(self) -> Bool[Tensor, "batch step"]:
        """Whether the model names another value than the next."""
        return self.named != self.answer

    def absent(self) -> Bool[Tensor, "batch step"]:
        """Whether the model names something that no token of the list is."""
        values = torch.cat([self.query, self.answer[:, -1:]], dim=1)
        return (self.named[:, :, None] != values[:, None, :]).all(dim=2)

    def first_mistakes(self) -> Mistakes:
        """Of each list with mistakes the first alone, so that they are independent."""
        wrong = self.wrong()
        rows = wrong.any(dim=1).nonzero().flatten()
        first = wrong[rows].int().argmax(dim=1)
        return Mistakes(self.size()[rows, first], self.absent()[rows, first])


def steps(
    task: Task, tokens: Int[Tensor, "batch n_ctx"], named: Int[Tensor, "batch label"]
) -> Steps:
    """The steps of sorted lists, and what the model answers to each."""
    answers = task.answers(tokens)
    return Steps(answers[:, :-1], answers[:, 1:], named[:, 1:])


def first_of(chosen: Bool[Tensor, "batch step"], most: int) -> Bool[Tensor, "batch step"]:
    """The first so many of those that are chosen, list by list.

    >>> first_of(torch.tensor([[True, False], [True, True]]), 2).tolist()
    [[True, False], [True, False]]
    """
    return chosen & (chosen.flatten().cumsum(dim=0) <= most).view_as(chosen)


def by_size(
    found: Tensor, size: Int[Tensor, "batch step"], bins: Sequence[tuple[int, int]]
) -> list[float]:
    """Mean of `found` `[batch, step]` over the steps of each size, `(first, last)`; 0 of none."""
    chosen = [(size >= first) & (size <= last) for first, last in bins]
    return [float(found[some].double().mean()) if some.any() else 0.0 for some in chosen]


def score_advantage(
    qk: Float[Tensor, "head value value"], copies: Int[Tensor, " value"], largest: int
) -> Float[Tensor, " step"]:
    """By how much the next value, at steps of 1, 2, ... `largest`, outscores the best of the
    values up to the query, in the head that copies it; mean over queries, score units.
    """
    top = qk.shape[1] - 1
    rows = []
    for step in range(1, largest + 1):
        queries = torch.arange(top - step + 1, device=qk.device)
        scores = qk[copies[queries + step], queries]
        below = scores.masked_fill(torch.ones_like(scores).triu(diagonal=1).bool(), -torch.inf)
        rows.append((scores[queries, queries + step] - below.amax(dim=1)).mean())
    return torch.stack(rows)
