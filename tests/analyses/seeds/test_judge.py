"""One seed: trained as the trainer does, judged by every claim, forgotten."""

import gc
import weakref
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import torch

from analyses.seeds import work as one_seed
from analyses.seeds.depends import depends
from analyses.seeds.forget import forget
from analyses.seeds.judge import judge, problem_of
from analyses.seeds.keep import find, keep, place, written
from analyses.seeds.line import Line
from analyses.seeds.subject import Subject, folder
from analyses.seeds.train import Trained, train
from analyses.seeds.work import judge_trained, train_batch, work
from models import checkpoint, training
from models.errors import CardError
from models.training import begin, fresh_sequences, training_sequences
from tests.analyses.seeds.tiny import tiny


@pytest.fixture(autouse=True)
def few_fresh_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "FRESH_SEQUENCES", 500)


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "FRESH_SEQUENCES", 500)
        made = tiny(tmp_path_factory.mktemp("judge"), patch)
        # Found in what is imported by now, when the path is as it was.
        made.task()
        made.claims()
        yield made


@pytest.fixture(scope="module")
def trained(subject: Subject) -> Trained:
    return train(subject, 2, "cpu")


def test_it_is_the_model_that_the_trainer_makes(subject: Subject, trained: Trained) -> None:
    card = subject.card(2)
    trainer = begin(card, subject.task(), torch.device("cpu"))
    trainer.run("train")
    own = checkpoint.named(trainer.model.state_dict(), card.architecture.n_heads)
    assert own.keys() == trained.weights.keys()
    assert all(torch.equal(own[name], trained.weights[name]) for name in own)
    assert trained.device == "cpu"


def test_nothing_is_said_meanwhile(subject: Subject, capfd: pytest.CaptureFixture[str]) -> None:
    judge(subject, problem_of(subject, 2, train(subject, 2, "cpu").weights))
    assert capfd.readouterr() == ("", "")


def test_claims_are_recorded_whatever_they_give(subject: Subject, trained: Trained) -> None:
    found = judge(subject, problem_of(subject, 2, trained.weights))
    assert found.claims.keys() == {"right", "infinite"}
    right = found.claims["right"]
    assert right.verdict == "holds"
    assert right.as_stated
    assert right.interval is not None
    assert [(control.what, control.satisfies) for control in right.controls] == [
        ("untrained model of the same shape", False)
    ]
    assert found.claims["infinite"].value is None
    assert found.claims["infinite"].verdict == "fails"
    assert found.failures == {"raises": "ValueError: no such head"}
    assert (found.quantities, found.picture) == ({}, None)


def test_it_is_judged_on_what_it_was_not_trained_on(subject: Subject, trained: Trained) -> None:
    problem = problem_of(subject, 2, trained.weights)
    own = set(subject.task().keys(training_sequences(problem.task, problem.card.training)).tolist())
    assert own.isdisjoint(problem.task.keys(problem.fresh(300, 5)).tolist())
    committed = subject.card()
    drawn_for_it = fresh_sequences(problem.task, committed.training, 5000, 5)
    assert not own.isdisjoint(problem.task.keys(drawn_for_it).tolist())
    assert problem.card.training.seed == 2
    # Nothing that is kept with the committed weights is taken for this model's.
    assert (problem.card.weights, problem.sha256) == (None, None)


def test_quantities_and_picture_are_measured_where_a_problem_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: Trained
) -> None:
    other = tiny(tmp_path, monkeypatch)
    here = folder(other.analyses) / "tiny"
    (here / "varies.py").write_text(
        "def varies(problem):\n    return {'whole': 3, 'none': None, 'nan': float('nan')}\n"
    )
    (here / "seen.py").write_text("def seen(problem):\n    return {'places': (1, 2.5)}\n")
    problem = problem_of(other, 2, trained.weights)
    found = judge(other, problem)
    assert found.quantities == {"whole": 3.0, "none": None, "nan": None}
    assert found.picture == {"places": [1, 2.5]}


@pytest.mark.parametrize("given", ["{'x': float('nan')}", "{'x': {1, 2}}", "1 / 0"])
def test_a_picture_that_is_no_json_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: Trained, given: str
) -> None:
    other = tiny(tmp_path, monkeypatch)
    (folder(other.analyses) / "tiny" / "seen.py").write_text(
        f"def seen(problem):\n    return {given}\n"
    )
    found = judge(other, problem_of(other, 2, trained.weights))
    assert found.picture is None
    assert "picture" in found.failures
    assert found.claims.keys() == {"right", "infinite"}


