"""The model with an attention that knows less of the point than it should."""

from functools import cache

from jaxtyping import Float
from torch import Tensor

from analyses.labelling_function.at_z import (
    Map,
    Pattern,
    difference_with,
    mean_pattern,
    pattern,
)
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem


def same_for_all(attention: Float[Tensor, "head 3"]) -> Pattern:
    """One pattern for every point."""
    return attention.expand(SIDE * SIDE, -1, -1)


@cache
def at_mean(problem: Problem[LabellingFunction]) -> Map:
    """Logit of red less that of blue with every head's attention fixed to its mean."""
    return difference_with(problem, same_for_all(mean_pattern(problem)))


def at_another_heads_mean(problem: Problem[LabellingFunction]) -> Map:
    """The same, each head having the mean attention of the head before it."""
    return difference_with(problem, same_for_all(mean_pattern(problem).roll(1, dims=0)))


def even(problem: Problem[LabellingFunction]) -> Map:
    """The same, all heads attending to X and Y as much as they do in the mean of both, and to Z
    as they do.
    """
    to = mean_pattern(problem).clone()
    to[:, :2] = to[:, :2].mean(dim=1, keepdim=True)
    return difference_with(problem, same_for_all(to))


@cache
def averaged_over(problem: Problem[LabellingFunction], coordinate: int) -> Map:
    """The same, attention averaged over one coordinate (0: X, 1: Y), so that it depends on the
    other alone.
    """
    plane = pattern(problem).reshape(SIDE, SIDE, *mean_pattern(problem).shape)
    mean = plane.mean(dim=coordinate, keepdim=True).expand_as(plane)
    return difference_with(problem, mean.reshape(SIDE * SIDE, *mean.shape[2:]))


@cache
def free_alone(problem: Problem[LabellingFunction], head: int) -> Map:
    """The same, with the attention of every head but one fixed to its mean."""
    attention = same_for_all(mean_pattern(problem)).clone()
    attention[:, head] = pattern(problem)[:, head]
    return difference_with(problem, attention)
