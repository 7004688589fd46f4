"""Judge one model: every claim of its problem, by the committed threshold, and what varies."""

import json
import math
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any, NamedTuple, TypeVar

import torch

from analyses.evidence.claims import Claim
from analyses.evidence.findings import Finding
from analyses.seeds.line import Judged, JudgedControl
from analyses.seeds.subject import Subject
from models.checkpoint import NamedWeights, single_precision
from models.problem import Problem, assemble

T = TypeVar("T")


class Judgement(NamedTuple):
    """What came out, in the fields of a line."""

    claims: dict[str, Judged]
    failures: dict[str, str]
    quantities: dict[str, float | None]
    picture: dict[str, Any] | None


def problem_of(subject: Subject, seed: int, weights: NamedWeights) -> Problem[Any]:
    """The model that was trained from a seed, as claims take it; on the CPU.

    Its card has that seed, so that what it is judged on is drawn apart from what it was trained
    on, and nothing takes it for the committed model.
    """
    card = subject.card(seed)
    given = single_precision(weights)
    return assemble(card, subject.task(), card.architecture, given, None, torch.device("cpu"))


def judge(subject: Subject, problem: Problem[Any]) -> Judgement:
    """Check all claims; what raises is recorded, and the others are checked all the same."""
    claims: dict[str, Judged] = {}
    failures: dict[str, str] = {}
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        for claim in subject.claims():
            found = _tried(claim.name, lambda claim=claim: judged(claim, problem), failures)
            if found is not None:
                claims[claim.name] = found
        varies, seen = subject.varies(), subject.seen()
        quantities = _tried("varies", lambda: _numbers(varies(problem)), failures) if varies else {}
        picture = _tried("picture", lambda: _as_json(seen(problem)), failures) if seen else None
    return Judgement(claims, failures, quantities or {}, picture)


def judged(claim: Claim, problem: Problem[Any]) -> Judged:
    """What a claim gives on a model."""
    return recorded(claim.check(problem))


def recorded(finding: Finding) -> Judged:
    """What a line keeps of a finding; a number that is none is not kept."""
    interval = finding.interval
    return Judged(
        value=_finite(finding.value),
        interval=interval and (_finite(interval[0]), _finite(interval[1])),
        n=finding.n,
        controls=tuple(
            JudgedControl(
                what=control.what, value=_finite(control.value), satisfies=control.satisfies
            )
            for control in finding.controls
        ),
        verdict=finding.verdict,
    )


def _tried(name: str, measure: Callable[[], T], failures: dict[str, str]) -> T | None:
    try:
        return measure()
    except Exception as error:  # Whatever a claim raises on a model that it was not made for.
        failures[name] = f"{type(error).__name__}: {error}"
        return None


def _finite(value: float | int | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _numbers(quantities: Mapping[str, float | int | None]) -> dict[str, float | None]:
    return {name: _finite(value) for name, value in quantities.items()}


def _as_json(content: dict[str, Any]) -> dict[str, Any]:
    """The same as JSON gives it back.

    Raises:
        TypeError, ValueError: if JSON has no such thing; it has no infinite numbers either.
    """
    return json.loads(json.dumps(content, allow_nan=False))
