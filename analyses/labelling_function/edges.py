"""Where the colour changes from a point to the next, and how far a point is from there.

An edge lies between two neighbours. Along a row it is drawn by a curve, as a rule; from a row to
the next it may also be there because the two rows have different types.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.labelling_function.points import Map
from models.labelling_function.task import SIDE, Sides, sides

Gaps = Bool[Tensor, "x gap"]
"""Of each row, whether something lies between a column and the next."""
CURVED, STRAIGHT = ("A", "B"), ("C",)
"""The tests whose curves are curved, and the one whose curve is a straight line."""
FAR = SIDE
"""Columns; more than any two points of a row are apart."""


def crossings(x: Float[Tensor, " x"]) -> dict[str, Float[Tensor, " x"]]:
    """The column in which each curve crosses a row, by its test; on the map or beyond it."""
    return {"A": (x**2 / 200) ** 2, "B": (600 * x.sqrt()).sqrt(), "C": 133 - x}


def from_curves() -> Float[Tensor, "x y"]:
    """How many columns a point is from the nearest of the three curves, along its row."""
    numbers = torch.arange(SIDE, dtype=torch.float64)
    crossed = torch.stack(list(crossings(numbers).values()))
    return (numbers - crossed[:, :, None]).abs().amin(dim=0)


def tests() -> Sides:
    """The three tests of all points, as maps."""
    numbers = torch.arange(SIDE)
    return sides(*torch.meshgrid(numbers, numbers, indexing="ij"))


def along(values: Map) -> Gaps:
    """Where a map changes along its rows."""
    return values[:, 1:] != values[:, :-1]


def drawn_by(truth: Map) -> dict[str, Gaps]:
    """Where the colour changes along a row because one test does, and no other, by that test."""
    flips = torch.stack([along(test) for test in tests()]).to(truth.device)
    alone = along(truth) & (flips.sum(dim=0) == 1)
    return {name: alone & flip for name, flip in zip(Sides._fields, flips, strict=True)}


def beside(edges: Gaps) -> Map:
    """The points on both sides of edges along rows."""
    cells = edges.new_zeros(SIDE, SIDE)
    cells[:, :-1] |= edges
    cells[:, 1:] |= edges
    return cells


def from_edges(edges: Gaps) -> Int[Tensor, "x y"]:
    """How many columns a point is from the nearest edge of its row: 1 beside it, `FAR` where the
    row has none.
    """
    y, gap = torch.arange(SIDE)[:, None], torch.arange(SIDE - 1)
    columns = torch.where(y <= gap, gap - y + 1, y - gap).to(edges.device)
    return torch.where(edges[:, None], columns, FAR).amin(dim=2)


def beside_row_types(truth: Map, apart: int) -> Map:
    """The points on both sides of edges that are there because two rows have different types.

    From one row to the next no test changes there, and along neither row the colour does within
    `apart` columns.
    """
    changes = truth[1:] != truth[:-1]
    for test in tests():
        changes &= (test[1:] == test[:-1]).to(truth.device)
    far = from_edges(along(truth)) > apart
    changes &= far[1:] & far[:-1]
    cells = torch.zeros_like(truth)
    cells[1:] |= changes
    cells[:-1] |= changes
    return cells


def of(names: tuple[str, ...], by_test: Mapping[str, Gaps]) -> Gaps:
    """The edges of several curves together."""
    return torch.stack([by_test[name] for name in names]).any(dim=0)
