"""Which points the model gets wrong: by the changes of colour in their rows, and by how near a
curve they are.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from analyses.labelling_function.edges import from_curves
from analyses.labelling_function.points import Map
from analyses.labelling_function.rows import changes, patterns

MOST_CHANGES = 2


@dataclass(frozen=True)
class RowsWith:
    """The rows in which the colour changes a number of times."""

    rows: int
    wrong: int
    """Points of these rows."""
    rows_with_some: int
    """Rows in which a point or more is wrong."""


def by_changes(wrong: Map, truth: Map) -> list[RowsWith]:
    """The rows of no, one and two changes, and what is wrong in them."""
    found, per_row = changes(truth), wrong.sum(dim=1)
    return [
        RowsWith(
            rows=int((found == number).sum()),
            wrong=int(per_row[found == number].sum()),
            rows_with_some=int((per_row[found == number] > 0).sum()),
        )
        for number in range(MOST_CHANGES + 1)
    ]


def within(points: Map, columns: int) -> int:
    """How many points are at most so many columns from a curve, along their row."""
    return int((points & (from_curves() <= columns).to(points.device)).sum())


def farthest(points: Map) -> float:
    """How many columns the point farthest from all curves is from the nearest; 0 of none."""
    return float(from_curves()[points.cpu()].max()) if points.any() else 0.0


def rows_as_they_are(answers: Map, truth: Map) -> int:
    """How many rows of the answers have the pattern that they have in truth."""
    return sum(a == b for a, b in zip(patterns(answers), patterns(truth), strict=True))


def dealt(wrong: Map, generator: torch.Generator) -> Map:
    """As many points, drawn at random from all."""
    return dealt_among(wrong, torch.ones_like(wrong), generator)


def dealt_among(wrong: Map, among: Map, generator: torch.Generator) -> Map:
    """As many points, drawn at random from some; all of these, if there are fewer."""
    places: Int[Tensor, " place"] = among.flatten().nonzero().squeeze(1).cpu()
    chosen = places[torch.randperm(len(places), generator=generator)[: int(wrong.sum())]]
    points = torch.zeros(wrong.numel(), dtype=torch.bool)
    points[chosen] = True
    return points.reshape(wrong.shape).to(wrong.device)


def dealt_in_rows(wrong: Map, generator: torch.Generator) -> Map:
    """As many points in each row, in columns drawn at random."""
    order = torch.rand(wrong.shape, generator=generator, dtype=torch.float64).argsort(dim=1)
    return wrong.gather(1, order.to(wrong.device))


def dealt_alike(
    wrong: Map, among: Map, kind: Int[Tensor, "x y"], generator: torch.Generator
) -> Map:
    """As many points of each kind, drawn at random from some."""
    dealt = [
        dealt_among(wrong & (kind == number), among & (kind == number), generator)
        for number in kind[wrong].unique()
    ]
    return torch.stack(dealt).any(dim=0) if dealt else wrong
