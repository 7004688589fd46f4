"""Claims: sentences about a model, each with a measurement, a threshold and controls."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor

from analyses.evidence.findings import (
    ClaimsDoNotStand,
    Comparison,
    Controlled,
    Evidence,
    Finding,
    Verdict,
)
from analyses.instruments.statistics import (
    Interval,
    clustered_interval,
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
    def clustered(
        cls,
        true: Bool[Tensor, "sequence prediction"],
        asked: Bool[Tensor, "sequence prediction"] | None = None,
    ) -> "Measurement":
        """The share of predictions that are true, mean over sequences, where those of one
        sampled sequence resemble each other; n is the number of sequences.

        Args:
            true: whether something is true of a prediction.
            asked: which predictions count, and with them the sequences that have some; None: all.
        """
        if asked is None:
            asked = torch.ones_like(true)
        trials = asked.sum(dim=1)
        some = trials > 0
        shares = ((true & asked).sum(dim=1)[some].double() / trials[some]).tolist()
        if not shares:
            return cls.share([])
        interval = clustered_interval(shares, int(trials.sum()))
        return cls(sum(shares) / len(shares), len(shares), interval)

    @classmethod
    def mean(cls, values: list[float]) -> "Measurement":
        """The mean over independent sampled cases; for shares, see `clustered`."""
        return cls(sum(values) / len(values), len(values), mean_interval(values))

    @classmethod
    def correlation(cls, x: list[float], y: list[float]) -> "Measurement":
        """Pearson's r over independent sampled pairs; 0 where one of the two is constant."""
        r = correlation(x, y)
        return cls(r, len(x), correlation_interval(r, len(x)))


Measure = Callable[[Problem[Any]], Measurement]


@dataclass(frozen=True)
class Control:
    """What a claim must not be true of; if it is, it says nothing about the model.

    Either another model, on which the same is measured, or another measurement on the same one.
    """

    what: str
    """In words."""
    model: Callable[[Problem[Any]], Problem[Any]] | None = None
    """Makes the other model. It should make each once only (`functools.cache`), so that
    measurements on it are shared."""
    measure: Measure | None = None
    """The other measurement."""

    def __post_init__(self) -> None:
        if (self.model is None) == (self.measure is None):
            raise ValueError(
                f"control {self.what!r} needs another model, or another measurement, and not both"
            )

    def of(self, claim: "Claim", problem: Problem[Any]) -> Measurement:
        """What a claim is controlled with."""
        if self.measure is not None:
            return self.measure(problem)
        assert self.model is not None
        return claim.measure(self.model(problem))


@cache
def untrained(problem: Problem[Any]) -> Problem[Any]:
    """A model of the same shape that was never trained."""
    return problem.untrained(CONTROL_SEED)


UNTRAINED = Control("untrained model of the same shape", model=untrained)
"""The weakest control of all: what it does not satisfy may still be true of any trained model."""


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
    measure: Measure
    refuted: bool = False
    """Whether the write-up says that this does not hold."""
    controls: tuple[Control, ...] = (UNTRAINED,)
    """None of them may satisfy it."""
    of_task: bool = False
    """Whether it is about the task and what is made from it alone, such as training data or a
    transformer set by hand, so that it comes out the same whatever the checkpoint."""
    counted: str = ""
    """What the number of cases counts, as it stands after that number: `lists`, `neurons`."""
    carries: bool = False
    """Whether it is one of the few that say how the model works, which a page shows unfolded."""

    def __post_init__(self) -> None:
        if not self.controls:
            raise ValueError(f"claim {self.name!r} has no control; name what it is not true of")

    def satisfied_by(self, measured: Measurement) -> bool:
        """Whether a measurement meets the threshold; of a sample, the whole interval must."""
        low, high = measured.interval or (measured.value, measured.value)
        return low >= self.threshold if self.comparison == "at least" else high <= self.threshold

    def check(self, problem: Problem[Any]) -> Finding:
        """Measure on the model and on its controls, and judge."""
        measured = self.measure(problem)
        controlled = [control.of(self, problem) for control in self.controls]
        if self.evidence == "sampled" and measured.interval is None:
            raise ValueError(f"claim {self.name!r} is sampled, but its measurement has no interval")
        holds = self.satisfied_by(measured)
        verdict: Verdict = "refuted" if self.refuted else "holds"
        if holds == self.refuted or not measured.is_finite():
            verdict = "fails"
        elif any(not c.is_finite() or (holds and self.satisfied_by(c)) for c in controlled):
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
            controls=tuple(
                Controlled(what=control.what, value=found.value, satisfies=self.satisfied_by(found))
                for control, found in zip(self.controls, controlled, strict=True)
            ),
            verdict=verdict,
            counted=self.counted,
            carries=self.carries,
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
        checked = tuple(claim.check(problem) for claim in claims)
        return cls(checked, problem.conversion)

    def __add__(self, others: "Findings") -> "Findings":
        """These and others, of the same checkpoint."""
        return Findings(self.findings + others.findings, self.caveat)

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
        """Raise ClaimsDoNotStand if a claim fails, or one of its controls passes."""
        if self.complaints:
            raise ClaimsDoNotStand("\n".join(self.complaints))
