"""The Labelling Function task: read two numbers, say which colour their point has."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

SIDE = 113
"""Numbers that a coordinate can be, from 0 on."""
CLASSES = ("blue", "red")
"""What the model can say, in the order of its logits: false, true."""
BLUE, RED = range(len(CLASSES))

Truth = Bool[Tensor, "*batch"]


class Sides(NamedTuple):
    """On which side of three curves points lie; on a curve counts as beyond it."""

    A: Truth
    """X^2 >= 200 sqrt(Y)"""
    B: Truth
    """Y^2 >= 600 sqrt(X)"""
    C: Truth
    """X + Y >= 133"""


def sides(x: Int[Tensor, "*batch"], y: Int[Tensor, "*batch"]) -> Sides:
    """The tests of points. Squared, so that they are decided in whole numbers."""
    return Sides(A=x**4 >= 200**2 * y, B=y**4 >= 600**2 * x, C=x + y >= 133)


class RowType(NamedTuple):
    """One of the six rules by which a row is coloured."""

    formula: str
    """When a point of the row is red."""
    is_red: Callable[[Truth, Truth, Truth], Truth]
    """The same, of the tests A, B and C."""
    rows: tuple[int, ...]
    """The values of X that follow it; none for the type of all rows that no other names."""


# fmt: off
ROW_TYPES = (
    RowType(
        "A and B and not C",
        lambda A, B, C: A & B & ~C,
        (),
    ),
    RowType(
        "(not A and B) or (A and not B and not C)",
        lambda A, B, C: (~A & B) | (A & ~B & ~C),
        (2, 5, 7, 9, 15, 19, 38, 39, 44, 47, 56, 72, 77, 80, 87, 92, 97, 98, *range(105, 109)),
    ),
    RowType(
        "not A",
        lambda A, B, C: ~A,
        (3, 6, 8, 11, 13, 14, 17, 18, *range(23, 35), 40, 48, 51, 54, 61),
    ),
    RowType(
        "A == B",
        lambda A, B, C: A == B,
        (4, 16, 21, 36, 52, 57, 59, 69, 71, 76, 79, 82, 86, 90, 95, 102, 103),
    ),
    RowType(
        "always",
        lambda A, B, C: torch.ones_like(A),
        (10, 22, 35, 46, 49, 55, 73, 85, 89, 94, 101),
    ),
    RowType(
        "B",
        lambda A, B, C: B,
        (41, 45),
    ),
)
# fmt: on
"""Stephen Casper's labelling function. Why a row is of its type was never published."""


@dataclass(frozen=True)
class LabellingFunction:
    """Points `[X, Y, Z]`, where X and Y are whole numbers from 0 to 112.

    The token of a number is the number itself, and Z, which is always the same, the token after
    the largest. At Z, and nowhere else, the model is asked for the colour of the point: 0 if it is
    blue, 1 if it is red. All points together are a square map, X its rows and Y its columns; each
    row has one of six types (`ROW_TYPES`), which say where the colour changes.

    Worked example, with a row of the type `B`, which turns red where Y^2 >= 600 sqrt(X):

    >>> task = LabellingFunction()
    >>> tokens = task.encode([[41, 0], [41, 61], [41, 62], [41, 112]])
    >>> tokens.tolist()
    [[41, 0, 113], [41, 61, 113], [41, 62, 113], [41, 112, 113]]
    >>> task.answers(tokens).flatten().tolist()
    [0, 0, 1, 1]
    """

    @property
    def z(self) -> int:
        """Token id of Z."""
        return SIDE

    @property
    def d_vocab(self) -> int:
        """Number of tokens: every number, and Z."""
        return SIDE + 1

    @property
    def d_vocab_out(self) -> int:
        """Number of classes predicted: blue, red."""
        return len(CLASSES)

    @property
    def n_ctx(self) -> int:
        """Length of a sequence in tokens: X, Y and Z."""
        return 3

    @property
    def label_positions(self) -> slice:
        """Positions whose prediction is judged: Z."""
        return slice(2, 3)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What each token is called in tables and figures."""
        return (*map(str, range(SIDE)), "Z")

    @property
    def classes(self) -> tuple[str, ...]:
        """What each class predicted is called in tables and figures."""
        return CLASSES

    def encode(self, points: Sequence[Sequence[int]]) -> Int[Tensor, "batch n_ctx"]:
        """Turn your own points `[X, Y]` into tokens.

        Raises:
            ValueError: if a point has not two coordinates, or one of them is no whole number from
                0 to 112.
        """
        for number, point in enumerate(points):
            if len(point) != 2:
                raise ValueError(
                    f"point {number}, {list(point)}: has {len(point)} coordinates, expected X and "
                    "Y; Z is added here."
                )
            for value in point:
                if not isinstance(value, int) or isinstance(value, bool):
                    raise ValueError(f"point {number}, {list(point)}: {value!r} is no integer.")
                if not 0 <= value < SIDE:
                    raise ValueError(
                        f"point {number}, {list(point)}: {value} is outside 0 to {SIDE - 1}; "
                        "choose a number the model has a token for."
                    )
        rows = [[*point, self.z] for point in points]
        return torch.tensor(rows, dtype=torch.int64).reshape(len(rows), self.n_ctx)

    def every(self) -> Int[Tensor, "sequence n_ctx"]:
        """All points, row by row: X = 0 with all Y first."""
        numbers = torch.arange(SIDE)
        points = torch.cartesian_prod(numbers, numbers)
        return torch.cat([points, torch.full_like(points[:, :1], self.z)], dim=1)

    def sample(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """Draw `n` different points, every set of them equally likely.

        Raises:
            ValueError: if there are not so many.
        """
        every = self.every()
        if n > len(every):
            raise ValueError(f"{n} different points were asked for; there are {len(every)}.")
        return every[torch.randperm(len(every), generator=generator)[:n]]

    def answers(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "batch label"]:
        """Ground truth: the right class of each point."""
        x, y = tokens[:, 0], tokens[:, 1]
        by_type = torch.stack([row_type.is_red(*sides(x, y)) for row_type in ROW_TYPES])
        types = row_types().to(x.device)[x]
        return by_type.gather(0, types[None]).T.long()

    def keys(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """One integer per point, `113 X + Y`: equal for equal points, and for no others."""
        return SIDE * tokens[:, 0] + tokens[:, 1]


def row_types() -> Int[Tensor, " x"]:
    """Which of the `ROW_TYPES` each value of X has."""
    types = torch.zeros(SIDE, dtype=torch.int64)
    for number, row_type in enumerate(ROW_TYPES):
        types[list(row_type.rows)] = number
    return types


def task() -> LabellingFunction:
    """The task as the challenge poses it."""
    return LabellingFunction()
