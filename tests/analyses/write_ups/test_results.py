import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.write_ups.results import Number, Results, ResultsError, unit_shown, usual_tolerance
from tests.analyses.records import agreement, control, explained, finding, number, results


def count(value: float) -> Number:
    return number(name="lists", value=value, unit="", tolerance=0.0, digits=0)


def with_loss(**change: Any) -> Results:
    loss = number(**change)
    return results(numbers=results().numbers | {"loss": loss})


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (
            with_loss(value=0.5021),
            r"loss: committed 0\.5, now 0\.5021 nats \(off by 0\.0021, tolerance 0\.001\)",
        ),
        (with_loss(value=0.4989), r"loss: committed 0\.5, now 0\.4989 nats \(off by 0\.0011, .*"),
        (with_loss(value=float("nan")), r"loss: committed 0\.5, now nan nats .*"),
        (with_loss(unit="bits"), r"loss: unit, tolerance or digits differ: .*'nats'.*'bits'.*"),
        (with_loss(tolerance=0.002), r"loss: unit, tolerance or digits differ: .*"),
        (with_loss(digits=2), r"loss: unit, tolerance or digits differ: .*"),
        (with_loss(value=float("inf")), r"loss: committed 0\.5, now inf nats .*"),
        (results(numbers={"loss": number()}), r"lists: no longer recorded"),
        (
            results(numbers=results().numbers | {"lists": count(501.0)}),
            r"lists: committed 500, now 501  \(off by 1, tolerance 0\)",
        ),
        (
            results(numbers=results().numbers | {"accuracy": number(name="accuracy")}),
            r"accuracy: not committed",
        ),
        (
            results(facts={"dearest_head": "head 0.0"}),
            r"dearest_head: committed 'head 0\.1', now 'head 0\.0'",
        ),
        (results(facts={}), r"dearest_head: committed 'head 0\.1', now None"),
        (
            results(facts=results().facts | {"z_wins_at": "13"}),
            r"z_wins_at: committed None, now '13'",
        ),
        (results(checkpoint_sha256="e" * 64), rf"checkpoint_sha256: committed c+, now {'e' * 64}"),
        (results(data_sha256="e" * 64), r"data_sha256: committed d+, now e+"),
        (results(claims=[finding(value=0.953)]), r"claim sorts: value was 0\.95, is 0\.953"),
        (
            results(claims=[finding(interval=(0.94, 0.97))]),
            r"claim sorts: interval was \(0\.94, 0\.96\), is \(0\.94, 0\.97\)",
        ),
        (
            results(claims=[finding(interval=None)]),
            r"claim sorts: interval was \(0\.94, 0\.96\), is None",
        ),
        (
            results(claims=[finding(controls=[control(value=0.03)])]),
            r"claim sorts: controls was .*0\.02.*, is .*0\.03.*",
        ),
        (results(claims=[finding(n=999)]), r"claim sorts: n was 1000, is 999"),
        (results(explanations=[]), r"explanation in_words: no longer made"),
        (
            results(explanations=[explained(bits=1240)]),
            r"explanation in_words: bits was 1234, is 1240",
        ),
        (
            results(explanations=[explained(mistakes=agreement(n=42))]),
            r"explanation in_words: mistakes was .* is .*42.*",
        ),
        (
            results(explanations=[explained(agreements=[agreement(share=0.752)])]),
            r"explanation in_words: agreements was .* is .*",
        ),
        (results(claims=[finding(threshold=0.8)]), r"claim sorts: threshold was 0\.9, is 0\.8"),
        (
            results(claims=[finding(threshold=0.9001)]),
            r"claim sorts: threshold was 0\.9, is 0\.9001",
        ),
        (
            results(claims=[finding(comparison="at most")]),
            r"claim sorts: comparison was 'at least', is 'at most'",
        ),
        (
            results(claims=[finding(evidence="exhaustive")]),
            r"claim sorts: evidence was 'sampled', is 'exhaustive'",
        ),
        (results(claims=[finding(value=math.nan)]), r"claim sorts: value was 0\.95, is nan"),
        (
            results(claims=[finding(interval=(0.94, math.inf))]),
            r"claim sorts: interval was \(0\.94, 0\.96\), is \(0\.94, inf\)",
        ),
        (
            results(claims=[finding(sentence="It sorts.")]),
            r"claim sorts: sentence was 'The model sorts lists\.', is 'It sorts\.'",
        ),
        (
            results(claims=[finding(verdict="refuted")]),
            r"claim sorts: verdict was 'holds', is 'refuted'",
        ),
        (results(claims=[]), r"claim sorts: no longer made"),
        (results(claims=[finding(), finding(name="new")]), r"claim new: not committed"),
    ],
)
def test_what_drifted_is_said_in_one_line(now: Results, line: str) -> None:
    (drifted,) = now.drift_from(results())
    assert re.fullmatch(line, drifted)


