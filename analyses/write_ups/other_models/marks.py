"""A mark for each of the other models, on the axis of one number. Needs no torch.

A model that learned the task is a dot: filled where a claim comes out as stated, hollow where it
does not. One that did not learn it is a cross. What falls together is stacked, so that every
model is seen; the marks of a kind are one path, which takes some six bytes for each dot.
"""

import statistics
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from analyses.evidence.findings import Finding, short
from analyses.seeds.outcomes import Mark
from analyses.write_ups.strips import WIDTH, Axis, axis, framed, ground, line

HEIGHT = 30
"""Of a strip with a mark for each model."""
SIZE = 4
"""Of a mark, and how far those of one stack are from each other, as long as there is room."""

Look = Literal["dot", "ring", "cross"]
LOOKS: tuple[Look, ...] = ("dot", "ring", "cross")


class Place(NamedTuple):
    """Where the middle of a mark stands, in units of the strip's SVG."""

    x: int
    y: int


def stacked(xs: Sequence[float]) -> list[Place]:
    """Where marks stand: those that would cover each other above each other, around the middle,
    and the nearer to each other the more there are.

    Args:
        xs: how far each is from the left end.

    >>> stacked([10.0, 50.0, 10.2])
    [Place(x=10, y=13), Place(x=50, y=15), Place(x=10, y=17)]
    """
    stacks: dict[int, list[int]] = {}
    for number, x in enumerate(xs):
        stacks.setdefault(round(x) // SIZE, []).append(number)
    heights = [0.0] * len(xs)
    for stack in stacks.values():
        most = len(stack) - 1
        apart = min(SIZE, (HEIGHT - SIZE - 1) / most) if most else 0.0
        for above, number in enumerate(stack):
            heights[number] = HEIGHT / 2 + (above - most / 2) * apart
    return [Place(round(x), round(y)) for x, y in zip(xs, heights, strict=True)]


class _Shape(NamedTuple):
    """How a mark is drawn, from where the pen is put down to where it is taken off."""

    path: str
    begin: tuple[int, int]
    """As seen from the middle."""
    end: tuple[int, int]


SHAPES: dict[Look, _Shape] = {
    # Of a stroke that is round at its ends.
    "dot": _Shape("h0", (0, 0), (0, 0)),
    "ring": _Shape("a2 2 0 1 0 4 0a2 2 0 1 0-4 0", (-2, 0), (-2, 0)),
    "cross": _Shape("l4 4m-4 0l4-4", (-2, -2), (2, -2)),
}
PAINTS: dict[Look, str] = {
    "dot": f'stroke="currentColor" stroke-width="{SIZE}" stroke-linecap="round"',
    "ring": 'fill="none" stroke="currentColor"',
    "cross": 'fill="none" stroke="currentColor"',
}


def path(look: Look, places: Iterable[Place]) -> str:
    """The path of marks of one look.

    >>> path("dot", [Place(10, 7), Place(12, 7), Place(12, 4)])
    'M10 7h0m2 0h0m0-3h0'
    """
    shape = SHAPES[look]
    drawn, pen = "", (0, 0)
    for x, y in places:
        begin = x + shape.begin[0], y + shape.begin[1]
        right, down = begin[0] - pen[0], begin[1] - pen[1]
        drawn += f"{'m' if drawn else 'M'}{right}{' ' * (down >= 0)}{down}{shape.path}"
        pen = x + shape.end[0], y + shape.end[1]
    return drawn


def look(mark: Mark) -> Look:
    """How a model is shown."""
    if not mark.learned:
        return "cross"
    return "dot" if mark.as_stated else "ring"


def marked(marks: Sequence[Mark], on: Axis) -> list[str]:
    """The marks of models on an axis, as elements of an SVG; those without a number are none."""
    shown = sorted(
        (mark for mark in marks if mark.value is not None),
        key=lambda mark: LOOKS.index(look(mark)),
    )
    places = stacked([on.x(mark.value) for mark in shown if mark.value is not None])
    elements = []
    for kind in LOOKS:
        here = [place for mark, place in zip(shown, places, strict=True) if look(mark) == kind]
        if here:
            elements.append(
                f'<path class="strip__{kind}" d="{path(kind, sorted(here))}" {PAINTS[kind]}/>'
            )
    return elements


def against_threshold(finding: Finding, marks: Sequence[Mark]) -> str:
    """What a claim measured on other models, against its threshold; nothing where no number came
    out.
    """
    values = _values(marks)
    if not values:
        return ""
    on = axis(statistics.median_low(values), finding.threshold, values, zero=False)
    words = f"threshold {finding.comparison} {finding.threshold:g}; {_counted(marks, CAME_OUT)}"
    elements = [*ground(on, finding.threshold, finding.comparison, HEIGHT), *marked(marks, on)]
    return framed(on, elements, _on_axis(on, words), HEIGHT)


def beside_own(marks: Sequence[Mark], own: float | None) -> str:
    """What varies between models, and a line where the page's own model stands; a word where
    nothing does, and nothing where no number came out.
    """
    values = _values(marks) + ([] if own is None else [own])
    if not _values(marks):
        return ""
    low, high = min(values), max(values)
    if low == high:
        return ALIKE
    on = Axis(low, high, None)
    words = _counted(marks, VARIES)
    elements = [line("axis", f"M0 {HEIGHT / 2:g}H{WIDTH}", 0.5), *marked(marks, on)]
    if own is not None:
        words += f"; the model of this page {short(own)}"
        elements.append(line("own", f"M{on.x(own):g} 0V{HEIGHT}", 1.5))
    return framed(on, elements, _on_axis(on, words), HEIGHT)


ALIKE = "all alike"
"""Where there is nothing to draw."""

CAME_OUT: dict[Look, str] = {
    "dot": "as stated on {}",
    "ring": "not as stated on {}",
    "cross": "{} that did not learn the task",
}
VARIES: dict[Look, str] = {**CAME_OUT, "dot": "{} that learned the task"}
"""What a look says of so many models."""


def _counted(marks: Sequence[Mark], said: dict[Look, str]) -> str:
    """How many models there are of each look, and their smallest and largest value."""
    parts = []
    for kind in LOOKS:
        here = [mark for mark in marks if look(mark) == kind]
        if not here:
            continue
        words = said[kind].format(f"{len(here)} model{'s' * (len(here) != 1)}")
        if values := _values(here):
            low, high = short(min(values)), short(max(values))
            words += f", {low}" + f" to {high}" * (low != high)
        if missing := len(here) - len(values):
            words += f", {missing} of them without a number"
        parts.append(words)
    return "; ".join(parts)


def _values(marks: Iterable[Mark]) -> list[float]:
    return [mark.value for mark in marks if mark.value is not None]


def _on_axis(on: Axis, words: str) -> str:
    shape = ", logarithmic" if on.step else ""
    return f"On an axis from {short(on.low)} to {short(on.high)}{shape}: {words}."
