"""The model's own picture: what heads look at from the last position, a row for each sequence.

Still to be written: a picture that belongs to your model and gives nothing away.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from analyses.write_ups.svg import svg

WIDTH, ROW = 640.0, 24.0
STEP = 6
"""From one square to the next in a small picture."""


def drawn(seen: Mapping[str, Any], *, small: bool = False) -> str:
    """An SVG of squares, the stronger the more attention a position gets: heads side by side, each
    in its colour.

    Args:
        seen: as `seen.seen`.
        small: of light weight, for a page with many.
    """
    looks = seen["looks"]
    sequences, keys = len(looks[0]), len(looks[0][0])
    columns = len(looks) * (keys + 1) - 1
    across, down = (STEP, STEP) if small else (WIDTH / columns, ROW)
    gap = 1 if small else 2
    parts = []
    for place, (number, rows) in enumerate(zip(seen["numbers"], looks, strict=True)):
        alike: defaultdict[float, str] = defaultdict(str)
        for sequence, row in enumerate(rows):
            for key, value in enumerate(row):
                x, y = across * (place * (keys + 1) + key), down * (sequence + 0.5)
                alike[round(value, 1)] += f"M{x:g} {y:g}h{across - gap:g}"
        squares = "".join(f'<path d="{d}" opacity="{value}"/>' for value, d in alike.items())
        line = f'stroke="var(--mim-head-{number})" stroke-width="{down - gap:g}"'
        parts.append(f"<g {line}>{squares}</g>")
    label = (
        "Rows of squares, one for each position, as strong as the attention that a head pays to it"
    )
    return svg(across * columns, down * sequences, label, parts)
