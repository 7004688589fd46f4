"""The model's own picture: the plane as it colours it, a row for each X."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from analyses.labelling_function.points import Map, answers
from analyses.write_ups.svg import svg
from models.labelling_function.task import CLASSES, SIDE, LabellingFunction
from models.problem import Problem

COLOURS = ("negative", "positive")
"""Of the palette: blue and red."""


def seen(problem: Problem[LabellingFunction]) -> dict[str, Any]:
    """What the picture is drawn from: the model's answers; see `changing`."""
    return changing(answers(problem))


def changing(red: Map) -> dict[str, Any]:
    """A map `[x, y]` by its rows: `first`, the colours at the left, a digit for each row, 0 for
    blue and 1 for red; `changes`, for each row the columns at which the colour is another one than
    before.
    """
    changes = (red[:, 1:] != red[:, :-1]).cpu()
    return {
        "first": "".join(str(int(colour)) for colour in red[:, 0].tolist()),
        "changes": [(row.nonzero().flatten() + 1).tolist() for row in changes],
    }


def drawn(seen: Mapping[str, Any], *, small: bool = False) -> str:
    """An SVG of the map: Y from left to right, X from top to bottom.

    Args:
        seen: as `changing`.
        small: draw the runs of red alone, over one square of blue: of light weight, for a page with
            many.
    """
    label = (
        "A square of points, each in the colour that the model gives it: rows that are blue, red, "
        "or change colour once or twice from left to right"
    )
    return svg(SIDE, SIDE, label, _over_blue(seen) if small else _both(seen))


def _runs(seen: Mapping[str, Any]) -> Iterator[tuple[int, int, int, int]]:
    """The runs of a colour, row by row: the colour, X, the first Y, how many points."""
    for x, (first, changes) in enumerate(zip(seen["first"], seen["changes"], strict=True)):
        for number, (y, after) in enumerate(pairwise([0, *changes, SIDE])):
            yield (int(first) + number) % 2, x, y, after - y


def _both(seen: Mapping[str, Any]) -> list[str]:
    paths = ["" for _ in CLASSES]
    for colour, x, y, width in _runs(seen):
        # From the left end of a run, half a row down.
        paths[colour] += f"M{y} {x}.5h{width}"
    # A little higher than a row, or the paper shines through between two.
    return [
        f'<path d="{path}" stroke="var(--mim-{colour})" stroke-width="1.04"/>'
        for colour, path in zip(COLOURS, paths, strict=True)
        if path
    ]


def _over_blue(seen: Mapping[str, Any]) -> list[str]:
    blue, red = (f"var(--mim-{colour})" for colour in COLOURS)
    path = "".join(f"M{y} {x}h{width}" for colour, x, y, width in _runs(seen) if colour)
    return [
        f'<path d="M0 0h{SIDE}v{SIDE}H0z" fill="{blue}"/>',
        # Half a row down: whole numbers are shorter.
        f'<path transform="translate(0 .5)" d="{path}" stroke="{red}" stroke-width="1.04"/>',
    ]
