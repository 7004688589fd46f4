"""What varies between models, whichever head or neuron is called the first."""

import pytest

from analyses.verb_noun import claims
from analyses.verb_noun.differ import QUANTITIES
from analyses.verb_noun.varies import varies
from models.problem import Problem
from models.verb_noun.task import VerbNoun
from tests.analyses.exchanged import heads_turned, neurons_turned
from tests.problems.verb_noun.random_model import random_model


@pytest.fixture(scope="module")
def model(few: None) -> Problem[VerbNoun]:
    return random_model(n_heads=4, d_mlp=20)


def test_it_measures_what_is_said_to_differ(model: Problem[VerbNoun]) -> None:
    found = varies(model)
    assert list(found) == [quantity.name for quantity in QUANTITIES]
    assert all(value is not None for value in found.values())
    assert found["best_head"] == max(share.value for share in claims.shares_of_heads(model))


def test_heads_and_neurons_may_be_exchanged(model: Problem[VerbNoun]) -> None:
    turned = heads_turned(neurons_turned(model))
    assert varies(turned) == pytest.approx(varies(model), abs=2e-3)
