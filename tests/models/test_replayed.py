"""Recording a step, with a recorder that a machine without a GPU has too."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.replayed import WARM_UP, Replayed, Step


class Counter:
    """A step that adds its input to what it has, and counts how often it was run itself."""

    def __init__(self) -> None:
        self.total, self.runs = torch.zeros(2), 0

    def __call__(self, given: Tensor) -> Tensor:
        self.runs += 1
        self.total += given.sum(dim=0)
        return self.total.clone()


def recording(step: Step, inputs: tuple[Tensor, ...]) -> Callable[[], Tensor]:
    """As CUDA does it: what is recorded reads and writes where it did, without the step's code."""
    assert isinstance(step, Counter)
    (held,), total = inputs, step.total

    def replay() -> Tensor:
        total.add_(held.sum(dim=0))
        return total.clone()

    return replay


def test_a_step_is_recorded_after_it_ran_a_few_times_and_gives_the_same() -> None:
    step = Counter()
    replayed = Replayed(step, recording)
    given = [torch.full((3, 2), float(number)) for number in range(8)]
    totals = [replayed(tensor) for tensor in given]
    assert [total.tolist() for total in totals] == [[3.0 * sum(range(n + 1))] * 2 for n in range(8)]
    assert step.runs == WARM_UP
    # What was given stays as it was.
    assert all(bool((tensor == number).all()) for number, tensor in enumerate(given))


def test_inputs_of_another_shape_run_as_they_are() -> None:
    step = Counter()
    replayed = Replayed(step, recording)
    for _ in range(WARM_UP + 1):
        replayed(torch.ones(3, 2))
    assert step.runs == WARM_UP
    assert replayed(torch.ones(1, 2)).tolist() == [3.0 * WARM_UP + 4] * 2
    assert step.runs == WARM_UP + 1
    assert replayed(torch.ones(3, 2)).tolist() == [3.0 * WARM_UP + 7] * 2
    assert step.runs == WARM_UP + 1


def test_a_step_that_cannot_be_recorded_runs_as_it_is_and_says_why_once() -> None:
    def refuse(step: Step, inputs: tuple[Tensor, ...]) -> Callable[[], Tensor]:
        raise RuntimeError("it waits for a number")

    step = Counter()
    replayed = Replayed(step, refuse)
    for _ in range(WARM_UP):
        replayed(torch.ones(3, 2))
    with pytest.warns(UserWarning, match="cannot be recorded, .* longer: it waits for a number"):
        replayed(torch.ones(3, 2))
    assert replayed(torch.ones(3, 2)).tolist() == [3.0 * (WARM_UP + 2)] * 2
    assert step.runs == WARM_UP + 2
