"""Families of neurons: what each paints, by which ends of the rows its effect reaches.

A neuron's activation is never negative, so that it pushes towards one colour everywhere. In a
row, its effect at the left end is compared with that at the right end, each a mean over a few
columns: more than twice as large at one of them, and the row is painted there; else all of it is.
A neuron paints what most of its effect at the ends of rows belongs to.
"""

from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.labelling_function.neurons.effects import Maps, effects, strengths
from analyses.labelling_function.rows import PRIMITIVES
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

END = 10
"""Columns at either end of a row, of which the mean is taken."""
TIMES = 2.0
"""How many times as large as at the other end an effect is where only one end is painted."""
PUBLISHED = 0.5
"""Logits that the largest effect of a neuron of a family exceeds, by the published rule."""
PARTS = ("left", "right", "all")
"""Of a row."""
FAMILIES = (*PRIMITIVES, "blue all")
"""What neurons can paint. Rows are blue to begin with, so that none has to be painted so."""

Ends = Float[Tensor, "*neuron x"]


def ends(maps: Float[Tensor, "*neuron x y"]) -> tuple[Ends, Ends]:
    """The mean of each row over the columns at its left end, and at its right end."""
    return maps[..., :END].mean(dim=-1), maps[..., -END:].mean(dim=-1)


def shares(maps: Maps) -> Float[Tensor, "neuron part"]:
    """Which share of a neuron's effect at the ends of rows is in rows that it paints left, right
    and all; zeros for a neuron that reaches none.
    """
    left, right = ends(maps.abs())
    painted = torch.stack([left > TIMES * right, right > TIMES * left])
    painted = torch.cat([painted, ~painted.any(dim=0, keepdim=True)])
    by_part = (painted * (left + right)).sum(dim=-1).T
    return by_part / by_part.sum(dim=1, keepdim=True).clamp_min(torch.finfo(by_part.dtype).tiny)


def painted(maps: Maps) -> Int[Tensor, " neuron"]:
    """Which of the `FAMILIES` each neuron belongs to, whatever its strength."""
    colours = ["red" if total > 0 else "blue" for total in maps.sum(dim=(1, 2)).tolist()]
    parts = shares(maps).argmax(dim=1).tolist()
    names = [f"{colour} {PARTS[part]}" for colour, part in zip(colours, parts, strict=True)]
    return torch.tensor([FAMILIES.index(name) for name in names], dtype=torch.int64)


@cache
def _all_painted(problem: Problem[LabellingFunction]) -> Int[Tensor, " neuron"]:
    return painted(effects(problem))


def families(problem: Problem[LabellingFunction], least: float = 0.0) -> dict[str, list[int]]:
    """The neurons of each family, strongest first.

    Args:
        problem: whose neurons.
        least: logits that the largest effect of a neuron exceeds. With 0, every neuron that fires
            at some point is in a family: many weak ones can do what a few strong ones do.
    """
    order = strengths(problem).argsort(descending=True, stable=True)
    order = order[strengths(problem)[order] > least]
    of = _all_painted(problem)[order]
    return {name: order[of == number].tolist() for number, name in enumerate(FAMILIES)}
