"""One axis for each claim: what was measured, the threshold, and what controls gave. No torch."""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from analyses.evidence.findings import Comparison, Finding, short

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

    def x(self, number: float) -> float:
        """Where a number stands in the SVG of a strip."""
        return round(EDGE + (WIDTH - 2 * EDGE) * self.place(number), 1)

    def _stretched(self, number: float) -> float:
        return number if self.step is None else math.asinh(number / self.step)


def axis(value: float, threshold: float, others: Sequence[float], zero: bool = True) -> Axis:
    """An axis with zero and all numbers on it; up to 1 where all are shares, or nearly so large.

    Without `zero` it has the numbers alone on it, unless they are all the same. It is linear, but
    where value and threshold would fall together there, and come apart where sizes are shown like a
    logarithm shows them.

    >>> axis(0.95, 0.9, [0.02])
    Axis(low=0.0, high=1.0, step=None)
    >>> axis(0.037, 0.05, [3.1, 4.3])
    Axis(low=0.0, high=4.3, step=0.037)
    """
    numbers = [value, threshold, *others]
    zero = zero or len(set(numbers)) == 1
    low, high = (min(0.0, *numbers), max(0.0, *numbers)) if zero else (min(numbers), max(numbers))
    if low == high or (zero and 0.5 <= high <= 1.0):
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

    marks = [
        *ground(on, finding.threshold, finding.comparison),
        *(dot("control", on.x(number), 'fill="none" stroke="currentColor"') for number in controls),
    ]
    if interval:
        left, right = map(on.x, interval)
        marks.append(line("interval", f"M{left:g} {HEIGHT / 2:g}H{right:g}", 4.0))
    marks.append(dot("value", on.x(finding.value), 'fill="currentColor"'))
    return framed(on, marks, _in_words(finding, on))


def ground(
    on: Axis, threshold: float, comparison: Comparison, height: int = HEIGHT
) -> Iterator[str]:
    """What lies below all marks: the side that satisfies a threshold, the axis, the threshold."""
    at = on.x(threshold)
    begin, end = (at, WIDTH) if comparison == "at least" else (0, at)
    yield (
        f'<rect class="strip__side" x="{begin:g}" y="0" width="{end - begin:g}" '
        f'height="{height}" fill="currentColor" fill-opacity="0.12"/>'
    )
    yield line("axis", f"M0 {height / 2:g}H{WIDTH}", 0.5)
    yield line("threshold", f"M{at:g} 0V{height}", 1.5)


def framed(on: Axis, marks: Iterable[str], words: str, height: int = HEIGHT) -> str:
    """Marks on an axis as SVG, its ends in small type below it.

    Args:
        on: the axis.
        marks: from back to front.
        words: what they show, for those who do not see them.
        height: of the SVG, where `HEIGHT` is not enough.
    """
    ends = f"<span>{short(on.low)}</span>{' <span>log</span>' if on.step else ''} "
    return (
        f'<div class="strip"><svg role="img" aria-label="{escape(words)}" '
        f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">{"".join(marks)}'
        f'</svg><small aria-hidden="true">{ends}<span>{short(on.high)}</span></small></div>'
    )


def line(kind: str, path: str, width: float) -> str:
    """A path of a kind that the style sheet knows as `strip__<kind>`."""
    stroke = f'stroke="currentColor" stroke-width="{width:g}"'
    return f'<path class="strip__{kind}" d="{path}" fill="none" {stroke}/>'


def dot(kind: str, x: float, paint: str) -> str:
    """A dot in the middle of a strip."""
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
