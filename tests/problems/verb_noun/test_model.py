"""The committed model, loaded and folded, held against a plain forward pass from its weights."""

import pytest
import torch

from models.plain import PlainTransformer
from models.problem import Problem
from models.transformer import with_weights
from models.verb_noun.task import PLACES, VerbNoun
from tests.problems.verb_noun.by_hand import ByHand

January = Problem[VerbNoun]


@pytest.fixture(scope="module")
def fresh(january: January) -> torch.Tensor:
    """Sentences that it was not trained on."""
    return january.fresh(600, seed=4)


@pytest.fixture(scope="module")
def plain(january: January, fresh: torch.Tensor) -> torch.Tensor:
    """The logits of a plain rebuild."""
    with torch.no_grad():
        return PlainTransformer(dict(january.weights), january.architecture).double()(fresh)


def test_logits_equal_those_of_a_plain_rebuild(
    january: January, fresh: torch.Tensor, plain: torch.Tensor
) -> None:
    few = fresh[:100]
    torch.testing.assert_close(ByHand(january).run(few).logits, plain[:100], atol=1e-9, rtol=0)
    trained = with_weights(january.architecture, january.weights, january.device, "as trained")
    with torch.no_grad():
        torch.testing.assert_close(trained(few).double(), plain[:100], atol=2e-4, rtol=0)
    folded = january.logits(fresh).double().log_softmax(-1)
    torch.testing.assert_close(folded, plain.log_softmax(-1), atol=5e-4, rtol=0)


def test_accuracy_and_loss_are_those_of_the_card(
    january: January, fresh: torch.Tensor, plain: torch.Tensor
) -> None:
    expected = january.card.expected
    assert expected
    said, following = plain[:, :-1], fresh[:, 1:]
    right = (said.argmax(dim=-1) == following).double().mean(dim=1)
    loss = -said.log_softmax(-1).gather(-1, following[..., None]).mean(dim=(1, 2))
    for found, card in ((right, expected.accuracy), (loss, expected.loss)):
        error = float(found.std()) / len(fresh) ** 0.5
        assert float(found.mean()) == pytest.approx(card, abs=4 * error)
        assert error < 0.02


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("they swim in the", {"pool"}),
        ("today", None),
        ("we pray quietly in the", {"church"}),
        ("today sailors fish in the", {"river"}),
        ("boys sing alone with friends in the", {"church", "theatre"}),
    ],
)
def test_what_follows(january: January, text: str, places: set[str] | None) -> None:
    logits = january.logits(january.task.prompt(text))[0, -1]
    first = january.task.vocabulary[int(logits.argmax())]
    assert first in places if places else first not in PLACES
