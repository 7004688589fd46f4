"""The circuits of the model as tables over the values 0 to 50.

Keys and values are read at the mean positional embedding of the unsorted half, LayerNorm's scale
is that of each token, and all biases are kept. Left out are how the ten positions of the unsorted
half differ, and in the OV circuits how the final LayerNorm's scale varies.
"""

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.instruments.circuits import (
    Reads,
    full_ov,
    full_qk,
    position_qk,
    reads,
    typical_final_scale,
)
from analyses.sorted_list.samples import N_SCALED, evaluation
from models.problem import Problem
from models.sorted_list.task import SortedList

ByValue = Float[Tensor, "head value value"]


def unsorted_half(task: SortedList) -> slice:
    """The positions of the values that are to be sorted."""
    return slice(0, task.list_length)


def sorted_half(task: SortedList) -> slice:
    """The positions of the sorted values, of which all but the last are asked at."""
    return slice(task.list_length + 1, task.n_ctx)


@cache
def value_ov(problem: Problem[SortedList]) -> ByValue:
    """`[h, s, t]`: what head `h` adds to the logit of `t` for a unit of attention to `s`,
    logits.
    """
    n = problem.task.max_value + 1
    scale = typical_final_scale(problem, evaluation(problem, N_SCALED))
    return full_ov(problem, _keys(problem), scale)[:, :n, :n]


@cache
def value_qk(problem: Problem[SortedList]) -> ByValue:
    """`[h, q, k]`: the score that a sorted value `q` gives to an unsorted value `k` in head `h`,
    before softmax, with the positional embeddings of b1 to b9 averaged.
    """
    labels = problem.task.label_positions
    return _at(problem, slice(labels.start + 1, labels.stop))


def placed_qk(problem: Problem[SortedList], label: int) -> ByValue:
    """As `value_qk`, with the query at one label: 0 is SEP, 1 is b1, ..."""
    return _at(problem, problem.task.label_positions.start + label)


def sep_scores(problem: Problem[SortedList]) -> Float[Tensor, "head value"]:
    """The score that SEP gives to each unsorted value in each head, before softmax."""
    task = problem.task
    scores = full_qk(problem, reads(problem, task.list_length), _keys(problem))
    return scores[:, task.sep, : task.max_value + 1]


def position_part(problem: Problem[SortedList]) -> Float[Tensor, "head label query value"]:
    """The part of the score that the query's position decides, by label, by the token that
    stands there, and by key. At the first label that token is SEP, whatever `query` says.
    """
    task, n = problem.task, problem.task.max_value + 1
    parts = []
    for place in range(task.label_positions.start, task.label_positions.stop):
        scores = position_qk(problem, reads(problem, place), _keys(problem))
        here = scores[:, :n] if parts else scores[:, task.sep :].expand(-1, n, -1)
        parts.append(here[..., :n])
    return torch.stack(parts, dim=1)


def _at(problem: Problem[SortedList], places: int | slice) -> ByValue:
    n = problem.task.max_value + 1
    return full_qk(problem, reads(problem, places), _keys(problem))[:, :n, :n]


def _keys(problem: Problem[SortedList]) -> Reads:
    return reads(problem, unsorted_half(problem.task))
