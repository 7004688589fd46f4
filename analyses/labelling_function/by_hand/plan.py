"""Plans of painting: which ramps over Y, moved to and fro by X, colour every row right.

A ramp is a neuron, `relu(shift(x) + slope * y)`: nothing on one side of a place that the row
chooses, rising on the other. Lengths are in columns of the map. A point is red where the ramps,
each times its colour, and what needs no neuron come to more than zero; every plan here leaves at
least half a column to either side.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from analyses.labelling_function.rows import PATTERNS, patterns

HALF = 0.5
"""Columns from an edge to the points on both sides of it."""

Red = Bool[Tensor, "x y"]


@dataclass(frozen=True, eq=False)
class Plan:
    """Ramps for all rows."""

    names: tuple[str, ...]
    """What each neuron paints."""
    shift: Float[Tensor, "neuron x"]
    """What a row adds to each neuron before the ReLU."""
    slope: Float[Tensor, " neuron"]
    """What a column adds to it."""
    colour: Float[Tensor, " neuron"]
    """What a neuron's activation is multiplied by: towards red above zero, towards blue below."""
    level: Float[Tensor, " x"]
    """What a row adds without any neuron."""
    rise: float
    """What a column adds without any neuron."""
    ground: float
    """What is there anyway."""

    def painted(self, width: int) -> Float[Tensor, "neuron x y"]:
        """What each neuron adds to every point of a map so many columns wide."""
        columns = self.slope[:, None] * torch.arange(width, dtype=self.shift.dtype)
        ramps = (self.shift[:, :, None] + columns[:, None]).relu()
        return self.colour[:, None, None] * ramps

    def sum(self, width: int) -> Float[Tensor, "x y"]:
        """What comes out at every point: red where it is above zero."""
        direct = self.level[:, None] + self.rise * torch.arange(width, dtype=self.level.dtype)
        return self.painted(width).sum(dim=0) + direct + self.ground


def turns(row: Bool[Tensor, " y"]) -> tuple[list[int], list[int]]:
    """The columns at which a row turns red, and those at which it turns blue.

    >>> turns(torch.tensor([False, True, True, False]))
    ([1], [3])
    """
    changed = (row[1:] != row[:-1]).nonzero().flatten() + 1
    return changed[row[changed]].tolist(), changed[~row[changed]].tolist()


def by_primitive(red: Red) -> Plan:
    """One neuron for each primitive that the patterns of rows are sums of.

    What paints red on one side of an edge is a ramp that has come to 1 where red begins, on a
    ground of minus one half. What paints blue right of a stretch of red is twice as steep and
    begins in the middle of the stretch: the sum turns there, and is down again where red ends.

    Raises:
        ValueError: a row has more than two changes of colour.
    """
    names = tuple(dict.fromkeys(name for needed in PATTERNS.values() for name in needed))
    slope = torch.tensor([_SLOPE[name] for name in names])
    # Where a row has no need of a neuron, its ramp begins at the margin of the map.
    off = torch.minimum(-slope * (red.shape[1] - 1), torch.zeros(()))
    shift = off[:, None].repeat(1, len(red))
    for x, (row, found) in enumerate(zip(red, patterns(red), strict=True)):
        for name in _needed(x, found):
            shift[names.index(name), x] = _shift(name, *turns(row))
    return Plan(
        names=names,
        shift=shift,
        slope=slope,
        colour=torch.tensor([-2.0 if name.startswith("blue") else 1.0 for name in names]),
        level=torch.zeros(len(red)),
        rise=0.0,
        ground=-HALF,
    )


def without_red_all(red: Red) -> Plan:
    """`by_primitive` with a neuron less: a row that is red all over is red right of its left end.

    Raises:
        ValueError: a row has more than two changes of colour.
    """
    plan = by_primitive(red)
    kept = [number for number, name in enumerate(plan.names) if name != "red all"]
    shift = plan.shift.clone()
    shift[plan.names.index("red right"), red.all(dim=1)] = 1.0
    return replace(
        plan,
        names=tuple(plan.names[number] for number in kept),
        shift=shift[kept],
        slope=plan.slope[kept],
        colour=plan.colour[kept],
    )


def with_direct_path(red: Red) -> Plan:
    """Two neurons, if the logits may have Y itself: each bends a straight line once.

    In a row without neurons the sum rises by 1 from column to column, from below zero to above it
    where the row says. Where a row is red at its left end the sum first falls, up to the middle of
    what is blue or beyond the map; where it is blue at both ends it falls after the middle of what
    is red.

    Raises:
        ValueError: a row has more than two changes of colour.
    """
    rows, width = red.shape
    level = torch.empty(rows)
    shift = torch.stack([torch.zeros(rows), torch.full((rows,), 1.0 - width)])
    for x, (row, found) in enumerate(zip(red, patterns(red), strict=True)):
        _needed(x, found)
        to_red, to_blue = turns(row)
        begins = to_red[0] if to_red else (0 if row[0] else width)
        if row[0] and to_blue:
            # A row that stays blue turns red beyond the map, as far as the bend has to be.
            begins = to_red[0] if to_red else 2 * width - to_blue[0]
            shift[0, x] = _middle(to_blue[0], begins)
        elif to_blue:
            shift[1, x] = -_middle(begins, to_blue[0])
        level[x] = HALF - begins
    return Plan(
        names=("falls before", "falls after"),
        shift=shift,
        slope=torch.tensor([-1.0, 1.0]),
        colour=torch.tensor([2.0, -2.0]),
        level=level,
        rise=1.0,
        ground=0.0,
    )


_SLOPE = {"red all": 0.0, "red left": -1.0, "red right": 1.0, "blue right": 1.0}


def _needed(x: int, pattern: str) -> tuple[str, ...]:
    if pattern not in PATTERNS:
        raise ValueError(f"row {x} is {pattern}; expected one of {', '.join(PATTERNS)}")
    return PATTERNS[pattern]


def _shift(name: str, to_red: list[int], to_blue: list[int]) -> float:
    """That of a neuron in a row that it paints, which turns red and blue at these columns."""
    if name == "red all":
        return 1.0
    if name == "red left":
        return float(to_blue[0])
    return 1.0 - to_red[0] if name == "red right" else -_middle(to_red[0], to_blue[0])


def _middle(one: int, other: int) -> float:
    """Halfway between two edges, each of which lies half a column before its column."""
    return (one + other) / 2 - HALF
