"""Heads one by one: what each brings of X and of Y, and what is left without some of them."""

from collections.abc import Sequence
from functools import cache
from itertools import combinations

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.instruments.statistics import correlation
from analyses.labelling_function.at_z import (
    Map,
    Y,
    difference_behind,
    mean_pattern,
    pattern,
    resid_mid,
    token_scores,
    written,
)
from analyses.labelling_function.rows import changes
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem


def to_y(problem: Problem[LabellingFunction]) -> list[int]:
    """The heads, from the one that gives Y most attention in the mean to the one that gives it
    least.
    """
    return mean_pattern(problem)[:, Y].argsort(descending=True).tolist()


@cache
def _written(problem: Problem[LabellingFunction]) -> Float[Tensor, "point head d_head"]:
    return written(problem, pattern(problem))


@cache
def without(problem: Problem[LabellingFunction], heads: tuple[int, ...]) -> Map:
    """Logit of red less that of blue with what these heads write put to its mean over all points:
    mean ablation.
    """
    edited = _written(problem).clone()
    for head in heads:
        edited[:, head] = edited[:, head].mean(dim=0)
    return difference_behind(problem, resid_mid(problem, edited))


def of_one_colour(difference: Map) -> float:
    """The share of rows without a change of colour."""
    return float((changes(difference > 0) == 0).double().mean())


def flicker(difference: Map) -> float:
    """How often the colour changes along a row, mean over rows."""
    return float(changes(difference > 0).double().mean())


def other_pairs(problem: Problem[LabellingFunction]) -> list[tuple[int, int]]:
    """The other heads two by two, in the order of their attention to Y."""
    rest = to_y(problem)[2:]
    return [(one, other) for one, other in zip(rest[::2], rest[1::2], strict=False)]


def carrier(problem: Problem[LabellingFunction], coordinate: int) -> int:
    """The head that brings most of X (0) or of Y (1)."""
    return int(brought(problem)[:, coordinate].argmax())


@cache
def brought(problem: Problem[LabellingFunction]) -> Float[Tensor, "head coordinate"]:
    """What each head brings of X and of Y to `resid_mid`: the share that it has in the variance of
    the means over the other coordinate.

    A head's share is the covariance of what it writes with the sum over heads, so that shares
    add up to one and may be negative.
    """
    by_head = torch.einsum("phd,hdm->hpm", _written(problem), problem.model.W_O[0])
    plane = by_head.reshape(len(by_head), SIDE, SIDE, -1)
    shares = []
    for other in (2, 1):
        means = plane.mean(dim=other).double()
        means = means - means.mean(dim=1, keepdim=True)
        total = means.sum(dim=0)
        shares.append((means * total).sum(dim=(1, 2)) / total.square().sum())
    return torch.stack(shares, dim=1)


def alike(by_token: Float[Tensor, "head token"], least: float) -> list[tuple[int, int]]:
    """Pairs of heads whose scores of the tokens correlate at `least` or more."""
    rows = by_token.double().tolist()
    return [
        (one, other)
        for one, other in combinations(range(len(rows)), 2)
        if correlation(rows[one], rows[other]) >= least
    ]


def alike_in_tokens(problem: Problem[LabellingFunction], least: float) -> Sequence[tuple[int, int]]:
    """Pairs of heads that score the numbers alike."""
    return alike(token_scores(problem), least)
