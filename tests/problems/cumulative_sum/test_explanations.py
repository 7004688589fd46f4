"""Explanations of Cumulative Sum as programs."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analyses.cumulative_sum.explanations import (
    EXPLANATIONS,
    near_zero,
    tables,
    through_slopes,
    without_a_side,
)
from analyses.cumulative_sum.uniform import uniform
from analyses.evidence.explanations import Trial, put_to_the_test
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem


@given(st.integers(1, 20), st.integers(1, 5), st.integers(0, 2**31))
def test_sums_stay_near_zero(length: int, max_value: int, seed: int) -> None:
    task = CumulativeSum(length=length, max_value=max(2, max_value))
    tokens = near_zero(task, 8, torch.Generator().manual_seed(seed))
    assert tokens.shape == (8, length)
    assert tokens.min() >= 0 and tokens.max() < task.d_vocab
    assert task.sums(tokens).abs().max() <= 1


def test_the_mean_goes_through_slopes_by_hand() -> None:
    # Of values from -5 to 5: 3, then -4 and 1. Means 3, -1/2 and 0.
    tokens = torch.tensor([[8, 1, 6]])
    logits = {
        "logit_slope": torch.tensor([-1.0, 0.0, 1.0]),
        "logit_level": torch.tensor([0.0, 0.75, 0.0]),
    }
    assert through_slopes(tokens, logits, 5).argmax(-1).tolist() == [[2, 1, 1]]
    neurons = {
        "neuron_slope": torch.tensor([2.0, -2.0]),
        "neuron_level": torch.tensor([0.0, 0.0]),
        # The second neuron, which fires at negative means, raises negative.
        "out": torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]),
    }
    assert through_slopes(tokens, logits | neurons, 5).argmax(-1).tolist() == [[2, 0, 1]]


@pytest.mark.parametrize(
    ("intervention", "written"),
    [("negative_off", 4.0), ("positive_off", 2.0), ("neurons_off", 0.0)],
)
def test_a_side_is_known_by_its_slope(intervention: str, written: float) -> None:
    found = {
        "neuron_slope": torch.tensor([2.0, -2.0]),
        "out": torch.tensor([[4.0, 0.0], [0.0, 2.0]]),
    }
    assert float(without_a_side(found, intervention)["out"].sum()) == written
    assert without_a_side({}, intervention) == {}


def test_slopes_are_those_of_what_tokens_add(problem: Problem[CumulativeSum]) -> None:
    terms, found = uniform(problem), tables(problem, 1e-9)
    values = torch.arange(11, dtype=torch.float64) - 5
    slopes = torch.cat([found["neuron_slope"], found["logit_slope"]])
    for column in range(len(slopes)):
        pair = torch.stack([values, terms.token[:, column]])
        expected = float(torch.cov(pair)[0, 1] / torch.cov(pair)[0, 0])
        assert abs(float(slopes[column]) - expected) < 1e-6


def test_what_reads_the_mean_predicts_the_trained_model(problem: Problem[CumulativeSum]) -> None:
    inputs = {"near zero": near_zero(problem.task, 100, torch.Generator().manual_seed(0))}
    trial = Trial.of(problem, inputs)
    agreed = {
        explanation.name: put_to_the_test(explanation, trial).agreements[0].share
        for explanation in EXPLANATIONS
    }
    assert agreed["mean_and_neurons"] > 0.99 > 0.7 > agreed["mean_alone"]
