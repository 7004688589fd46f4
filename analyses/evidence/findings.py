"""Claims that were checked, and what was found. Needs no torch."""

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Evidence = Literal["proved", "exhaustive", "sampled", "illustrated"]
"""`proved`: a bound that covers every input. `exhaustive`: every case was computed.
`sampled`: so many cases, with a 95 % interval. `illustrated`: examples."""
Comparison = Literal["at least", "at most"]
Verdict = Literal["holds", "refuted", "fails", "empty"]
"""`refuted`: does not hold, and the write-up says so. `fails`: does not hold, or holds
though the write-up calls it refuted, or what was measured is no number. `empty`: a control
satisfies it too, or measures no number."""


class ClaimsDoNotStand(RuntimeError):
    """A claim of a write-up fails, or one of its controls passes."""


class Controlled(BaseModel):
    """What a control of a claim gave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str
    """The control, in words."""
    value: float
    satisfies: bool
    """Whether it meets the claim's threshold, of a sample with its whole interval."""


class Finding(BaseModel):
    """A claim together with what was measured, as it stands in `results.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """An anchor of the page too."""
    sentence: str
    evidence: Evidence
    quantity: str
    unit: str
    comparison: Comparison
    threshold: float
    value: float
    interval: tuple[float, float] | None
    n: int
    controls: tuple[Controlled, ...] = Field(min_length=1)
    verdict: Verdict
    counted: str = ""
    """What `n` counts, as it stands after that number: `lists`, `neurons`."""
    carries: bool = False
    """Whether it is one of the few that say how the model works; others are folded."""

    @property
    def cases(self) -> str:
        """What it was measured on, in words that say how strong the evidence is."""
        many = f"{self.n:,}" if self.n != 1 else "one"
        if self.evidence == "proved":
            return f"{many} {self.counted or 'cases'}, covering every input"
        if self.evidence == "exhaustive":
            return f"{'all ' * (self.n != 1)}{many} {self.counted or 'cases'}"
        return f"{many} {self.counted or 'cases'}" + " sampled" * (self.evidence == "sampled")

    def complaint(self) -> str | None:
        """Why the write-up cannot stand as it is, or None."""
        if not all(map(math.isfinite, (self.value, *(self.interval or ())))):
            return (
                f"claim {self.name!r} does not stand: {self.quantity} is {self.value} (interval "
                f"{self.interval}), which is no number. Measure what is defined."
            )
        for control in self.controls:
            if not math.isfinite(control.value):
                return (
                    f"claim {self.name!r} says nothing about the model: the control "
                    f"({control.what}) measures {control.value}, which is no number. Measure "
                    "what is defined there too."
                )
        if self.verdict == "fails":
            return (
                f"claim {self.name!r} does not stand: {self.quantity} is {self.value:.6g} "
                f"(interval {self.interval}, n = {self.n}), stated: {self.comparison} "
                f"{self.threshold:g}. Train a better model, or say openly whether it is refuted."
            )
        if self.verdict == "empty":
            fooled = next(control for control in self.controls if control.satisfies)
            return (
                f"claim {self.name!r} says nothing about the model: the control "
                f"({fooled.what}) measures {fooled.value:.6g}, which satisfies "
                f"{self.comparison} {self.threshold:g} too. Measure what tells the two apart."
            )
        return None


def short(value: float) -> str:
    """A value to four significant digits, without an exponent where that is readable.

    >>> short(0.99826), short(12345.0), short(0.0)
    ('0.9983', '12,345', '0')
    """
    if value == 0:
        return "0"
    if 1000 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.4g}"
