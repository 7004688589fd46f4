"""What varies between models: a row for each quantity, with a mark for each model."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from analyses.seeds.outcomes import Mark
from analyses.write_ups.numerals import fixed, scientific
from analyses.write_ups.other_models.marks import beside_own
from analyses.write_ups.other_models.stacked import stacked_table


@dataclass(frozen=True)
class Spread:
    """A quantity on the other models and on the page's own."""

    words: str
    """What it is."""
    unit: str
    digits: int
    """Decimals shown."""
    marks: tuple[Mark, ...]
    own: float | None
    """Of the page's own model; None where it has none."""

    @property
    def learned(self) -> list[float]:
        """On the models that learned the task, as far as it is a number there."""
        return sorted(mark.value for mark in self.marks if mark.learned and mark.value is not None)

    @property
    def median(self) -> float | None:
        """Of those; None of none."""
        return statistics.median(self.learned) if self.learned else None

    @property
    def is_outside(self) -> bool:
        """Whether the page's own model has less than each of those, or more."""
        known = self.learned
        if not known or self.own is None:
            return False
        return not known[0] <= self.own <= known[-1]

    def text(self, value: float | None) -> str:
        """A value as the table shows it: what would round to nothing with its power of ten.

        >>> strays = Spread("distance of attention", "", 6, (), None)
        >>> strays.text(None), strays.text(0.0), strays.text(3e-4), strays.text(5e-16)
        ('none', '0.000000', '0.000300', '5.0 × 10⁻¹⁶')
        """
        if value is None:
            return "none"
        if value and not round(value, self.digits):
            return scientific(value)
        return fixed(value, self.digits)


def quantities_table(spreads: Iterable[Spread], caption: str) -> str:
    """HTML of quantities, one row each."""
    titles = ("Quantity", "This model", "Others: median", "One by one")
    return stacked_table("quantities", titles, map(_row, spreads), caption)


def _row(spread: Spread) -> list[str]:
    known = spread.learned
    missing = sum(mark.learned for mark in spread.marks) - len(known)
    vary = len(set(known)) > 1
    between = [f"{spread.text(known[0])} to {spread.text(known[-1])}"] if vary else []
    between += [f"none on {missing}"] if missing else []
    unit = f" <small>{escape(spread.unit)}</small>" if spread.unit else ""
    return [
        f"{escape(spread.words)}{unit}",
        spread.text(spread.own),
        f"{spread.text(spread.median)} <small>{', '.join(between)}</small>",
        beside_own(spread.marks, spread.own),
    ]
