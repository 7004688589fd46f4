"""Claims that were checked: what was found, and how it is shown. Needs no torch."""

import math
from html import escape
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


def claims_table(findings: list[Finding], caption: str | None = None) -> str:
    """An HTML table of claims, one row each, with an anchor `claim-<name>`."""
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = "".join(
        f'<th scope="col">{title}</th>'
        for title in ("Claim", "Evidence", "Measured", "Stated", "Controls", "Verdict")
    )
    rows = "".join(_row(finding) for finding in findings)
    return (
        f'<table class="claims">{above}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def _row(finding: Finding) -> str:
    interval = ""
    if finding.interval:
        low, high = finding.interval
        interval = f" <small>[{_short(low)}, {_short(high)}]</small>"
    controls = "".join(
        f"<div>{_short(control.value)} <small>{escape(control.what)}</small></div>"
        for control in finding.controls
    )
    cases = f"<small>n = {finding.n:,}</small>"
    return (
        f'<tr id="claim-{finding.name}" data-evidence="{finding.evidence}" '
        f'data-verdict="{finding.verdict}">'
        f"<td>{escape(finding.sentence)} <small>{escape(finding.quantity)}</small></td>"
        f'<td><span class="evidence">{finding.evidence}</span> {cases}</td>'
        f"<td>{_short(finding.value)}&nbsp;{escape(finding.unit)}{interval}</td>"
        f"<td>{finding.comparison} {finding.threshold:g}</td>"
        f"<td>{controls}</td>"
        f'<td><span class="verdict verdict-{finding.verdict}">{finding.verdict}</span></td></tr>'
    )


def _short(value: float) -> str:
    """A value to four significant digits, without an exponent where that is readable.

    >>> _short(0.99826), _short(12345.0), _short(0.0)
    ('0.9983', '12,345', '0')
    """
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"
