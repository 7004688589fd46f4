"""Claims that say more than their model gives, measured by the gate itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from analyses.evidence.claims import Claim, Control, Findings, Measurement, untrained
from docs.contribute.measured import Gate, with_hash
from docs.contribute.month import Month
from models.problem import Problem
from models.sorted_list.task import SortedList
from models.training import training_sequences
from tests.analyses.problems import architecture, made_of, shapes
from tests.analyses.records import results

HASH = "ab" * 32
Measure = Callable[[Problem[Any]], Measurement]


@pytest.fixture(scope="module")
def problem() -> Problem[SortedList]:
    """A model that was saved, and trained on one in a hundred of the lists there are."""
    task = SortedList(list_length=4, max_value=30)
    made = made_of(task, architecture(task), shapes(architecture(task)))
    recipe = made.card.training.model_copy(update={"n_sequences": 300})
    return replace(made, card=made.card.model_copy(update={"training": recipe}), sha256=HASH)


def size(problem: Problem[SortedList]) -> Measurement:
    """The mean size of the model's logits on fresh lists: larger than that of an untrained one."""
    logits = problem.logits(problem.fresh(100, seed=1))
    return Measurement.mean(logits.abs().mean(dim=(1, 2)).tolist())


def claim(**change: Any) -> Claim:
    stated = Claim(
        name="is_large",
        sentence="The logits are large.",
        quantity="mean size of logits",
        unit="logits",
        evidence="sampled",
        comparison="at least",
        threshold=1.0,
        measure=size,
    )
    return replace(stated, **change)


def told(problem: Problem[SortedList], stated: Claim, month: Month) -> list[str]:
    """What the gate says against a claim whose page shows what `check` found there."""
    shown = results(claims=list(Findings.of([stated], problem).findings))
    return [fault.text for fault in Gate(month, problem).faults([stated], shown)]


def test_an_honest_claim_passes(problem: Problem[SortedList], month: Month) -> None:
    assert told(problem, claim(), month) == []


@pytest.mark.parametrize("any_hash", [True, False])
def test_a_claim_that_tells_models_by_their_hash(
    any_hash: bool, problem: Problem[SortedList], month: Month
) -> None:
    def lie(measured: Problem[SortedList]) -> Measurement:
        known = measured.sha256 is not None if any_hash else measured.sha256 == HASH
        return Measurement(float(known), 1)

    found = told(problem, claim(measure=lie, evidence="exhaustive"), month)
    assert any("claim is_large: value was 1.0, is 0.0" in text for text in found)
    assert "under no hash" in found[0]


def test_a_claim_that_knows_what_has_no_hash_is_no_model(
    problem: Problem[SortedList], month: Month
) -> None:
    def lie(measured: Problem[SortedList]) -> Measurement:
        unsaved = measured.sha256 is None and measured.weights is not problem.weights
        return Measurement(0.0 if unsaved else 1.0, 1)

    found = told(problem, claim(measure=lie, evidence="exhaustive"), month)
    assert any("controls was" in text for text in found)


@pytest.mark.parametrize("change", [{"value": 99.99}, {"threshold": 2.0}, {"name": "is_perfect"}])
def test_a_table_of_claims_that_nothing_measured(
    change: dict[str, object], problem: Problem[SortedList], month: Month
) -> None:
    (finding,) = Findings.of([claim()], problem).findings
    gate = Gate(month, problem)
    forged = results(claims=[finding.model_copy(update=change)])
    assert any("table and the gate disagree" in f.text for f in gate.faults([claim()], forged))
    twice = results(claims=[finding, finding])
    (fault,) = gate.faults([claim()], twice)
    assert fault.text.startswith("the pages show claim 'is_large' 2 times")


def on(tokens: Tensor) -> Measure:
    """A measurement on these sequences."""
    return lambda problem: Measurement.mean(problem.logits(tokens).abs().mean(dim=(1, 2)).tolist())


