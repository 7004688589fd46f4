"""Colour scales in steps, few enough that a map is light and many enough to read it."""

import math
from collections.abc import Sequence
from itertools import groupby

from analyses.write_ups.palette import ColourScale, Scale

STEPS = 11
"""An odd number, so that zero of a signed scale has a step of its own, and no colour."""


def level(scale: Scale, value: float, low: float, high: float) -> int | None:
    """The step of a value; None where nothing is drawn: at the colour of paper, and where there is
    no number.

    >>> [level("signed", z, -1.0, 1.0) for z in (-1.0, 0.0, 0.01, 1.0)]
    [0, None, None, 10]
    >>> level("share", 0.5, 0.0, 1.0), level("share", 0.0, 0.0, 1.0)
    (5, None)
    """
    if not math.isfinite(value):
        return None
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    found = round(share * (STEPS - 1))
    blank = (STEPS - 1) // 2 if scale == "signed" else 0
    return None if found == blank else found


def strokes(scale: Scale, matrix: Sequence[Sequence[float]], low: float, high: float) -> str:
    """The cells of a matrix, one by one unit each: for each level of its scale one path, with a
    stroke for each run of cells.

    A stroke begins relative to the end of the one before: such numbers are small and much alike,
    which takes a third less than places do.
    """
    paths: dict[int, str] = {}
    pens: dict[int, tuple[int, int]] = {}
    for row, cells in enumerate(matrix):
        column = 0
        for found, run in groupby(level(scale, value, low, high) for value in cells):
            length = len(list(run))
            if found is not None:
                right, down = pens.get(found, (0, 0))
                paths[found] = f"{paths.get(found, '')}m{column - right} {row - down}h{length}"
                pens[found] = column + length, row
            column += length
    return "".join(f'<path class="l{found}" d="{paths[found]}"/>' for found in sorted(paths))


def colours(stops: ColourScale) -> list[str]:
    """The colours of all steps, between the stops of a scale in equal parts."""
    return [_between(stops, n / (STEPS - 1)) for n in range(STEPS)]


def _between(stops: ColourScale, share: float) -> str:
    for (start, first), (end, last) in zip(stops, stops[1:], strict=False):
        if share <= end:
            part = (share - start) / (end - start)
            pairs = zip(_parts(first), _parts(last), strict=True)
            return "#" + "".join(f"{round(a + part * (b - a)):02x}" for a, b in pairs)
    raise ValueError(f"a colour scale ends at {stops[-1][0]}, before {share}")


def _parts(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
