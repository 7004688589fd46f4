"""Certificates: what they say, and whose."""

from dataclasses import replace
from pathlib import Path

import pytest

from analyses.cumulative_sum import certificate
from analyses.cumulative_sum.bounds import errors
from analyses.cumulative_sum.brute_force import judge
from analyses.cumulative_sum.enumeration import enumerate_cases
from analyses.cumulative_sum.formula import formula
from analyses.cumulative_sum.straying import straying
from analyses.cumulative_sum.uniform import uniform
from analyses.cumulative_sum.weight_decay import trained
from analyses.evidence import verify
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem
from tests.problems.cumulative_sum.hand_made import random_problem


@pytest.fixture(scope="module")
def derived(problem: Problem[CumulativeSum]) -> certificate.Certificate:
    """The certificate of the committed weights, all 600,900,300 cases derived anew."""
    return certificate.KEEPER.derive(problem)


def test_the_committed_certificate_is_what_is_derived_anew(
    problem: Problem[CumulativeSum], derived: certificate.Certificate
) -> None:
    stored = certificate.KEEPER.read(problem).model_dump()
    found = derived.model_dump()
    for timed in (stored, found):
        del timed["seconds"], timed["device"], timed["threads"], timed["peak_share"]
    # Another machine may round otherwise, by what the certificate itself says that rounding is.
    for before, now in zip(stored["positions"], found["positions"], strict=True):
        rounding = 2 * before["error_float64"]
        for hard_before, hard in zip(before["hardest"], now["hardest"], strict=True):
            assert hard.pop("margin") == pytest.approx(hard_before.pop("margin"), abs=rounding)
        for name in ("error", "error_attention", "error_float32", "error_float64"):
            assert now.pop(name) == pytest.approx(before.pop(name), rel=1e-6)
    assert found == stored


def test_it_speaks_of_every_sequence(derived: certificate.Certificate) -> None:
    assert [found.sequences for found in derived.positions] == [11**n for n in range(1, 21)]
    assert derived.cases == 600_900_300
    assert sum(found.cases for found in derived.sums) == 21_120
    assert sum(found.cases for found in derived.brute_force) == sum(11**n for n in range(1, 5))


def test_brute_force_agrees_exactly(derived: certificate.Certificate) -> None:
    """Also with the proof by sums, wherever both have something to say."""
    assert derived.apart < 0.1
    for judged, enumerated, sums in zip(
        derived.brute_force, derived.multisets, derived.sums, strict=False
    ):
        assert judged.proved == enumerated.proved
        assert judged.proved >= sums.proved


def test_proved_means_that_every_margin_is_above_its_error(
    derived: certificate.Certificate,
) -> None:
    assert derived.level == "proved"
    for found in derived.positions:
        assert found.smallest_margin > found.error
        assert found.error == pytest.approx(
            found.error_float64 + max(found.error_attention, found.error_float32)
        )
    worst = min(found.smallest_margin / found.error for found in derived.positions)
    assert derived.margin_to_error == worst
    # One sequence that is not proved takes the word away.
    position = derived.positions[3].model_copy(update={"unproved_sequences": 1})
    positions = (*derived.positions[:3], position, *derived.positions[4:])
    weaker = derived.model_copy(update={"positions": positions})
    assert (weaker.level, weaker.unproved_sequences) == ("not proved", 1)
    assert weaker.multisets[3].proved == 11**4 - 1


def test_636_cases_are_enough(derived: certificate.Certificate) -> None:
    assert sum(found.cases for found in derived.signs) == 636
    assert all(found.share == 1 for found in derived.signs)


@pytest.mark.parametrize("seed", range(3))
def test_a_random_model_is_judged_as_by_brute_force(small: CumulativeSum, seed: int) -> None:
    """Uniform attention, but mostly wrong answers: every sequence is counted."""
    problem = random_problem(small, seed, attention=0.0)
    found = certificate.KEEPER.derive(problem)
    judged = judge(problem, formula(problem), small.length)
    assert tuple(position.wrong_sequences for position in found.positions) == judged.wrong
    assert found.wrong_sequences == sum(judged.wrong) > 0
    assert max(found.apart, judged.apart) <= 1
    assert found.level == "not proved"
    assert found.margin_to_error < 0