def test_a_claim_that_is_measured_on_training_data(
    problem: Problem[SortedList], month: Month
) -> None:
    training = training_sequences(problem.task, problem.card.training)
    reordered = problem.task.encode(training[:, :4].flip(1).tolist())
    crafted = problem.task.encode([[n, n + 1, n + 2, n + 3] for n in range(28)] * 2)
    n = len(problem.task.keys(training).unique())
    for tokens in (reordered, torch.cat([training, crafted])):
        (text,) = told(problem, claim(measure=on(tokens)), month)
        assert f"{n} of the " in text
        assert "claim 'is_large' is measured on are training sequences" in text
    assert told(problem, claim(measure=on(crafted)), month) == []


def test_training_data_may_be_measured_on_where_the_claim_says_so(
    problem: Problem[SortedList], month: Month
) -> None:
    training = training_sequences(problem.task, problem.card.training)
    stated = claim(measure=on(training), quantity="mean size of logits on training lists")
    gate = Gate(month, problem)
    shown = results(claims=list(Findings.of([stated], problem).findings))
    assert list(gate.faults([stated], shown)) == []
    assert any("are training sequences, as it says" in words for words in gate.words)


def test_every_input_is_run_where_a_claim_is_exhaustive(
    problem: Problem[SortedList], month: Month
) -> None:
    training = training_sequences(problem.task, problem.card.training)
    assert told(problem, claim(measure=on(training), evidence="exhaustive"), month) == []


def test_a_claim_that_looks_at_no_model(problem: Problem[SortedList], month: Month) -> None:
    def made_up(value: float) -> Measure:
        return lambda problem: Measurement(value, 1)

    nothing = Control("nothing", measure=made_up(0.0))
    stated = claim(measure=made_up(1.0), controls=(nothing,), evidence="exhaustive")
    (text,) = told(problem, stated, month)
    assert "measure the same, 1 and 0, on the model, on an untrained one" in text


def test_a_claim_about_the_task_alone_says_so(problem: Problem[SortedList], month: Month) -> None:
    nothing = Control("nothing", measure=lambda problem: Measurement(0.0, 1))
    stated = claim(
        measure=lambda problem: Measurement(1.0, 1),
        controls=(nothing,),
        evidence="exhaustive",
        of_task=True,
    )
    gate = Gate(month, problem)
    shown = results(claims=list(Findings.of([stated], problem).findings))
    assert list(gate.faults([stated], shown)) == []
    assert any("'is_large' is about the task alone" in words for words in gate.words)


def test_a_claim_that_cannot_be_measured_is_named(
    problem: Problem[SortedList], month: Month
) -> None:
    def only_saved(measured: Problem[SortedList]) -> Measurement:
        return Measurement(float(measured.sha256 is not None or 1 / 0), 1)

    gate = Gate(month, problem)
    (first, *_) = gate.faults([claim(measure=only_saved)], results(claims=[]))
    assert "claim 'is_large' raises ZeroDivisionError" in first.text


def test_reviewers_are_told_which_controls_satisfy_a_claim(
    problem: Problem[SortedList], month: Month
) -> None:
    nothing = Control("nothing", measure=lambda problem: Measurement(-1.0, 1))
    stated = claim(controls=(nothing,), threshold=0.0)
    gate = Gate(month, problem)
    shown = results(claims=list(Findings.of([stated], problem).findings))
    assert list(gate.faults([stated], shown)) == []
    assert any("OV circuits exchanged" in words and "is_large" in words for words in gate.words)
    assert any("untrained model" in words and "is_large" in words for words in gate.words)


def test_a_control_has_the_hash_that_saving_it_would_give(problem: Problem[SortedList]) -> None:
    first, second = with_hash(untrained(problem)), with_hash(problem)
    for sha256 in (first.sha256, second.sha256):
        assert sha256 is not None
        assert len(sha256) == 64
    assert first.sha256 != second.sha256
    assert with_hash(first).sha256 == first.sha256
