"""Rows of a map, read from left to right: their patterns, and the primitives that paint these."""

from collections.abc import Mapping

from jaxtyping import Bool, Int
from torch import Tensor

from models.labelling_function.task import CLASSES

PRIMITIVES = ("red right", "red all", "blue left", "blue right", "red left")
"""What a family of neurons paints: a colour, and on which part of a row."""
PATTERNS: Mapping[str, tuple[str, ...]] = {
    "blue": (),
    "red": ("red all",),
    "blue-red": ("red right",),
    "red-blue": ("red left",),
    "blue-red-blue": ("red right", "blue right"),
    "red-blue-red": ("red left", "red right"),
}
"""The patterns that rows have, each as a sum of primitives on a ground that is blue."""


def pattern(row: Bool[Tensor, " y"]) -> str:
    """The colours of a row from left to right, each run once.

    >>> import torch
    >>> pattern(torch.tensor([False, True, True, False]))
    'blue-red-blue'
    """
    return "-".join(CLASSES[int(colour)] for colour in row.unique_consecutive())


def patterns(red: Bool[Tensor, "x y"]) -> list[str]:
    """The pattern of each row of a map."""
    return [pattern(row) for row in red]


def changes(red: Bool[Tensor, "x y"]) -> Int[Tensor, " x"]:
    """How often the colour changes along each row."""
    return (red[:, 1:] != red[:, :-1]).sum(dim=1)
