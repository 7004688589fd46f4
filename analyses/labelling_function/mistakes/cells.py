"""How often the model is wrong beside the edges that each curve draws, and beside those that are
there because rows have different types.
"""

from typing import NamedTuple

from analyses.labelling_function.edges import (
    CURVED,
    STRAIGHT,
    beside,
    beside_row_types,
    drawn_by,
    of,
)
from analyses.labelling_function.points import Map

APART = 3
"""Columns between the edges of row types that are looked at and the next edge along a row."""


class Rate(NamedTuple):
    """How much of some cells is wrong."""

    wrong: int
    cells: int

    @property
    def share(self) -> float:
        """Of the cells; 0 of none."""
        return self.wrong / max(self.cells, 1)


def rate(wrong: Map, cells: Map) -> Rate:
    """How many of the cells are wrong."""
    return Rate(int((wrong & cells).sum()), int(cells.sum()))


def kinds(truth: Map) -> dict[str, Map]:
    """The points beside edges, by what draws the edge; a point between two belongs to both."""
    by_test = drawn_by(truth)
    curves = {name: beside(edges) for name, edges in by_test.items()}
    return curves | {"row types": beside_row_types(truth, APART)}


def curved(truth: Map) -> Map:
    """The points beside edges that the curved curves draw."""
    return beside(of(CURVED, drawn_by(truth)))


def straight(truth: Map) -> Map:
    """The points beside edges that the straight one draws."""
    return beside(of(STRAIGHT, drawn_by(truth)))
