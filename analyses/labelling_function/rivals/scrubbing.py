"""Causal scrubbing of the two published explanations: each part of the model gets what it works on
from another point, of the class that the explanation does not distinguish.
"""

from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Bool
from torch import Tensor

from analyses.instruments.partitions import Classes, binned, combined, partners
from analyses.labelling_function.at_z import (
    difference_behind,
    difference_reading,
    difference_with,
    pattern,
    resid,
)
from analyses.labelling_function.embeddings.directions import drawn_plane, of_resid
from analyses.labelling_function.neurons.effects import effects, rest
from analyses.labelling_function.neurons.families import families
from analyses.labelling_function.points import every
from models.labelling_function.task import SIDE, LabellingFunction, row_types, sides
from models.problem import Problem

SEED = 10
CELLS = 40
"""Bins of each principal coordinate: 1,600 cells, of eight points each on average."""
Of = Problem[LabellingFunction]
Map = Bool[Tensor, "x y"]


def seeded() -> torch.Generator:
    """Of all draws of this module, each of which starts anew."""
    return torch.Generator().manual_seed(SEED)


def patterns_from_anywhere(problem: Of) -> Map:
    """Red or blue if all heads look where they look at another point, any."""
    attention = pattern(problem)
    donors = partners(torch.zeros(len(attention), dtype=torch.int64), seeded())
    return difference_with(problem, attention[donors]) > 0


def values_from_anywhere(problem: Of) -> Map:
    """Red or blue if all heads read another point, any, and look where they would have."""
    donors = partners(torch.zeros(SIDE**2, dtype=torch.int64), seeded())
    return difference_reading(problem, donors) > 0


@cache
def cells(problem: Of, drawn: int | None = None, directions: int = 2) -> Classes:
    """Points by where `resid_mid` lies along two directions of the residual stream.

    Args:
        problem: whose model.
        drawn: the seed of two random directions; None: the principal ones.
        directions: 2, or 1 for as many classes along the first alone.
    """
    found = of_resid(problem)
    plane = found.directions
    if drawn is not None:
        plane = drawn_plane(problem, 2, torch.Generator().manual_seed(drawn))
    places = (resid(problem) - found.mean) @ plane[:directions].T
    bins = CELLS if directions == 2 else CELLS**2
    return combined(*(binned(place, bins) for place in places.unbind(dim=1)))


def behind_attention(problem: Of, classes: Classes) -> Map:
    """Red or blue if the MLP gets `resid_mid` of another point of the same class."""
    return difference_behind(problem, resid(problem)[partners(classes, seeded())]) > 0


def cases(problem: Of) -> Classes:
    """Points by the type of their row and the three tests: all that a rule for each row knows."""
    x, y, _ = every(problem).cpu().unbind(dim=1)
    return combined(row_types()[x], *(side.long() for side in sides(x, y)))


def from_families(
    problem: Of, groups: Sequence[Sequence[int]], classes: Classes, others: Classes
) -> Map:
    """Red or blue if each group of neurons does what it does at a point of its own, of the same
    class; so do, by another partition, all neurons that are in none; direct path and biases stay.
    """
    generator = seeded()
    maps = effects(problem).flatten(1)
    in_one = torch.zeros(len(maps), dtype=torch.bool)
    total = rest(problem).flatten().clone()
    for group in groups:
        in_one[list(group)] = True
        total += maps[list(group)].sum(dim=0)[partners(classes, generator)]
    total += maps[~in_one].sum(dim=0)[partners(others, generator)]
    return total.reshape(SIDE, SIDE) > 0


def random_groups(problem: Of, groups: Sequence[Sequence[int]]) -> list[list[int]]:
    """As many groups of the same sizes, of the same neurons dealt at random."""
    members = [neuron for group in groups for neuron in group]
    dealt = iter([members[n] for n in torch.randperm(len(members), generator=seeded()).tolist()])
    return [[next(dealt) for _ in group] for group in groups]


def of_families(problem: Of, classes: Classes, least: float) -> Map:
    """`from_families` with the families of neurons whose largest effect is so strong, in logits;
    all others from any point.
    """
    groups = list(families(problem, least).values())
    return from_families(problem, groups, classes, torch.zeros_like(classes))