@pytest.mark.parametrize(
    "now",
    [
        results(),
        with_loss(value=0.5009),
        with_loss(value=0.4991),
        # Another machine, another day.
        results(device="cuda", date="2027-01-01"),
        results(
            claims=[
                finding(value=0.9515, interval=(0.9415, 0.9615), controls=[control(value=0.02003)])
            ]
        ),
    ],
)
def test_what_is_within_tolerance_is_no_drift(now: Results) -> None:
    assert now.drift_from(results()) == []


SIZES = st.floats(1e-3, 1e6) | st.floats(-1e6, -1e-3)


def controlled(value: float) -> dict[str, Any]:
    return {"controls": [control(value=value)]}


@given(
    st.sampled_from([lambda value: {"value": value}, controlled]), SIZES, st.floats(-0.0019, 0.0019)
)
def test_what_a_claim_measures_may_move_by_a_share_of_itself(
    measured: Callable[[float], dict[str, Any]], value: float, share: float
) -> None:
    committed = results(claims=[finding(**measured(value))])
    assert not results(claims=[finding(**measured(value * (1 + share)))]).drift_from(committed)
    off = math.copysign(0.0031, share)
    assert results(claims=[finding(**measured(value * (1 + off)))]).drift_from(committed)


@given(st.floats(-1e-6, 1e-6))
def test_what_rounding_leaves_of_zero_is_no_drift(left: float) -> None:
    for committed in (0.0, 3e-12):
        before = results(claims=[finding(value=committed, interval=(committed, committed))])
        after = results(claims=[finding(value=left, interval=(left, committed))])
        # Hypothesis tries the ends too, which what is committed is not far from.
        assert not after.drift_from(before)


@given(st.floats(min_value=1e-9, allow_infinity=False), st.floats(1e-9, 10))
def test_a_threshold_may_not_move_at_all(threshold: float, factor: float) -> None:
    moved = threshold * factor
    drifted = results(claims=[finding(threshold=moved)]).drift_from(
        results(claims=[finding(threshold=threshold)])
    )
    assert bool(drifted) is (moved != threshold)


