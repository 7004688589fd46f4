"""Certificates: what they say, and whose."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from analyses import verify
from analyses.certificate import CertificateError
from analyses.cumulative_sum import certificate
from analyses.cumulative_sum.brute_force import judge
from models import checkpoint
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem
from tests.problems.cumulative_sum.hand_made import random_problem


@pytest.fixture(scope="module")
def derived(problem: Problem[CumulativeSum]) -> certificate.Certificate:
    """The certificate of the committed weights, all 600,900,300 cases derived anew."""
    return certificate.derive(problem)


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
    assert sum(found.cases for found in derived.brute_force) == sum(11**n for n in range(1, 7))


def test_brute_force_agrees_exactly(derived: certificate.Certificate) -> None:
    """Also with the proof by sums, wherever both have something to say."""
    assert derived.differing == 0
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
    assert weaker.level == "exhaustively executed in float64"
    assert weaker.multisets[3].proved == 11**4 - 1


@pytest.mark.parametrize("seed", range(3))
def test_a_random_model_is_judged_as_by_brute_force(small: CumulativeSum, seed: int) -> None:
    """Uniform attention, but mostly wrong answers: every sequence is counted."""
    problem = random_problem(small, seed, attention=0.0)
    found = certificate.derive(problem)
    judged = judge(problem, small.length)
    assert found.refused is None
    assert tuple(position.wrong_sequences for position in found.positions) == judged.wrong
    assert found.wrong_sequences == sum(judged.wrong) > 0
    assert found.differing == judged.differing == 0
    assert found.level == "exhaustively executed in float64"
    assert found.margin_to_error < 0


def test_a_model_whose_attention_is_not_uniform_is_refused_and_told_why(
    small: CumulativeSum,
) -> None:
    problem = random_problem(small, 0, attention=0.3)
    reason = certificate.refusal(problem)
    assert reason is not None
    assert reason.startswith("attention is not uniform: a probability may be as far as ")
    assert "depends on the order of the tokens" in reason
    found = certificate.derive(problem)
    assert found.refused == reason
    assert found.level != "proved"
    assert found.margin_to_error == 0
    assert [length.proved for length in found.multisets + found.sums] == [0] * 8
    # Brute force needs no uniform attention.
    assert sum(length.proved for length in found.brute_force) > 0


class TestStored:
    """Reading what was stored before."""

    def test_it_is_read_back(
        self, problem: Problem[CumulativeSum], derived: certificate.Certificate, tmp_path: Path
    ) -> None:
        certificate.KEEPER.write(derived, tmp_path / "certificate.json")
        assert certificate.KEEPER.read(problem, tmp_path / "certificate.json") == derived
        assert [path.name for path in tmp_path.iterdir()] == ["certificate.json"]

    @pytest.mark.parametrize(
        ("key", "message"),
        [("weights_sha256", "a certificate of other weights"), ("code_sha256", "of other code")],
    )
    def test_one_of_something_else_is_refused(
        self, problem: Problem[CumulativeSum], tmp_path: Path, key: str, message: str
    ) -> None:
        path = tmp_path / "certificate.json"
        stored = json.loads(certificate.KEEPER.path.read_text())
        path.write_text(json.dumps(stored | {key: "0" * 64}))
        with pytest.raises(CertificateError, match=f"{message}.*nox -s verify -- cumulative_sum"):
            certificate.KEEPER.read(problem, path)

    def test_a_single_changed_weight_is_another_model(
        self, problem: Problem[CumulativeSum]
    ) -> None:
        weights = {name: tensor.clone() for name, tensor in problem.weights.items()}
        weights["blocks.0.mlp.W_in"][3, 2] += 1e-6
        with pytest.raises(CertificateError, match="of other weights"):
            certificate.KEEPER.read(problem.with_weights(weights))

    @pytest.mark.parametrize("content", [None, "{", '{"slug": "cumulative_sum"}'])
    def test_a_missing_or_malformed_one_is_refused(
        self, problem: Problem[CumulativeSum], tmp_path: Path, content: str | None
    ) -> None:
        path = tmp_path / "certificate.json"
        if content is not None:
            path.write_text(content)
        with pytest.raises(CertificateError, match="is (missing|malformed)"):
            certificate.KEEPER.read(problem, path)

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

    def test_a_model_that_the_proof_is_not_for_leaves_the_stored_one_alone(
        self,
        untrained: Problem[CumulativeSum],
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        before = certificate.KEEPER.path.read_bytes()
        path = tmp_path / "untrained.safetensors"
        checkpoint.write(untrained.weights, path)
        assert verify.main(["cumulative_sum", "--checkpoint", str(path)]) == 1
        assert "refused: attention is not uniform" in capsys.readouterr().err
        assert certificate.KEEPER.path.read_bytes() == before

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
        assert "wrong: 0 of 672,749,994,932,560,009,201 sequences of 20 values" in shown
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
