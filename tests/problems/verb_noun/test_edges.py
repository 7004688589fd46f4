"""Prompts at the edges, word by word, and what is counted of them."""

from typing import Any

import pytest
import torch
from torch import Tensor

from analyses.verb_noun import edges
from analyses.verb_noun.completion import ASKED, Model, asking
from models.problem import Problem
from models.verb_noun.task import ADVERBS, PEOPLE, PLACES, SUBJECTS, VERBS, VerbNoun
from tests.problems.verb_noun.by_hand import ByHand
from tests.problems.verb_noun.conftest import near
from tests.problems.verb_noun.random_model import random_model

Small = Problem[VerbNoun]
NAMES = [*VERBS]
LIKELIEST = {verb: max(odds, key=lambda place: odds[place]) for verb, odds in VERBS.items()}


def words(problem: Problem[Any], tokens: Tensor) -> list[list[str]]:
    return [[problem.task.vocabulary[token] for token in row] for row in tokens.tolist()]


@pytest.mark.parametrize(
    "slots", [edges.TWO_VERBS, edges.FAR, "VERB SUBJECT in VERB the VERB", "SUBJECT"]
)
def test_prompts_are_made_of_slots(slots: str) -> None:
    problem = random_model(None, n_heads=1)
    n = slots.split().count("VERB")
    verbs = torch.randint(40, (30, n), generator=torch.Generator().manual_seed(2))
    tokens = edges.of_slots(problem, slots, verbs, torch.Generator().manual_seed(1))
    drawn = set[str]()
    for row, chosen in zip(words(problem, tokens), verbs.tolist(), strict=True):
        assert row[0] == "START"
        assert [word for word in row if word in VERBS] == [NAMES[verb] for verb in chosen]
        for slot, word in zip(slots.split(), row[1:], strict=True):
            drawn.add(word)
            assert word in {"SUBJECT": SUBJECTS, "ADVERB": ADVERBS, "VERB": NAMES}.get(slot, [slot])
    assert len(drawn & {*SUBJECTS}) > 6


def test_what_is_said_of_places(small: Small) -> None:
    tokens = small.task.prompt("they swim often and pray in the")
    logits = ByHand(small).run(tokens).logits[0, -1].softmax(-1)
    expected = torch.stack([logits[small.task.token(place)] for place in PLACES])
    near(edges.places_said(small, tokens)[0], expected)


def test_the_earlier_or_the_later_of_two_verbs(few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_model(None, n_heads=1)
    given: list[Tensor] = []

    def said(problem: Model, tokens: Tensor) -> Tensor:
        """The second verb's place on every third prompt, else the first verb's, or neither."""
        given.append(tokens)
        found = torch.zeros(len(tokens), len(PLACES))
        for number, row in enumerate(words(problem, tokens)):
            first, second = (LIKELIEST[word] for word in row if word in VERBS)
            assert first != second
            found[number, PLACES.index(second)] = [0.6, 0.1, 0.0][number % 3]
            found[number, PLACES.index(first)] = [0.3, 0.2, 0.0][number % 3]
        return found

    monkeypatch.setattr(edges, "places_said", said)
    later, earlier = edges.later_decides(problem), edges.earlier_decides(problem)
    assert (later.value, later.n) == (pytest.approx(1 / 3), 60)
    assert (earlier.value, earlier.n) == (pytest.approx(1 / 3), 60)
    # Each of prompts of its own.
    assert len(given) == 2 and not torch.equal(*given)


def test_the_earlier_of_two_verbs_can_be_left_out(few: None) -> None:
    problem = random_model(None, n_heads=1)
    verbs, said = edges.two_verbs(problem, 3, edges.LATER_ONLY)
    generator = torch.Generator().manual_seed(3)
    assert torch.equal(verbs, edges.of_different_places(problem.task, len(verbs), generator))
    tokens = edges.of_slots(problem, edges.LATER_ONLY, verbs[:, 1:], generator)
    near(said, edges.places_said(problem, tokens))
    for row, (_, later) in zip(words(problem, tokens), verbs.tolist(), strict=True):
        assert [word for word in row if word in VERBS] == [NAMES[later]]


def test_far_is_first_counts_the_first_choice(few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_model(None, n_heads=1)

    def logits(self: Small, tokens: Tensor) -> Tensor:
        """The likeliest place above all other places; half of the time a word is above that."""
        found = torch.zeros(*tokens.shape, self.task.d_vocab)
        for number, row in enumerate(words(self, tokens)):
            (verb,) = (word for word in row if word in VERBS)
            place = "theatre" if verb == "sing" else LIKELIEST[verb]
            found[number, -1, self.task.token(place)] = 2.0
            found[number, -1, self.task.token("in")] = 3.0 * (number % 2)
        return found

    monkeypatch.setattr(Problem, "logits", logits)
    found = edges.far_is_first(problem)
    assert (found.value, found.n) == (pytest.approx(0.5), 80)


def test_a_verb_stands_for_the_second_adverb() -> None:
    asked = asking(random_model(None, n_heads=1), ASKED[-1])
    tokens = edges.second_verbs(asked, 50)
    places = edges.place_of_second(asked, tokens).tolist()
    assert len(places) == 50
    slots = ("START", SUBJECTS, NAMES, ADVERBS, "and", NAMES, "with", PEOPLE, "in", "the")
    read = words(asked, tokens)
    for row, place in zip(read, places, strict=True):
        assert all(word in slot for word, slot in zip(row, slots, strict=True))
        assert asked.task.vocabulary[place] == LIKELIEST[row[5]] != LIKELIEST[row[2]]
    assert asked.task.verbs(tokens).tolist() == [
        NAMES.index(row[2]) for row in words(asked, tokens)
    ]


def test_there_are_as_many_pairs_of_verbs_as_are_asked_for() -> None:
    language = VerbNoun()
    found = edges.of_different_places(language, 500, torch.Generator().manual_seed(0))
    assert found.shape == (500, 2)
    assert all(LIKELIEST[NAMES[a]] != LIKELIEST[NAMES[b]] for a, b in found.tolist())
    assert len({*found.flatten().tolist()}) == 40
