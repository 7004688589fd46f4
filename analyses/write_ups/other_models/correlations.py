"""What varies together over the models that learned the task: rank correlations of named pairs."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from analyses.instruments.statistics import (
    Interval,
    rank_correlation,
    rank_correlation_interval,
)
from analyses.write_ups.numerals import fixed
from analyses.write_ups.other_models.stacked import stacked_table

FEWEST = 10
"""Models, fewer of which give no interval."""


class Correlated(NamedTuple):
    """Spearman's rho of two quantities over models."""

    n: int
    """Models on which both are numbers."""
    rho: float | None
    """None where one of the two does not vary, or models are fewer than `FEWEST`."""
    interval: Interval | None
    """95 %, as if the pair had been the only one."""

    def __str__(self) -> str:
        if self.rho is None or self.interval is None:
            return "too few models" if self.n < FEWEST else "does not vary"
        low, high = self.interval
        return f"{fixed(self.rho, 2)} [{fixed(low, 2)}, {fixed(high, 2)}]"


def correlated(x: Sequence[float | None], y: Sequence[float | None]) -> Correlated:
    """The rank correlation of two quantities, over the models on which both are numbers.

    Args:
        x: one value for each model; None where it is no number.
        y: the other, in the same order.
    """
    pairs = [(a, b) for a, b in zip(x, y, strict=True) if a is not None and b is not None]
    first, second = ([pair[which] for pair in pairs] for which in (0, 1))
    varies = len(pairs) >= FEWEST and len(set(first)) > 1 and len(set(second)) > 1
    if not varies:
        return Correlated(len(pairs), None, None)
    rho = rank_correlation(first, second)
    return Correlated(len(pairs), rho, rank_correlation_interval(rho, len(pairs)))


class Row(NamedTuple):
    """A pair of quantities in words, why it was named, and how the two go together."""

    x: str
    y: str
    why: str
    found: Correlated


def correlations_table(rows: Iterable[Row], caption: str) -> str:
    """HTML of pairs, one row each."""
    titles = ("Pair", "Spearman’s rho", "Models", "Why it was named")
    cells = (
        [
            f"{escape(row.x)} <small>and</small> {escape(row.y)}",
            str(row.found),
            str(row.found.n),
            escape(row.why),
        ]
        for row in rows
    )
    return stacked_table("correlations", titles, cells, caption)
