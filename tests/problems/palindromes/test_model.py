"""The two-layer model, loaded and folded, held against a plain forward pass from its weights."""

import pytest
import torch

from analyses.palindromes import near
from models import checkpoint
from models.palindromes.task import Palindromes
from models.plain import PlainTransformer
from models.problem import Problem
from models.scoring import is_correct
from models.training import training_sequences
from models.transformer import with_weights


@pytest.fixture(scope="module", params=["committed", "near"])
def either(request: pytest.FixtureRequest, palindromes: Problem) -> Problem[Palindromes]:
    """The model of the problem, and the one that near-palindromes trained."""
    return palindromes if request.param == "committed" else near.trained(palindromes)


def test_logits_equal_those_of_a_plain_rebuild(either: Problem[Palindromes]) -> None:
    # In double precision: two roundings in single precision would add up.
    plain = PlainTransformer(either.weights, either.architecture).double()
    as_trained = with_weights(either.architecture, either.weights, either.device, "as trained")
    tokens = either.fresh(200, seed=3)
    with torch.no_grad():
        expected = plain(tokens)
        torch.testing.assert_close(as_trained(tokens).double(), expected, atol=1e-4, rtol=0)
    folded = either.logits(tokens).double().log_softmax(-1)
    torch.testing.assert_close(folded, expected.log_softmax(-1), atol=2e-4, rtol=0)


def test_weights_survive_the_way_to_the_model_and_back(either: Problem[Palindromes]) -> None:
    model = with_weights(either.architecture, either.weights, either.device, "as trained")
    back = checkpoint.named(model.state_dict(), either.architecture.n_heads)
    assert back.keys() == either.weights.keys()
    assert all(torch.equal(back[name], either.weights[name]) for name in back)
    assert checkpoint.architecture_of(back, either.architecture, "back") == either.architecture


def test_each_is_right_about_what_it_was_trained_on(either: Problem[Palindromes]) -> None:
    recipe = either.card.training.model_copy(update={"n_sequences": 1_000})
    committed = either.sha256 == either.card.weights.sha256 if either.card.weights else False
    task = either.task if committed else near.near_task()
    tokens = training_sequences(task, recipe)
    assert is_correct(task, either.logits(tokens), tokens).double().mean() > 0.99


def test_the_two_differ_in_their_training_data_alone(palindromes: Problem[Palindromes]) -> None:
    assert near.near_task() == Palindromes(
        palindromes.task.length, palindromes.task.max_value, most_changes=3
    )
    assert near.trained(palindromes).architecture == palindromes.architecture
