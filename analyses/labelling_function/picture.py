"""The model's own picture: the plane as it colours it, a row for each X."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from analyses.write_ups.svg import svg
from models.labelling_function.task import CLASSES, SIDE, LabellingFunction

COLOURS = ("negative", "positive")
"""Of the palette: blue and red."""


def drawn(seen: Mapping[str, Any], *, small: bool = False) -> str:
    """An SVG of the map: Y from left to right, X from top to bottom.

    Args:
        seen: as `seen.changing`.
        small: draw the points alone that the model gets wrong, each in the colour that it gives
            them. All that learned the task colour the others alike.
    """
    if small:
        return svg(SIDE, SIDE, MISTAKES, _mistakes(seen))
    return svg(SIDE, SIDE, MAP, _both(seen))


MAP = (
    "A square of points, each in the colour that the model gives it: rows that are blue, red, or "
    "change colour once or twice from left to right"
)
MISTAKES = "A square with dots in two colours, most of which lie along three curves"


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


def _mistakes(seen: Mapping[str, Any]) -> list[str]:
    """Dots of two columns and rows each, in paths of the colour said."""
    task = LabellingFunction()
    true = task.answers(task.every()).reshape(SIDE, SIDE).tolist()
    paths = ["" for _ in CLASSES]
    for colour, x, left, width in _runs(seen):
        for y in range(left, left + width):
            if true[x][y] != colour:
                paths[colour] += f"M{y} {x}h2"
    return [
        # Half of a stroke that lies on the edge is cut off.
        f'<path d="M.5.5h{SIDE - 1}v{SIDE - 1}H.5z" stroke="var(--mim-grid)"/>',
        *(
            f'<path d="{path}" stroke="var(--mim-{colour})" stroke-width="2"/>'
            for colour, path in zip(COLOURS, paths, strict=True)
            if path
        ),
    ]
