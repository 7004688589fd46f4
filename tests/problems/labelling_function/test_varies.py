"""What varies between models, whichever head or neuron is called the first."""

import pytest

from analyses.labelling_function.differ import QUANTITIES
from analyses.labelling_function.points import mistakes
from analyses.labelling_function.varies import varies
from models.labelling_function.task import LabellingFunction
from models.problem import Problem
from tests.analyses.exchanged import heads_turned, neurons_turned
from tests.problems.labelling_function.small_model import small_model


@pytest.fixture(scope="module")
def small() -> Problem[LabellingFunction]:
    return small_model()


def test_it_measures_what_is_said_to_differ(small: Problem[LabellingFunction]) -> None:
    found = varies(small)
    assert list(found) == [quantity.name for quantity in QUANTITIES]
    assert all(value is not None for value in found.values())
    assert found["mistakes"] == mistakes(small).sum()
    # Of two heads whose shares add up to one, one brings at least half.
    for brought in (found["x_brought"], found["y_brought"]):
        assert brought is not None and brought >= 0.5


def test_heads_and_neurons_may_be_exchanged(small: Problem[LabellingFunction]) -> None:
    turned = heads_turned(neurons_turned(small))
    # Where two answers are as likely, rounding may decide for another point or two.
    assert varies(turned) == pytest.approx(varies(small), abs=1e-3)
