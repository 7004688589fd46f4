"""The model's own picture: the plane as it colours it, a row for each X."""

from itertools import groupby

from analyses.labelling_function.points import Map
from analyses.write_ups.svg import svg
from models.labelling_function.task import CLASSES, SIDE

COLOURS = ("negative", "positive")
"""Of the palette: blue and red."""


def runs(red: Map) -> list[str]:
    """The runs of each colour as paths: from the left end of a run, half a row down, so wide."""
    paths = ["" for _ in CLASSES]
    for x, row in enumerate(red.tolist()):
        y = 0
        for colour, run in groupby(row):
            width = len(list(run))
            paths[int(colour)] += f"M{y} {x}.5h{width}"
            y += width
    return paths


def coloured(red: Map) -> str:
    """An SVG of a map `[x, y]`: Y from left to right, X from top to bottom."""
    # A little higher than a row, or the paper shines through between two.
    drawn = [
        f'<path d="{path}" stroke="var(--mim-{colour})" stroke-width="1.04"/>'
        for colour, path in zip(COLOURS, runs(red), strict=True)
        if path
    ]
    label = (
        "A square of points, each in the colour that the model gives it: rows that are blue, red, "
        "or change colour once or twice from left to right"
    )
    return svg(SIDE, SIDE, label, drawn)
