"""How much surer the model is of points that it was trained on, where these are as near an edge."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.labelling_function.points import Map


def margins(difference: Float[Tensor, "x y"], truth: Map) -> Float[Tensor, "x y"]:
    """How far the right answer is above the other, in logits; negative where the model is wrong."""
    return torch.where(truth, difference, -difference)


def by_distance(
    values: Float[Tensor, "x y"],
    asked: Map,
    distance: Int[Tensor, "x y"],
    columns: Sequence[int],
) -> Float[Tensor, " distance"]:
    """The mean of what is asked for, at each of some distances; NaN where nothing is."""
    at = [values[asked & (distance == number)].double().mean() for number in columns]
    return torch.stack(at)


def surer(
    margin: Float[Tensor, "x y"],
    trained: Map,
    distance: Int[Tensor, "x y"],
    columns: Sequence[int],
) -> float:
    """How much larger the margin of trained points is than that of others, in logits: mean over
    distances of the difference of means.
    """
    known = by_distance(margin, trained, distance, columns)
    others = by_distance(margin, ~trained, distance, columns)
    return float((known - others).mean())
