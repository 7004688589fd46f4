"""The model's own picture: running sums as walks, each step in the colour of the answer; in small,
its neurons as ramps.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from analyses.cumulative_sum.seen import SURE
from analyses.write_ups.svg import svg

WIDTH, HEIGHT, MARGIN = 640.0, 300.0, 14.0
COLOURS = ("negative", "series-2", "positive")
"""Of the palette: negative, zero and positive."""
REACH = 50
"""From the middle of a small picture to its edges: a mean of 1, and the largest effect."""


def drawn(seen: Mapping[str, Any], *, small: bool = False) -> str:
    """An SVG of running sums from left to right.

    Every dot is a prediction: its colour is the class of the largest probability, and it is
    the larger the surer the model is.

    Args:
        seen: as `seen.walked` and `seen.ramps`.
        small: draw what the neurons do instead. Models that learned the task answer alike.
    """
    if small:
        return svg(2 * REACH, 2 * REACH, RAMPS, _ramps(seen["neurons"]))
    return svg(WIDTH, HEIGHT, WALKING, _walks(seen["sums"], seen["dots"]))


WALKING = (
    "Running sums of several sequences as lines from left to right, with a dot at each step in the "
    "colour of the model's answer"
)
RAMPS = (
    "Lines that leave a horizontal one near the middle of the picture, some upwards to the right, "
    "some downwards to the left"
)


def _ramps(neurons: Sequence[Sequence[float]]) -> list[str]:
    """What each neuron adds to the logit of positive less that of negative, upwards, by the mean of
    the values read, from -1 to 1; the largest of all reaches the edge.
    """
    ends = {"negative": "", "positive": ""}
    effect = {
        side: [max(start + side * slope, 0.0) * each for start, slope, each in neurons]
        for side in (-1, 1)
    }
    highest = max(abs(found) for side in effect.values() for found in side) or 1.0
    for number, (start, slope, _) in enumerate(neurons):
        side = 1 if slope > 0 else -1
        if not (reached := effect[side][number]):
            continue
        # Within the picture it may fire everywhere.
        low = -start / slope if abs(slope) > abs(start) else -float(side)
        x, y = (REACH + round(REACH * share) for share in (low, -effect[-side][number] / highest))
        top = REACH - round(REACH * reached / highest)
        ends["positive" if side > 0 else "negative"] += f"M{x} {y}L{REACH + side * REACH} {top}"
    return [
        f'<path d="M0 {REACH}h{2 * REACH}M{REACH} 0v{2 * REACH}" stroke="var(--mim-grid)"/>',
        *(
            f'<path d="{path}" stroke="var(--mim-{colour})" stroke-width="1.5"/>'
            for colour, path in ends.items()
            if path
        ),
    ]


def _walks(sums: Sequence[Sequence[int]], dots: Sequence[str]) -> list[str]:
    highest = float(max(abs(total) for row in sums for total in row)) or 1.0
    length = len(sums[0])

    def at(place: int, total: int) -> str:
        x = MARGIN + (WIDTH - 2 * MARGIN) * place / (length - 1)
        y = HEIGHT / 2 - (HEIGHT / 2 - MARGIN) * total / highest
        return f"{round(x, 1):g} {round(y, 1):g}"

    lines = "".join(
        "M" + "L".join(at(place, total) for place, total in enumerate(row)) for row in sums
    )
    parts = [f'<path d="{lines}" stroke="var(--mim-quiet)" stroke-width="0.6" opacity="0.45"/>']
    for number, colour in enumerate(COLOURS):
        for size, (width, _, _) in enumerate(SURE):
            found = _dotted(sums, dots, str(len(SURE) * number + size))
            if path := "".join(f"M{at(place, total)}h0" for place, total in found):
                parts.append(
                    f'<path d="{path}" stroke="var(--mim-{colour})" '
                    f'stroke-width="{width:g}" stroke-linecap="round"/>'
                )
    return parts


def _dotted(
    sums: Sequence[Sequence[int]], dots: Sequence[str], digit: str
) -> list[tuple[int, int]]:
    """Where the dots of one kind are: position and sum."""
    return [
        (place, total)
        for row, kinds in zip(sums, dots, strict=True)
        for place, (total, kind) in enumerate(zip(row, kinds, strict=True))
        if kind == digit
    ]
