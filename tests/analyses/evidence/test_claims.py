import math
from typing import Any

import pytest
import torch

from analyses.evidence import claims
from analyses.evidence.claims import UNTRAINED, Claim, Control, Findings, Measurement
from analyses.evidence.findings import ClaimsDoNotStand, Finding
from analyses.instruments.statistics import Interval
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.records import control, finding


def claim(measured: Measurement, controlled: Measurement, **change: Any) -> Claim:
    """A claim whose measurements are given: of the model (it has a checksum), of the control."""
    fields: dict[str, Any] = {
        "name": "sorts",
        "sentence": "The model sorts lists.",
        "quantity": "share of correct predictions",
        "unit": "",
        "evidence": "exhaustive",
        "comparison": "at least",
        "threshold": 0.5,
        "measure": lambda problem: measured if problem.sha256 else controlled,
    }
    return Claim(**fields | change)


def values(model: float, control: float) -> tuple[Measurement, Measurement]:
    return Measurement(model, 10), Measurement(control, 10)


@pytest.mark.parametrize(
    ("comparison", "model", "control", "refuted", "verdict"),
    [
        ("at least", 0.6, 0.1, False, "holds"),
        ("at least", 0.5, 0.1, False, "holds"),
        ("at least", 0.4, 0.1, False, "fails"),
        ("at least", 0.4, 0.9, False, "fails"),
        ("at least", 0.6, 0.5, False, "empty"),
        ("at least", 0.4, 0.1, True, "refuted"),
        ("at least", 0.4, 0.9, True, "refuted"),
        ("at least", 0.6, 0.1, True, "fails"),
        ("at most", 0.4, 0.9, False, "holds"),
        ("at most", 0.5, 0.9, False, "holds"),
        ("at most", 0.6, 0.9, False, "fails"),
        ("at most", 0.4, 0.5, False, "empty"),
        ("at most", 0.6, 0.9, True, "refuted"),
        ("at most", 0.4, 0.9, True, "fails"),
        # What is no number is neither large nor small, and refutes nothing.
        ("at least", math.nan, 0.1, False, "fails"),
        ("at least", math.nan, 0.1, True, "fails"),
        ("at least", math.inf, 0.1, False, "fails"),
        ("at least", 0.6, math.nan, False, "empty"),
        ("at most", 0.4, math.inf, False, "empty"),
    ],
)
def test_the_verdict(
    problem: Problem[SortedList],
    comparison: str,
    model: float,
    control: float,
    refuted: bool,
    verdict: str,
) -> None:
    stated = claim(*values(model, control), comparison=comparison, refuted=refuted)
    found = stated.check(problem)
    assert found.verdict == verdict
    assert (found.value, found.controls[0].value, found.n) == (model, control, 10)


@pytest.mark.parametrize(
    ("comparison", "interval", "satisfied"),
    [
        ("at least", (0.5, 0.9), True),
        ("at least", (0.49, 0.9), False),
        ("at most", (0.1, 0.5), True),
        ("at most", (0.1, 0.51), False),
    ],
)
def test_of_a_sample_the_whole_interval_must_satisfy(
    comparison: str, interval: tuple[float, float], satisfied: bool
) -> None:
    stated = claim(*values(0.0, 0.0), comparison=comparison)
    middle = 0.7 if comparison == "at least" else 0.3
    assert stated.satisfied_by(Measurement(middle, 10)) is True
    assert stated.satisfied_by(Measurement(middle, 10, Interval(*interval))) is satisfied


def test_a_control_whose_interval_straddles_the_threshold_does_not_satisfy(
    problem: Problem[SortedList],
) -> None:
    wide = Measurement(0.6, 5, Interval(0.2, 0.9))
    assert claim(Measurement(0.9, 10), wide).check(problem).verdict == "holds"


def test_a_sampled_claim_needs_an_interval(
    problem: Problem[SortedList],
) -> None:
    stated = claim(*values(0.9, 0.1), evidence="sampled")
    with pytest.raises(ValueError, match="claim 'sorts' is sampled, but .* no interval"):
        stated.check(problem)


def test_a_control_of_its_own_is_measured_on_the_same_model(
    problem: Problem[SortedList],
) -> None:
    control = Control(
        "random lists",
        measure=lambda measured: Measurement(0.1 if measured is problem else 0.7, 3),
    )
    found = claim(*values(0.9, 0.8), controls=(control,)).check(problem)
    assert [(c.what, c.value) for c in found.controls] == [("random lists", 0.1)]
    assert found.verdict == "holds"


@pytest.mark.parametrize("fooled", [0, 1, None])
def test_one_control_that_satisfies_it_empties_a_claim(
    fooled: int | None, problem: Problem[SortedList]
) -> None:
    gave = [0.7 if n == fooled else 0.2 for n in range(2)]
    controls = tuple(
        Control(f"control {n}", measure=lambda _, value=value: Measurement(value, 3))
        for n, value in enumerate(gave)
    )
    found = claim(*values(0.9, 0.0), controls=controls).check(problem)
    assert [control.value for control in found.controls] == gave
    assert [control.satisfies for control in found.controls] == [n == fooled for n in range(2)]
    assert found.verdict == ("holds" if fooled is None else "empty")
    complaint = found.complaint() or ""
    assert (f"(control {fooled}) measures 0.7" in complaint) == (fooled is not None)


def test_a_claim_without_a_control_is_none() -> None:
    with pytest.raises(ValueError, match="claim 'sorts' has no control"):
        claim(*values(0.9, 0.1), controls=())