def test_a_line_says_what_it_was_made_with(subject: Subject, trained: Trained) -> None:
    made = work(subject, 2, "cpu", None)
    now = depends(subject)
    assert (made.recipe, made.code, made.versions) == now
    assert made.accuracy == trained.measured.accuracy > 0.9
    assert made.loss == trained.measured.loss
    assert made.n_sequences == 500
    assert made.seconds_trained > 0 < made.seconds_judged
    assert Line.model_validate_json(made.model_dump_json()) == made


def test_the_hash_is_that_of_the_file_that_the_trainer_would_write(
    subject: Subject, trained: Trained, tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    checkpoint.write(trained.weights, path)
    assert path.read_bytes() == written(trained.weights)


def test_kept_weights_are_judged_again_without_training(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = work(subject, 3, "cpu", tmp_path)

    def refuse(*_: object) -> None:
        raise AssertionError("it trained again")

    monkeypatch.setattr(one_seed, "train", refuse)
    again = work(subject, 3, "cpu", tmp_path)
    different = {"seconds_judged": first.seconds_judged}
    assert again.model_copy(update=different) == first
    with pytest.raises(AssertionError, match="it trained again"):
        work(subject, 4, "cpu", tmp_path)


def test_kept_weights_of_something_else_are_not_taken(
    subject: Subject, trained: Trained, tmp_path: Path
) -> None:
    now = depends(subject)
    path = place(tmp_path, "tiny", now.recipe, 2)
    assert path.name == f"tiny-{now.recipe[:12]}-2.safetensors"
    assert find(path, now) is None
    keep(path, trained, now)
    found = find(path, now)
    assert found is not None
    assert found.measured == trained.measured
    assert all(torch.equal(found.weights[name], trained.weights[name]) for name in found.weights)
    assert find(path, now._replace(code="other claims")) is not None
    assert find(path, now._replace(recipe="another")) is None
    assert find(path, now._replace(versions={"torch": "1"})) is None
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert find(path, now) is None
    path.write_bytes(whole)
    assert find(path, now) is not None
    path.with_suffix(".json").write_text("{")
    assert find(path, now) is None
    assert {each.suffix for each in tmp_path.iterdir()} == {".safetensors", ".json"}


def test_a_batch_gives_the_models_of_one_by_one(
    subject: Subject, trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = train_batch(subject, [2, 5], "cpu", tmp_path)
    assert batch.keys() == {2, 5}
    # Not the weights: what has no effect, as a key's bias, goes where rounding takes it.
    one, other = (problem_of(subject, 2, made.weights) for made in (trained, batch[2]))
    tokens = one.fresh(100, 5)
    torch.testing.assert_close(one.logits(tokens), other.logits(tokens), rtol=1e-3, atol=1e-3)
    line = judge_trained(subject, 2, batch)
    assert line.seed == 2
    assert line.claims["right"].verdict == "holds"
    assert line.accuracy == batch[2].measured.accuracy > 0.9

    asked: list[list[int]] = []

    def noted(subject: Subject, seeds: list[int], device: str) -> list[Trained]:
        asked.append(seeds)
        return [trained for _ in seeds]

    # Kept weights are found, whichever way they were trained.
    monkeypatch.setattr(one_seed, "train_many", noted)
    assert train_batch(subject, [2, 5], "cpu", tmp_path).keys() == {2, 5}
    assert asked == []
    assert train_batch(subject, [2, 6, 5, 7], "cpu", tmp_path).keys() == {2, 5, 6, 7}
    assert asked == [[6, 7]]


def test_models_are_forgotten(subject: Subject) -> None:
    """A claim's controls, and whatever it caches, hold the model that they are of."""
    from models.problem import Problem

    def alive() -> int:
        gc.collect()
        return sum(type(found) is Problem for found in gc.get_objects())

    work(subject, 2, "cpu", None)
    before = alive()
    work(subject, 3, "cpu", None)
    assert alive() == before


def test_only_caches_of_the_packages_are_emptied() -> None:
    class Thing:
        pass

    @cache
    def of(thing: object) -> object:
        return thing

    thing = Thing()
    seen = weakref.ref(thing)
    of(thing)
    del thing
    forget(["analyses.evidence"])
    assert seen() is not None
    forget([of.__module__.rpartition(".")[0]])
    assert seen() is None


def test_what_is_said_of_no_problem_is_named() -> None:
    with pytest.raises(CardError, match="No problem is called 'nix'"):
        Subject("nix").card()
    with pytest.raises(ModuleNotFoundError, match="'no_such_package' is no package"):
        Subject("nix", models="no_such_package").card()