@pytest.mark.parametrize("undefined", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_drifts_even_from_itself(undefined: float) -> None:
    for never in (
        with_loss(value=undefined),
        results(claims=[finding(value=undefined)]),
        results(claims=[finding(controls=[control(value=undefined)])]),
        results(claims=[finding(interval=(0.9, undefined))]),
    ):
        assert len(never.drift_from(never)) == 1


def test_numbers_that_are_not_finite_are_named() -> None:
    assert results().undefined() == []
    assert with_loss(value=math.nan).undefined() == ["loss is nan nats"]


@pytest.mark.parametrize("undefined", [math.nan, math.inf])
@pytest.mark.parametrize("verdict", ["holds", "refuted"])
def test_a_claim_does_not_stand_on_what_is_no_number(undefined: float, verdict: str) -> None:
    assert finding(verdict=verdict).complaint() is None
    value = finding(verdict=verdict, value=undefined).complaint() or ""
    assert re.match(r"claim 'sorts' does not stand: share of .* is (nan|inf) .* no number", value)
    assert finding(verdict=verdict, interval=(undefined, 0.96)).complaint()
    fooled = finding(verdict=verdict, controls=[control(), control(value=undefined)]).complaint()
    assert re.match(
        r"claim 'sorts' says nothing .* measures (nan|inf), which is no n", fooled or ""
    )


UNITS = st.sampled_from(["", "share", "nats", "logits"])


@given(UNITS, st.integers(0, 8), st.floats(0, 5), st.floats())
def test_a_tolerance_of_a_few_units_of_what_is_shown_is_fine(
    unit: str, digits: int, units: float, value: float
) -> None:
    tolerance = units * unit_shown(unit, digits)
    made = number(unit=unit, digits=digits, tolerance=tolerance, value=value)
    assert made.tolerance == tolerance
    assert number(unit=unit, digits=digits, tolerance=usual_tolerance(unit, digits))


@given(UNITS, st.integers(0, 8), st.floats(5.01))
def test_a_tolerance_that_hides_what_is_shown_is_refused(
    unit: str, digits: int, units: float
) -> None:
    with pytest.raises(ValueError, match="the tolerance of loss is .*; show fewer"):
        number(unit=unit, digits=digits, tolerance=units * unit_shown(unit, digits))


def test_a_tolerance_that_hides_what_is_shown_says_what_is_allowed() -> None:
    with pytest.raises(ValueError) as error:
        number(tolerance=1e12)
    assert (
        "the tolerance of loss is 1e+12, at most 0.005 is allowed with 3 decimals shown; show "
        "fewer (digits), or compute it so that machines agree"
    ) in str(error.value)


def test_everything_that_drifted_is_named() -> None:
    now = results(
        data_sha256="e" * 64,
        numbers={"loss": number(value=1.0), "lists": number(name="lists")},
        facts={},
        claims=[finding(value=0.5, n=7)],
    )
    names = [line.split(":")[0] for line in now.drift_from(results())]
    assert names == ["data_sha256", "lists", "loss", "dearest_head", "claim sorts", "claim sorts"]


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    odd = results(facts={"odd": "0–9 < 'ten' & \N{MINUS SIGN}1"})
    odd.write(path)
    assert Results.read(path) == odd
    written = path.read_text(encoding="utf-8")
    assert "0–9" in written
    assert written.endswith("}\n")
    Results.read(path).write(path)
    assert path.read_text(encoding="utf-8") == written


def test_missing_results_say_how_to_write_them(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    with pytest.raises(ResultsError, match=r"results\.json is missing; write it with --update"):
        Results.read(path)


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"slug"', '"slog"', "slug"),
        ('"value": 0.5,', '"value": "half",', "loss.value"),
        ('"tolerance": 0.001', '"tolerance": -1', "loss.tolerance"),
        ('"verdict": "holds"', '"verdict": "maybe"', "claims.0.verdict"),
        ("{", "", "Invalid JSON"),
    ],
)
def test_malformed_results_are_named(tmp_path: Path, before: str, after: str, fault: str) -> None:
    path = tmp_path / "results.json"
    results().write(path)
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(ResultsError, match=r"results\.json is malformed") as error:
        Results.read(path)
    assert fault in str(error.value)
    assert "write it anew with --update" in str(error.value)


@pytest.mark.parametrize(
    ("value", "unit", "digits", "text"),
    [
        (0.0123456, "nats", 3, "0.012"),
        (-0.0123456, "logits", 2, "\N{MINUS SIGN}0.01"),
        (0.99842, "share", 2, "99.84 %"),
        (1.0, "share", 0, "100 %"),
        (10000.0, "", 0, "10,000"),
        (3e-12, "probability", 7, "less than 1e-7"),
        (0.0, "logits", 3, "less than 0.001"),
        (-0.0004, "logits", 3, "less than 0.001 in size"),
        (0.0004, "share", 1, "less than 0.1 %"),
        (0.0006, "share", 1, "0.1 %"),
        # Of so many cases none, which is what was counted.
        (0.0, "share", 1, "0.0 %"),
        (0.0, "", 0, "0"),
    ],
)
def test_how_prose_shows_a_number(value: float, unit: str, digits: int, text: str) -> None:
    assert number(value=value, unit=unit, digits=digits, tolerance=0.0).text() == text


@pytest.mark.parametrize("name", ["Loss", "2nd", "the loss", "", "_loss"])
def test_the_name_of_a_number_is_lower_case_words(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        number(name=name)
