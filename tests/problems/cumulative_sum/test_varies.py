"""What varies between models, whatever may be proved of them."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from analyses.cumulative_sum import varies as module
from analyses.cumulative_sum.differ import QUANTITIES
from analyses.cumulative_sum.varies import gain, varies
from models.cumulative_sum.task import NEGATIVE, POSITIVE, CumulativeSum
from models.problem import Problem
from tests.analyses.exchanged import neurons_turned


def given(monkeypatch: pytest.MonkeyPatch, **proof: Any) -> None:
    """Let every model have this proof."""
    monkeypatch.setattr(module, "proved", lambda problem: SimpleNamespace(**proof))


def test_it_measures_what_is_said_to_differ(
    problem: Problem[CumulativeSum], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, verdict="proved", margin=0.25, strays=1e-9)
    found = varies(problem)
    assert list(found) == [quantity.name for quantity in QUANTITIES]
    # By the page: four neurons on each side, and the MLP makes the curve eight times as steep.
    assert (found["negative_side"], found["positive_side"], found["dead"]) == (4, 4, 0)
    assert found["smaller_side"] == 4
    assert found["gain_positive"] == pytest.approx(8.0, abs=0.05)
    assert (found["proved"], found["margin"], found["strays"]) == (1.0, 0.25, 1e-9)


@pytest.mark.parametrize(("verdict", "value"), [("proved", 1.0), ("refuted", 0.0), ("open", None)])
def test_what_is_open_is_no_number(
    problem: Problem[CumulativeSum],
    monkeypatch: pytest.MonkeyPatch,
    verdict: str,
    value: float | None,
) -> None:
    given(monkeypatch, verdict=verdict, margin=-1.0, strays=0.0)
    assert varies(problem)["proved"] == value


def test_neurons_may_be_exchanged(
    problem: Problem[CumulativeSum], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, verdict="proved", margin=0.25, strays=1e-9)
    assert varies(neurons_turned(problem)) == pytest.approx(varies(problem), rel=1e-9)


def test_a_dead_neuron_is_on_neither_side(
    problem: Problem[CumulativeSum], monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, verdict="proved", margin=0.25, strays=1e-9)
    name = "blocks.0.mlp.b_in"
    bias = problem.weights[name].clone()
    bias[0] = -1e6
    found = varies(problem.with_weights(dict(problem.weights) | {name: bias}))
    assert found["dead"] == 1
    sides = (found["negative_side"], found["positive_side"])
    assert sorted(side or 0 for side in sides) == [3, 4]
    assert found["smaller_side"] == 3


def test_without_neurons_nothing_gets_steeper(problem: Problem[CumulativeSum]) -> None:
    name = "blocks.0.mlp.W_out"
    none = {name: torch.zeros_like(problem.weights[name])}
    silent = problem.with_weights(dict(problem.weights) | none)
    assert gain(silent, POSITIVE) == pytest.approx(1.0)
    assert gain(silent, NEGATIVE) == pytest.approx(1.0)


def test_of_a_flat_line_there_is_no_gain(
    problem: Problem[CumulativeSum], monkeypatch: pytest.MonkeyPatch
) -> None:
    flat = SimpleNamespace(with_mlp=1.0, without_mlp=0.0)
    monkeypatch.setattr(module.describe, "slopes", lambda *_: flat)
    assert gain(problem, POSITIVE) is None
