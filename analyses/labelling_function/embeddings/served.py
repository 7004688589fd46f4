"""Which rows a family of neurons serves, and at which Y the colour changes there.

Of the truth: a neuron that paints one end of a row is of use where that end has its colour and
the row has another one too.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

PAINTERS = ("red right", "blue right", "blue left", "red left")
"""Families that paint one end of a row, and so have a place where they stop."""
ALL = "red all"


class Served(NamedTuple):
    """Rows, and where they change."""

    rows: Int[Tensor, " served"]
    """Values of X, ascending."""
    places: Int[Tensor, " served"]
    """The first Y beyond the change that bounds what is painted."""


def served(red: Bool[Tensor, "x y"], family: str) -> Served:
    """The rows in which a painter of one end is of use: those whose end has its colour, and that
    change. The change is the one next to that end.

    Raises:
        ValueError: if the family paints no end.
    """
    if family not in PAINTERS:
        raise ValueError(f"{family!r} paints no end of a row; expected one of {PAINTERS}")
    colour, end = family.split()
    changes = red[:, 1:] != red[:, :-1]
    of_colour = red[:, -1 if end == "right" else 0] == (colour == "red")
    rows = (of_colour & changes.any(dim=1)).nonzero().flatten()
    within = changes[rows].long()
    if end == "right":
        places = within.shape[1] - within.flip(1).argmax(dim=1)
    else:
        places = within.argmax(dim=1) + 1
    return Served(rows, places)


def mask(red: Bool[Tensor, "x y"], family: str) -> Bool[Tensor, " x"]:
    """Whether a row is one that a family should paint; of `ALL`, whether both its ends are red."""
    if family == ALL:
        return red[:, 0] & red[:, -1]
    chosen = torch.zeros(len(red), dtype=torch.bool, device=red.device)
    chosen[served(red, family).rows] = True
    return chosen
