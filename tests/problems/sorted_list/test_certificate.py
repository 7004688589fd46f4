import json
from dataclasses import replace
from math import comb, factorial
from pathlib import Path

import numpy as np
import pytest

from analyses.evidence import verify
from analyses.evidence.certificate import CertificateError, Tally
from analyses.sorted_list import branching, certificate
from analyses.sorted_list.cases import roots
from analyses.sorted_list.certificate import Certificate, Level
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.problems.sorted_list.small import THREE, random_problem


@pytest.fixture(scope="module")
def committed(problem: Problem[SortedList]) -> Certificate:
    return certificate.KEEPER.read(problem)


def test_at_least_98_percent_of_all_answers_are_proved(committed: Certificate) -> None:
    assert committed.finest.share >= 0.98
    assert committed.finest.all_right >= 0.95


def test_every_level_counts_all_lists_at_every_label(committed: Certificate) -> None:
    assert committed.orders == factorial(10)
    assert [level.smallest for level in committed.levels] == list(branching.SMALLEST)
    for level in committed.levels:
        assert [label.inputs for label in level.labels] == [comb(51, 10)] * 10
    assert committed.levels[0].cases == 8169


def test_finer_cases_are_more_and_prove_more(committed: Certificate) -> None:
    for coarse, fine in zip(committed.levels, committed.levels[1:], strict=False):
        for a, b in zip(coarse.labels, fine.labels, strict=True):
            assert a.cases <= b.cases
            assert a.proved <= b.proved


def test_a_part_that_is_derived_anew_fits(
    problem: Problem[SortedList], committed: Certificate
) -> None:
    part = [case for case in roots(problem.task) if case.label == 9 and case.answer == 50]
    levels = np.array(branching.SMALLEST[:3])
    found = branching._halve(branching.tables(problem), part, levels)
    # What is proved of some of the cases is part of what is proved of all.
    for (cases, proved), level in zip(found, committed.levels, strict=False):
        assert 0 < cases <= level.labels[9].cases
        assert 0 < proved <= level.labels[9].proved


def test_no_more_is_proved_than_the_model_gets_right(
    problem: Problem[SortedList], committed: Certificate
) -> None:
    tokens = problem.fresh(4000, 31)
    logits = problem.logits(tokens)[:, problem.task.label_positions]
    right = (logits.argmax(dim=-1) == problem.task.answers(tokens)).double()
    # Four standard errors of a share.
    for share, measured in (
        (committed.finest.share, right.mean(dim=1)),
        (committed.finest.all_right, right.prod(dim=1)),
    ):
        assert share <= float(measured.mean()) + 4 * float(measured.std()) / 4000**0.5


def test_shares_by_hand() -> None:
    level = Level(
        smallest=5,
        labels=(Tally(cases=3, inputs=100, proved=90), Tally(cases=4, inputs=100, proved=80)),
    )
    assert (level.cases, level.share) == (7, 0.85)
    assert level.all_right == pytest.approx(0.7)
    nothing = Level(smallest=5, labels=(Tally(cases=3, inputs=100, proved=20),) * 2)
    assert nothing.all_right == 0


def test_a_small_model_gets_a_certificate_of_its_own() -> None:
    problem = random_problem(2)
    made = certificate.KEEPER.of(problem)
    assert [label.inputs for label in made.finest.labels] == [comb(7, 3)] * 3
    assert made.orders == factorial(THREE.list_length)
    assert 0 <= made.finest.share < 0.5
    assert made.checkpoint_sha256 is None
    assert certificate.refusal(problem) is None


@pytest.mark.parametrize(
    ("proved", "followed_to"),
    [
        # Nothing, a third, and all but one in a thousand.
        (0, [10**9]),
        (10**9 // 3, [10**9, 10**6]),
        (10**9 - 10**6, [10**9, 10**6, 10**2]),
    ],
)
def test_a_model_that_is_mostly_wrong_is_not_followed_far(
    proved: int, followed_to: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def prove(problem: object, smallest: tuple[int, ...], **_: object) -> branching.Proof:
        asked.append(smallest[-1])
        level = branching.Level(smallest[-1], (1, 1, 1), (proved, proved, proved))
        return branching.Proof((level,), 10**9, 1.0, 1)

    monkeypatch.setattr(branching, "prove", prove)
    branching.prove_as_far_as_it_pays(random_problem(2))
    assert asked == followed_to


class TestStored:
    """Reading what was stored before."""

    @pytest.mark.parametrize("what", ["weights", "code"])
    def test_one_of_something_else_is_refused(
        self, problem: Problem[SortedList], tmp_path: Path, what: str
    ) -> None:
        path = tmp_path / "certificate.json"
        stored = json.loads(certificate.KEEPER.path.read_text())
        path.write_text(json.dumps(stored | {f"{what}_sha256": "0" * 64}))
        with pytest.raises(CertificateError, match=f"of other {what}.*nox -s verify -- sorted"):
            certificate.KEEPER.read(problem, path)

    def test_every_module_that_the_proof_uses_is_part_of_its_code(self) -> None:
        names = {path.stem for path in certificate.KEEPER.code}
        used = {"bounds", "branching", "cases", "certificate", "kernel", "rounding", "terms"}
        assert used | {"task", "unfinished"} == names

    def test_the_pages_of_the_committed_model_use_it(
        self, problem: Problem[SortedList], committed: Certificate
    ) -> None:
        def derive(*_: object) -> Certificate:
            raise AssertionError("derived anew")

        assert replace(certificate.KEEPER, derive=derive).of(problem) == committed


def test_the_verdict_is_reported(
    committed: Certificate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(certificate, "derive", lambda *_: committed)
    path = tmp_path / "certificate.json"
    monkeypatch.setattr(certificate, "KEEPER", replace(certificate.KEEPER, path=path))
    monkeypatch.chdir(tmp_path)
    assert verify.main(["sorted_list"]) == 0
    shown = capsys.readouterr().out
    assert "12,777,711,870 lists at 10 labels, each in 3,628,800 orders" in shown
    assert f"proved right: {committed.finest.share:.4%} of all answers" in shown
    assert "at all labels: at least" in shown
    assert path.is_file()