@pytest.mark.parametrize("both", [True, False])
def test_a_control_is_another_model_or_another_measurement(both: bool) -> None:
    with pytest.raises(ValueError, match="control 'x' needs another model, or another measurement"):
        measure = (lambda problem: Measurement(0.0, 1)) if both else None
        Control("x", model=UNTRAINED.model if both else None, measure=measure)


def test_predictions_of_one_sequence_count_for_less_the_more_they_agree() -> None:
    generator = torch.Generator().manual_seed(0)
    alone = torch.rand(200, 10, generator=generator) < 0.8
    together = (torch.rand(200, 1, generator=generator) < 0.8).expand(200, 10)
    widths = []
    for correct in (alone, together):
        measured = Measurement.clustered(correct)
        assert measured.interval is not None
        assert measured.n == 200
        assert measured.value == pytest.approx(float(correct.double().mean()))
        widths.append(measured.interval.high - measured.interval.low)
    # As many trials as predictions, and as many as sequences.
    assert widths[0] == pytest.approx(2 * 1.96 * math.sqrt(0.8 * 0.2 / 2000), rel=0.2)
    assert widths[1] == pytest.approx(2 * 1.96 * math.sqrt(0.8 * 0.2 / 200), rel=0.2)


def test_only_the_predictions_that_are_asked_about_count() -> None:
    correct = torch.tensor([[True, False], [True, True], [False, False]] * 20)
    asked = torch.tensor([[True, False], [True, True], [False, False]] * 20)
    measured = Measurement.clustered(correct, asked)
    assert (measured.value, measured.n) == (1.0, 40)
    assert measured.interval is not None and measured.interval.low == pytest.approx(0.912, abs=1e-3)
    assert Measurement.clustered(correct, torch.zeros_like(asked)) == Measurement.share([])


def test_a_share_has_wilsons_interval() -> None:
    measured = Measurement.share([True] * 15 + [False] * 133)
    assert measured.value == pytest.approx(15 / 148)
    assert measured.n == 148
    assert measured.interval == pytest.approx((0.0624, 0.1605), abs=5e-5)


def test_of_no_cases_nothing_is_known() -> None:
    measured = Measurement.share([])
    assert measured == Measurement(0.0, 0, Interval(0.0, 1.0))
    for comparison in ("at least", "at most"):
        assert not claim(measured, measured, comparison=comparison).satisfied_by(measured)


def test_a_mean_has_a_normal_interval() -> None:
    measured = Measurement.mean([0.0, 2.0] * 18)
    assert (measured.value, measured.n) == (1.0, 36)
    assert measured.interval == pytest.approx((0.66870, 1.33130), abs=1e-4)


def test_the_control_is_an_untrained_model_of_a_fixed_seed(problem: Problem[SortedList]) -> None:
    seen: list[Problem[SortedList]] = []

    def measure(measured: Problem[SortedList]) -> Measurement:
        seen.append(measured)
        return Measurement(0.9 if measured is problem else 0.1, 1)

    found = Findings.of([claim(*values(0.0, 0.0), measure=measure)], problem)
    assert found["sorts"].verdict == "holds"
    model, control = seen
    assert model is problem
    assert control.sha256 is None
    assert control.architecture == problem.architecture
    expected = problem.untrained(claims.CONTROL_SEED).weights["embed.W_E"]
    assert control.weights["embed.W_E"].equal(expected)


def test_findings_are_looked_up_by_name() -> None:
    found = Findings((finding(), finding(name="is_sure")))
    assert found["is_sure"].name == "is_sure"
    with pytest.raises(KeyError, match="no claim is called 'sort'; known: sorts, is_sure"):
        found["sort"]


def test_a_failing_claim_says_what_was_measured_and_what_stated() -> None:
    text = finding(verdict="fails", value=0.85123, interval=(0.84, 0.86)).complaint()
    assert text is not None
    assert text.startswith(
        "claim 'sorts' does not stand: share of correct predictions is 0.85123 "
        "(interval (0.84, 0.86), n = 1000), stated: at least 0.9."
    )
    assert "Train a better model, or say openly whether it is refuted" in text


def test_an_empty_claim_says_what_the_control_measures() -> None:
    text = finding(verdict="empty", controls=[control(value=0.93, satisfies=True)]).complaint()
    assert text == (
        "claim 'sorts' says nothing about the model: the control (untrained model of the same "
        "shape) measures 0.93, which satisfies at least 0.9 too. Measure what tells the two apart."
    )


def test_all_complaints_are_raised_together() -> None:
    good = (finding(), finding(name="is_sure", verdict="refuted"))
    Findings(good).raise_for_complaints()
    assert Findings(good).complaints == []
    fooled = [control(satisfies=True)]
    empty = finding(name="two", verdict="empty", controls=fooled)
    bad = (*good, finding(name="one", verdict="fails"), empty)
    with pytest.raises(ClaimsDoNotStand, match=r"'one' does not stand.*\n.*'two' says nothing"):
        Findings(bad).raise_for_complaints()


def test_a_finding_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValueError, match="verdict"):
        finding(verdict="perhaps")
    with pytest.raises(ValueError, match="colour"):
        finding(colour="red")
    assert Finding.model_validate_json(finding().model_dump_json()) == finding()


def test_a_correlation_is_sampled_with_its_interval() -> None:
    x = [float(i) for i in range(40)]
    y = [value + (-1) ** i for i, value in enumerate(x)]
    found = Measurement.correlation(x, y)
    assert found.n == 40
    assert found.interval is not None
    assert 0.99 < found.interval.low < found.value < found.interval.high < 1
    assert Measurement.correlation(x, [3.0] * 40).value == 0
