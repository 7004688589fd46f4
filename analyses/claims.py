"""Claims: sentences about a model, each with a measurement, a threshold and a control."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from analyses.findings import (
    ClaimsDoNotStand,
    Comparison,
    Evidence,
    Finding,
    Verdict,
    claims_table,
)
from analyses.statistics import (
    Interval,
    correlation,
    correlation_interval,
    mean_interval,
    proportion_interval,
)
from models.problem import Problem

CONTROL_SEED = 7
"""Seed of the untrained model that serves as control."""


@dataclass(frozen=True)
class Measurement:
    """What was measured."""

    value: float
    n: int
    """Number of cases."""
    interval: Interval | None = None
    """95 % interval, for a sample; None where every case was computed."""

    def is_finite(self) -> bool:
        """Whether numbers came out: a mean of nothing is none, and is neither large nor small."""
        return all(map(math.isfinite, (self.value, *(self.interval or ()))))

    @classmethod
    def share(cls, successes: Sequence[bool]) -> "Measurement":
        """The share of independent sampled cases that are true.

        Of no cases at all nothing is known: the interval is 0 to 1.
        """
        if not successes:
            return cls(0.0, 0, Interval(0.0, 1.0))
        hits = sum(map(bool, successes))
        return cls(hits / len(successes), len(successes), proportion_interval(hits, len(successes)))

    @classmethod
    def mean(cls, values: list[float]) -> "Measurement":
        """The mean over independent sampled cases."""
        return cls(sum(values) / len(values), len(values), mean_interval(values))

    @classmethod
    def correlation(cls, x: list[float], y: list[float]) -> "Measurement":
        """Pearson's r over independent sampled pairs; 0 where one of the two is constant."""
        r = correlation(x, y)
        return cls(r, len(x), correlation_interval(r, len(x)))


@dataclass(frozen=True)
class Claim:
    """One sentence that says how a model works, and how to find out whether it does."""

    name: str
    sentence: str
    quantity: str
    """What is measured, in words."""
    unit: str
    evidence: Evidence
    comparison: Comparison
    threshold: float
    measure: Callable[[Problem[Any]], Measurement]
    refuted: bool = False
    """Whether the write-up says that this does not hold."""
    control: str = "untrained model of the same shape"
    control_measure: Callable[[Problem[Any]], Measurement] | None = None
    """Another measurement on the same problem, for claims that compare inputs. None: the
    same measurement on an untrained model."""

    def satisfied_by(self, measured: Measurement) -> bool:
        """Whether a measurement meets the threshold; of a sample, the whole interval must."""
        low, high = measured.interval or (measured.value, measured.value)
        return low >= self.threshold if self.comparison == "at least" else high <= self.threshold

    def check(self, problem: Problem[Any], untrained: Problem[Any]) -> Finding:
        """Measure on the model and on the control, and judge."""
        measured = self.measure(problem)
        controlled = (
            self.control_measure(problem) if self.control_measure else self.measure(untrained)
        )
        if self.evidence == "sampled" and measured.interval is None:
            raise ValueError(f"claim {self.name!r} is sampled, but its measurement has no interval")
        holds = self.satisfied_by(measured)
        verdict: Verdict = "refuted" if self.refuted else "holds"
        if holds == self.refuted or not measured.is_finite():
            verdict = "fails"
        elif not controlled.is_finite() or (holds and self.satisfied_by(controlled)):
            verdict = "empty"
        return Finding(
            name=self.name,
            sentence=self.sentence,
            evidence=self.evidence,
            quantity=self.quantity,
            unit=self.unit,
            comparison=self.comparison,
            threshold=self.threshold,
            value=measured.value,
            interval=measured.interval,
            n=measured.n,
            control_value=controlled.value,
            control=self.control,
            verdict=verdict,
        )


@dataclass(frozen=True)
class Findings:
    """All claims of one write-up, checked."""

    findings: tuple[Finding, ...]
    caveat: str | None = None
    """What must be known of the checkpoint that they were measured on."""

    @classmethod
    def of(cls, claims: Sequence[Claim], problem: Problem[Any]) -> "Findings":
        """Check every claim."""
        untrained = problem.untrained(CONTROL_SEED)
        checked = tuple(claim.check(problem, untrained) for claim in claims)
        return cls(checked, problem.conversion)

    def __getitem__(self, name: str) -> Finding:
        for finding in self.findings:
            if finding.name == name:
                return finding
        known = ", ".join(finding.name for finding in self.findings)
        raise KeyError(f"no claim is called {name!r}; known: {known}")

    @cached_property
    def complaints(self) -> list[str]:
        """What is wrong with them, a line each."""
        return [text for finding in self.findings if (text := finding.complaint())]

    def raise_for_complaints(self) -> None:
        """Raise ClaimsDoNotStand if a claim fails, or its control passes."""
        if self.complaints:
            raise ClaimsDoNotStand("\n".join(self.complaints))

    def html(self) -> str:
        """The claims as one table."""
        return claims_table(list(self.findings), self.caveat)
