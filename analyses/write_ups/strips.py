"""One axis for each claim: what was measured, the threshold, and what controls gave. No torch."""

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from analyses.evidence.findings import Finding, short

WIDTH, HEIGHT = 150, 14
EDGE = 5
"""Left free at both ends, so that no mark is cut off."""
NEAR = 0.04
"""Of the axis: nearer than this, a value and its threshold fall together."""


class Axis(NamedTuple):
    """Where numbers stand on a strip."""

    low: float
    high: float
    step: float | None
    """Linear if None; else like a logarithm beyond this size, on both sides of zero."""

    def place(self, number: float) -> float:
        """How far a number is from the left end, as a share of the axis."""
        low, high, at = map(self._stretched, (self.low, self.high, number))
        return (at - low) / (high - low)

    def _stretched(self, number: float) -> float:
        return number if self.step is None else math.asinh(number / self.step)


def axis(value: float, threshold: float, others: Sequence[float]) -> Axis:
    """An axis with zero and all numbers on it; up to 1 where all are shares, or nearly so large.

    It is linear, unless value and threshold would fall together there and come apart where sizes
    are shown like a logarithm shows them.

    >>> axis(0.95, 0.9, [0.02])
    Axis(low=0.0, high=1.0, step=None)
    >>> axis(0.037, 0.05, [3.1, 4.3])
    Axis(low=0.0, high=4.3, step=0.037)
    """
    numbers = [value, threshold, *others]
    low, high = min(0.0, *numbers), max(0.0, *numbers)
    if low == high or 0.5 <= high <= 1.0:
        high = 1.0
    linear = Axis(low, high, None)
    scaled = Axis(low, high, min((abs(number) for number in numbers if number), default=1.0))
    apart, better = (abs(on.place(value) - on.place(threshold)) for on in (linear, scaled))
    return scaled if apart < NEAR and better > 2 * apart else linear


def strip(finding: Finding) -> str:
    """A claim's numbers on one axis, as SVG with a text alternative; its ends in small type.

    The side that satisfies the threshold is tinted. The measured value is a filled dot and its
    interval a bar, controls are hollow, the threshold is a line. Nothing where no number was
    measured.
    """
    controls = [found.value for found in finding.controls if math.isfinite(found.value)]
    interval = finding.interval or ()
    if not all(map(math.isfinite, (finding.value, finding.threshold, *interval))):
        return ""
    on = axis(finding.value, finding.threshold, [*interval, *controls])

    def x(number: float) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * on.place(number), 1)

    threshold = x(finding.threshold)
    begin, end = (threshold, WIDTH) if finding.comparison == "at least" else (0, threshold)
    marks = [
        f'<rect class="strip__side" x="{begin:g}" y="0" width="{end - begin:g}" height="{HEIGHT}" '
        'fill="currentColor" fill-opacity="0.12"/>',
        _line("axis", f"M0 {HEIGHT / 2:g}H{WIDTH}", 0.5),
        _line("threshold", f"M{threshold:g} 0V{HEIGHT}", 1.5),
        *(_dot("control", x(number), 'fill="none" stroke="currentColor"') for number in controls),
    ]
    if interval:
        left, right = map(x, interval)
        marks.append(_line("interval", f"M{left:g} {HEIGHT / 2:g}H{right:g}", 4.0))
    marks.append(_dot("value", x(finding.value), 'fill="currentColor"'))
    ends = f"<span>{short(on.low)}</span>{' <span>log</span>' if on.step else ''} "
    return (
        f'<div class="strip"><svg role="img" aria-label="{escape(_in_words(finding, on))}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">{"".join(marks)}</svg>'
        f'<small aria-hidden="true">{ends}<span>{short(on.high)}</span></small></div>'
    )


def _line(kind: str, path: str, width: float) -> str:
    stroke = f'stroke="currentColor" stroke-width="{width:g}"'
    return f'<path class="strip__{kind}" d="{path}" fill="none" {stroke}/>'


def _dot(kind: str, x: float, paint: str) -> str:
    return f'<circle class="strip__{kind}" cx="{x:g}" cy="{HEIGHT / 2:g}" r="3" {paint}/>'


def _in_words(finding: Finding, on: Axis) -> str:
    shape = ", logarithmic" if on.step else ""
    interval = f", interval {' to '.join(map(short, finding.interval))}" if finding.interval else ""
    controls = ", ".join(short(found.value) for found in finding.controls)
    return (
        f"On an axis from {short(on.low)} to {short(on.high)}{shape}: measured "
        f"{short(finding.value)}{interval}; threshold {finding.comparison} "
        f"{finding.threshold:g}; controls {controls}."
    )
