import re
from pathlib import Path
from typing import Any

import pytest

from analyses.results import Results, ResultsError
from tests.analyses.records import finding, number, results


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
        (with_loss(tolerance=0.1), r"loss: unit, tolerance or digits differ: .*"),
        (with_loss(digits=4), r"loss: unit, tolerance or digits differ: .*"),
        (results(numbers={"loss": number()}), r"lists: no longer recorded"),
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
            results(claims=[finding(control_value=0.03)]),
            r"claim sorts: control_value was 0\.02, is 0\.03",
        ),
        (results(claims=[finding(n=999)]), r"claim sorts: n was 1000, is 999"),
        (results(claims=[finding(threshold=0.8)]), r"claim sorts: threshold was 0\.9, is 0\.8"),
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
        results(claims=[finding(value=0.9515, interval=(0.9415, 0.9615), control_value=0.0215)]),
    ],
)
def test_what_is_within_tolerance_is_no_drift(now: Results) -> None:
    assert now.drift_from(results()) == []


def test_the_tolerance_of_a_claim_grows_with_its_value() -> None:
    committed = results(claims=[finding(value=500.0, interval=None)])
    assert not results(claims=[finding(value=500.9, interval=None)]).drift_from(committed)
    assert results(claims=[finding(value=501.1, interval=None)]).drift_from(committed)


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
    ],
)
def test_how_prose_shows_a_number(value: float, unit: str, digits: int, text: str) -> None:
    assert number(value=value, unit=unit, digits=digits).text() == text


@pytest.mark.parametrize("name", ["Loss", "2nd", "the loss", "", "_loss"])
def test_the_name_of_a_number_is_lower_case_words(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        number(name=name)
