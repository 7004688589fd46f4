"""How well a model knows the language, counted sentence by sentence."""

import math
from collections.abc import Callable
from itertools import product

import pytest
import torch
from torch import Tensor

from analyses.verb_noun import knowing
from analyses.verb_noun.completion import ASKED
from models.problem import Problem
from models.verb_noun.task import HELD_OUT, PLACES, STRAY, TEMPLATES, VERBS, VerbNoun
from tests.problems.verb_noun.by_hand import ByHand
from tests.problems.verb_noun.conftest import near
from tests.problems.verb_noun.random_model import random_model

Small = Problem[VerbNoun]


def test_gaps_are_taken_from_the_odds(small: Small) -> None:
    tokens = knowing.evaluation(small)
    assert len(tokens) == 60
    odds = small.task.odds(tokens)
    said = ByHand(small).run(tokens).logits.log_softmax(-1)
    sums, uninformed = [], []
    for row in range(len(tokens)):
        total = blind = 0.0
        for at, following in enumerate(tokens[row, 1:].tolist()):
            own = float(odds[row, at, following].log())
            assert float(knowing.gaps(small)[row, at]) == pytest.approx(
                own - float(said[row, at, following]), abs=2e-4
            )
            total += own - float(said[row, at, following])
            if small.task.vocabulary[following] in PLACES:
                blind += own + math.log(26)
        sums.append(total)
        uninformed.append(blind)
    assert len(PLACES) == 26
    assert knowing.gap(small).value == pytest.approx(sum(sums) / 60, rel=1e-4)
    assert knowing.gap_without_verbs(small).value == pytest.approx(sum(uninformed) / 60)


def test_prompts_of_a_template_have_all_verbs_in_turn(small: Small) -> None:
    assert torch.equal(knowing.prompts(small, 3).verbs, torch.arange(40).repeat(2))
    rows = knowing.by_verb(knowing.prompts(small, 3).verbs[:, None].repeat(1, 5))
    assert torch.equal(rows, torch.arange(40)[:, None].repeat(1, 10))
    for template in ASKED:
        found = knowing.prompts(small, template)
        assert found.asked.task.verbs(found.tokens).tolist() == found.verbs.tolist()
        lacking = [HELD_OUT[verb % 7] == template for verb in found.verbs.tolist()]
        assert found.held_out().tolist() == lacking
        table = VerbNoun(held_out=True).pairs[template, found.verbs] > 0
        assert torch.equal(table, found.held_out())
        near(found.said, ByHand(small).run(found.tokens).logits[:, -1].softmax(-1))


def said(changed: dict[str, dict[str, float]]) -> Callable[[Small, Tensor], Tensor]:
    """The logits of a model that says of each place what the language does, but for some verbs."""

    def logits(asked: Small, tokens: Tensor) -> Tensor:
        words, found = asked.task.vocabulary, []
        for row in tokens.tolist():
            (verb,) = (words[token] for token in row if words[token] in VERBS)
            odds = changed.get(verb) or {
                place: STRAY / 26 + 0.9 * VERBS[verb].get(place, 0.0) for place in PLACES
            }
            found.append([math.log(odds.get(word, 1e-9)) for word in words])
        last = torch.tensor(found)
        return torch.stack([torch.zeros_like(last), last], dim=1)

    return logits


def test_first_choices_and_odds_of_one_that_knows_them(
    few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_model(None, n_heads=1)
    changed = {
        "sing": {"theatre": 0.5, "church": 0.4, "pool": 0.1},
        "dig": {"in": 0.6, "garden": 0.4},
        "read": {"park": 0.7, "library": 0.3},
    }
    monkeypatch.setattr(Problem, "logits", said(changed))
    # Of all pairs, *dig* and *read* are wrong; *sing* may go either way.
    assert [*VERBS].index("dig") % 7 == 6 and [*VERBS].index("read") % 7 == 4
    assert knowing.first_choice(problem, held_out=True).value == pytest.approx(38 / 40)
    assert knowing.first_choice(problem, held_out=True).n == 2 * 40
    assert knowing.first_choice(problem, held_out=False).value == pytest.approx(38 / 40)
    assert knowing.first_choice(problem, held_out=False).n == 2 * 6 * 40
    stray = STRAY / 26
    missed = abs(0.3 - (0.63 + stray)) + abs(0.4 - (0.45 + stray))
    assert knowing.odds_missed(problem).value == pytest.approx(missed / 8, rel=1e-3)
    shares = [max(odds.values()) for odds in VERBS.values() if len(odds) == 2]
    sure = [1 - 0.9 * share - stray for share in shares]
    assert knowing.odds_missed(problem, certain=True).value == pytest.approx(sum(sure) / 8)
    own = {verb: 0.9 * max(odds.values()) + stray for verb, odds in VERBS.items()}
    own |= {"sing": 0.4, "dig": 0.4, "read": 0.3}
    found = knowing.of_place(problem, ASKED)
    assert (found.value, found.n) == (pytest.approx(sum(own.values()) / 40, rel=1e-4), 40)


def test_templates_are_found_by_their_words() -> None:
    for words, slot in product(("ELSEWHERE", "ANYWHERE", "not"), range(len(TEMPLATES))):
        assert (slot in knowing.templates_with(words)) == (words in TEMPLATES[slot][0].split())
