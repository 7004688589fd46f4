import pytest
import torch

from analyses.verb_noun import describe, twins
from analyses.verb_noun.completion import ASKED
from analyses.verb_noun.pairs import pairs
from models import load
from models.problem import Problem
from models.verb_noun.task import VerbNoun


@pytest.fixture(scope="module")
def january() -> Problem[VerbNoun]:
    """The January problem as committed."""
    return load("verb_noun")


def test_what_parts_add_is_the_logit_difference(january: Problem[VerbNoun]) -> None:
    found = pairs(january, ASKED[0])
    parts = describe.attributed(found)
    torch.testing.assert_close(parts["sum"], found.clean_difference, atol=1e-4, rtol=0)
    named = [name for name in parts if name != "sum"]
    assert named == [
        "embedding of the last word",
        *(f"head 0.{number}" for number in range(8)),
        "MLP",
        "biases",
    ]
    # Both prompts are pairwise the same but for the verb, so that what does not read it cancels.
    for name in ("embedding of the last word", "biases"):
        assert abs(float(parts[name].mean())) < 0.05


def test_likeliest_words_come_first() -> None:
    said = torch.tensor([0.25, 0.7, 0.05])
    assert describe.top(said, ["pool", "church", "gym"], n=2) == "church 70.0 %, pool 25.0 %"


def test_prompts_by_hand_are_of_the_language_or_said_not_to_be(
    january: Problem[VerbNoun],
) -> None:
    rows = {row[0]: row[1:] for row in describe.by_hand_rows(january)}
    assert list(rows) == list(describe.BY_HAND)
    assert rows["they swim in the"][1].startswith("pool 90.4 %, ")
    assert rows["in the"][1] != "no such sentence"
    for outside in ("they swim and pray in the", "swim in the", "they swim often and pray in the"):
        assert rows[outside][1] == "no such sentence"


@pytest.mark.parametrize("twin", ["attention_only", "gelu"])
def test_twins_are_what_they_are_called(january: Problem[VerbNoun], twin: twins.Twin) -> None:
    found = twins.trained(january, twin)
    assert found is twins.trained(january, twin)
    own, other = january.architecture, found.architecture
    changed = {"d_mlp", "act_fn"} if twin == "attention_only" else {"act_fn"}
    assert {name for name, value in own if getattr(other, name) != value} == changed
    prompt = january.task.prompt("they pray in the")
    first = found.logits(prompt)[0, -1].argmax()
    assert january.task.vocabulary[first] == "church"
