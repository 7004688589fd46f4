"""One axis of a plot: where a value stands on it, and which values are written beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from docs.render.stills.values import all_numbers, number, values

Kind = Literal["linear", "log", "category"]


@dataclass(frozen=True)
class Tick:
    """A value that is written beside an axis."""

    place: float
    """Share of the axis, from its start."""
    label: str


@dataclass(frozen=True)
class Axis:
    """An axis as plotly draws it; ranges of a logarithmic one are exponents."""

    kind: Kind
    range: tuple[float, float]
    title: str
    categories: tuple[str, ...] = ()
    given: tuple[tuple[Any, str], ...] = ()
    """Values that are to be written beside it, and as what; none: round ones."""
    grid: bool = True
    percent: bool = False
    """Whether its numbers are shares, written in per cent."""

    def coordinate(self, value: Any) -> float | None:
        """A value in the units of `range`; None where it cannot be drawn."""
        if self.kind == "category":
            if str(value) in self.categories:
                return float(self.categories.index(str(value)))
            return number(value) if not isinstance(value, str) else None
        found = number(value)
        if found is None or not math.isfinite(found):
            return None
        if self.kind == "log":
            return math.log10(found) if found > 0 else None
        return found

    def share(self, coordinate: float) -> float:
        """Where a coordinate lies, from 0 at the start of the axis to 1 at its end."""
        start, end = self.range
        return (coordinate - start) / (end - start)

    def ticks(self, most: int) -> list[Tick]:
        """Values to write beside it, `most` of them or a few less."""
        if self.given:
            shown = list(self.given)
        elif self.kind == "category":
            shown = [(each, each) for each in self.categories[:: math.ceil(self._n() / 24)]]
        elif self.kind == "log":
            shown = _powers(*self.range)
        else:
            unit = 100 if self.percent else 1
            shown = [
                (value, written(unit * value, unit * step) + "\u202f%" * self.percent)
                for value, step in _round(*self.range, most)
            ]
        placed = [(self.coordinate(value), label) for value, label in shown]
        return [
            Tick(self.share(at), label)
            for at, label in placed
            if at is not None and -0.001 <= self.share(at) <= 1.001
        ]

    def _n(self) -> int:
        return max(len(self.categories), 1)


def axis(described: dict[str, Any], drawn: Sequence[Sequence[Any]], extent: "Extent") -> Axis:
    """The axis that plotly makes of a description.

    Args:
        described: `layout.xaxis`, say.
        drawn: what the traces have on it, a sequence each.
        extent: how far what is drawn reaches, where the description has no range.
    """
    every = [value for trace in drawn for value in trace]
    kind: Kind = described.get("type") or ("linear" if all_numbers(every) else "category")
    title = described.get("title", {}).get("text", "")
    categories: tuple[str, ...] = ()
    if kind == "category":
        ordered = values(described.get("categoryarray") or every)
        categories = tuple(dict.fromkeys(map(str, ordered)))
    labels = described.get("ticktext") or described.get("tickvals") or ()
    places = values(described.get("tickvals") or ())
    given = tuple((place, shown(label)) for place, label in zip(places, labels, strict=True))
    rest = given, described.get("showgrid", True), described.get("tickformat", "").endswith("p")
    bare = Axis(kind, (0.0, 1.0), title, categories, *rest)
    if "range" in described:
        low, high = described["range"]
    elif kind == "category":
        low, high = -0.5, len(categories) - 0.5
    else:
        coordinates = [c for value in every if (c := bare.coordinate(value)) is not None]
        low, high = extent.of(coordinates)
    return Axis(kind, (float(low), float(high)), title, categories, *rest)


@dataclass(frozen=True)
class Extent:
    """How far an axis reaches beyond what is drawn on it."""

    room: float
    """Share of the whole that stays free on either side."""
    beyond: float = 0.0
    """What the marks themselves take, in units of the axis: half the width of a bar."""
    zero: bool = False
    """Whether it begins at zero, as bars do."""

    def of(self, coordinates: Sequence[float]) -> tuple[float, float]:
        """First and last coordinate of the axis."""
        shown = [*coordinates, 0.0] if self.zero or not coordinates else coordinates
        low, high = min(shown) - self.beyond, max(shown) + self.beyond
        if low == high:
            return low - 1, high + 1
        room = self.room * (high - low)
        return (
            low if self.zero and low == 0 else low - room,
            high if self.zero and high == 0 else high + room,
        )


def _round(start: float, end: float, most: int) -> list[tuple[float, float]]:
    """Multiples of 1, 2 or 5 times a power of ten, each with the step between them."""
    low, high = min(start, end), max(start, end)
    exact = (high - low) / most
    power = 10.0 ** math.floor(math.log10(exact))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= exact * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(n * step, step) for n in range(first, last + 1)]


def _powers(start: float, end: float) -> list[tuple[float, str]]:
    exponents = range(math.ceil(start - 1e-9), math.floor(end + 1e-9) + 1)
    step = math.ceil(len(exponents) / 7) or 1
    return [(10.0**n, shown(10.0**n)) for n in exponents[::step]]


MINUS = "\u2212"


def shown(value: Any) -> str:
    """A given label, or a value without more digits than it needs.

    >>> shown("SEP"), shown(-0.5), shown(10000.0), shown(1e6)
    ('SEP', '−0.5', '10,000', '10⁶')
    """
    if isinstance(value, str):
        return value
    if value and abs(value) >= 1e6 and math.log10(abs(value)) % 1 == 0:
        power = str(round(math.log10(abs(value)))).translate(SUPERSCRIPT)
        return f"{MINUS if value < 0 else ''}10{power}"
    return f"{value:,.10g}".replace("-", MINUS)


SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(value: float, step: float) -> str:
    """A multiple of a step, with as many decimals as the step has.

    >>> written(0.30000000000000004, 0.1), written(-2.0, 0.5), written(12000.0, 2000.0)
    ('0.3', '−2', '12,000')
    """
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if step >= 1:
        decimals = 0
    text = f"{value:,.{decimals}f}"
    if decimals:
        text = text.rstrip("0").rstrip(".") if float(text.replace(",", "")).is_integer() else text
    return "0" if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)