@pytest.mark.parametrize("attention", [0.02, 0.3, 3.0])
@pytest.mark.parametrize("seed", range(2))
def test_what_is_proved_of_any_model_is_right(
    small: CumulativeSum, seed: int, attention: float
) -> None:
    """No model is refused: of one that attends to some more than to others as much is proved as
    its bounds allow, which is no more than what is so.
    """
    problem = random_problem(small, seed, attention)
    found = certificate.KEEPER.derive(problem)
    right = [tally.proved for tally in found.brute_force]
    for tallies in (found.multisets, found.sums, found.signs):
        assert all(tally.proved <= most for tally, most in zip(tallies, right, strict=True))
    assert found.level == "not proved"
    assert found.apart <= 1
    if attention < 0.1:
        assert sum(tally.proved for tally in found.multisets) > 0


def test_attention_that_depends_on_tokens_can_be_proved(
    problem: Problem[CumulativeSum], small: CumulativeSum
) -> None:
    """The weights of the write-up's model trained with less decay, on sequences of up to five."""
    trained_less = trained(problem, 0.003, 0)
    short = replace(trained_less, task=CumulativeSum(length=5))
    found = certificate.KEEPER.derive(short)
    assert found.level == "proved"
    assert found.by_token
    uniform_only = enumerate_cases(
        uniform(short), short.task, errors=errors(short).total, threads=1
    )
    assert sum(p.unproved_sequences for p in uniform_only.positions) > 0
    assert found.apart <= 1


def test_where_the_enumeration_does_not_close_sequences_are_looked_at_more_closely(
    problem: Problem[CumulativeSum],
) -> None:
    """Attention that knows positions, which no enumeration by tokens takes into account."""
    strays = straying(problem, "position", 0.004, 1)
    found = certificate.KEEPER.derive(replace(strays, task=CumulativeSum(length=7)))
    last = found.positions[-1]
    assert last.unproved_sequences > 0
    assert last.closer is not None
    assert last.closer.unproved_sequences == last.unproved == 0
    assert last.margin_to_error == last.closer.margin_to_error > 1
    assert found.positions[0].closer is None
    assert (found.level, found.unproved_sequences) == ("proved", 0)
    # The enumeration's own tally stays what it was.
    assert found.multisets[-1].proved == 11**7 - last.unproved_sequences


class TestStored:
    """Reading what was stored before."""

    def test_it_is_read_back(
        self, problem: Problem[CumulativeSum], derived: certificate.Certificate, tmp_path: Path
    ) -> None:
        certificate.KEEPER.write(derived, tmp_path / "certificate.json")
        assert certificate.KEEPER.read(problem, tmp_path / "certificate.json") == derived
        assert [path.name for path in tmp_path.iterdir()] == ["certificate.json"]

    def test_the_pages_of_the_committed_model_use_it(self, problem: Problem[CumulativeSum]) -> None:
        def derive(*_: object) -> certificate.Certificate:
            raise AssertionError("derived anew")

        keeper = replace(certificate.KEEPER, derive=derive)
        assert keeper.of(problem) == certificate.KEEPER.read(problem)


class TestCommand:
    """`nox -s verify -- SLUG` runs it."""

    def test_a_problem_without_a_proof_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert verify.main(["no_such_problem"]) == 1
        expected = "'no_such_problem' has nothing to verify; these have: cumulative_sum, "
        expected += "sorted_list.\n"
        assert capsys.readouterr().err == expected

    def test_the_verdict_is_reported_and_stored(
        self,
        derived: certificate.Certificate,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        path = tmp_path / "certificate.json"
        monkeypatch.setattr(certificate, "derive", lambda *_: derived)
        monkeypatch.setattr(certificate, "KEEPER", replace(certificate.KEEPER, path=path))
        monkeypatch.chdir(tmp_path)
        assert verify.main(["cumulative_sum"]) == 0
        assert certificate.KEEPER.kind.model_validate_json(path.read_text()) == derived
        shown = capsys.readouterr().out
        assert f"Stored: {path}" in shown
        assert "600,900,300 cases" in shown
        assert (
            "wrong, as enumerated: 0 of 672,749,994,932,560,009,201 sequences of 20 values" in shown
        )
        assert "evidence: proved" in shown

    def test_what_is_committed_is_left_alone_if_only_the_time_differs(
        self,
        derived: certificate.Certificate,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        path = tmp_path / "certificate.json"
        certificate.KEEPER.write(derived, path)
        before = path.read_bytes()
        slower = {"seconds": 2 * derived.seconds, "threads": 16, "peak_share": None}
        again = derived.model_copy(update=slower)
        monkeypatch.setattr(certificate, "derive", lambda *_: again)
        monkeypatch.setattr(certificate, "KEEPER", replace(certificate.KEEPER, path=path))
        monkeypatch.chdir(tmp_path)
        assert verify.main(["cumulative_sum"]) == 0
        assert f"As committed, but for the time that it took; left as it is: {path}" in (
            capsys.readouterr().out
        )
        assert path.read_bytes() == before
