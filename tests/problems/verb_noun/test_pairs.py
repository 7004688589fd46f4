"""Pairs of prompts, against a plain enumeration and plain runs."""

from itertools import product
from math import sqrt

import pytest
import torch
from torch import Tensor

from analyses.verb_noun import pairs as module
from analyses.verb_noun.completion import ASKED, Completion
from analyses.verb_noun.pairs import UNSEEN, Pairs, pairs, share
from models.problem import Problem
from models.verb_noun.task import VERBS, VerbNoun
from tests.problems.verb_noun.by_hand import ByHand
from tests.problems.verb_noun.conftest import near
from tests.problems.verb_noun.random_model import random_model

Small = Problem[VerbNoun]
RIGHT = module._right
"""Before a fixture puts something cheaper in its place."""


def likeliest(verb: int) -> str:
    places = [*VERBS.values()][verb]
    return max(places, key=lambda each: places[each])


def test_each_ordered_pair_with_different_places_falls_to_one_template(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = random_model(None, n_heads=1)
    monkeypatch.setattr(module, "_right", lambda asked, tokens: torch.ones(len(tokens)) > 0)
    found = [tuple(pair) for each in ASKED for pair in pairs(problem, each).verbs.tolist()]
    expected = [
        both for both in product(range(len(VERBS)), repeat=2) if len({*map(likeliest, both)}) == 2
    ]
    assert sorted(found) == expected
    # Every verb is the clean one in every template, and so in the one that it was held out of.
    for template in ASKED:
        assert {*pairs(problem, template).verbs[:, 0].tolist()} == {*range(len(VERBS))}


def test_two_prompts_are_the_same_but_for_the_verb(small: Small) -> None:
    names = [*VERBS]
    for template in ASKED:
        found = pairs(small, template)
        assert len(found.verbs) == len(found.clean) == len(found.corrupted) > 0
        for verbs, *both in zip(
            found.verbs.tolist(), found.clean.tolist(), found.corrupted.tolist(), strict=True
        ):
            clean, corrupted = ([small.task.vocabulary[token] for token in row] for row in both)
            at = found.problem.task.verb_at
            assert [clean.pop(at), corrupted.pop(at)] == [names[verb] for verb in verbs]
            assert clean == corrupted
        again = pairs(small, template, UNSEEN)
        assert len(again.clean) and not torch.equal(again.clean[:9], found.clean[:9])


def test_pairs_with_a_wrong_prompt_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_model(None, n_heads=1)

    def logits(self: Problem[Completion], tokens: Tensor) -> Tensor:
        # Right, but where the numbers of the tokens add up to an odd one.
        said = torch.zeros(*tokens.shape, problem.task.d_vocab)
        rows = torch.arange(len(tokens))
        said[rows, -1, self.task.answers(tokens)[:, 0]] = 1.0
        said[rows, -1, 0] = 2.0 * (tokens.sum(dim=1) % 2)
        # What is said elsewhere is not asked.
        said[:, 0, 3] = 9.0
        return said

    monkeypatch.setattr(Problem, "logits", logits)
    monkeypatch.setattr(module, "_right", RIGHT)
    kept = 0
    for template in ASKED:
        found = pairs(problem, template)
        assert not (found.clean.sum(dim=1) % 2).any()
        assert not (found.corrupted.sum(dim=1) % 2).any()
        kept += len(found.clean)
    everything = sum(likeliest(a) != likeliest(b) for a, b in product(range(len(VERBS)), repeat=2))
    # About a quarter: two prompts are both even, or both odd, only if their verbs are alike.
    assert 0.15 * everything < kept < 0.35 * everything


def test_differences_by_hand(small: Small) -> None:
    hand, found = ByHand(small), pairs(small, ASKED[2])
    runs = [hand.run(tokens).logits[:, -1] for tokens in (found.clean, found.corrupted)]
    places = [
        torch.tensor([small.task.token(likeliest(verb)) for verb in column.tolist()])
        for column in found.verbs.unbind(dim=1)
    ]
    rows = torch.arange(len(found.clean))
    clean, corrupted = (run[rows, places[0]] - run[rows, places[1]] for run in runs)
    near(found.clean_difference, clean)
    near(found.corrupted_difference, corrupted)
    near(found.whole(), clean - corrupted)
    own = small.logits(found.clean)
    near(found.restored(own), clean - corrupted)
    near(found.broken(own), torch.zeros(len(own)))
    near(found.broken(small.logits(found.corrupted)), clean - corrupted)
    near(found.probability(own), runs[0].softmax(-1)[rows, places[0]])


def test_a_share_is_a_ratio_of_sums_with_verbs_for_cases(small: Small) -> None:
    generator = torch.Generator().manual_seed(5)
    given = {
        template: torch.rand(len(pairs(small, template).verbs), generator=generator)
        for template in ASKED
    }

    def effect(found: Pairs) -> Tensor:
        return given[found.problem.task.template]

    part, whole = dict.fromkeys(range(len(VERBS)), 0.0), dict.fromkeys(range(len(VERBS)), 0.0)
    for template in ASKED:
        found = pairs(small, template)
        for (clean, _), some_part, all_of_it in zip(
            found.verbs.tolist(), given[template].tolist(), found.whole().tolist(), strict=True
        ):
            part[clean] += some_part
            whole[clean] += all_of_it
    measured = share(small, effect)
    ratio = sum(part.values()) / sum(whole.values())
    assert measured.value == pytest.approx(ratio, rel=1e-4)
    assert measured.n == sum(value != 0 for value in whole.values())
    # The interval: by linearisation, verb by verb.
    rests = [part[verb] - ratio * whole[verb] for verb in part if whole[verb]]
    error = sqrt(sum(rest**2 for rest in rests) * len(rests) / (len(rests) - 1))
    assert measured.interval
    half = 1.959964 * error / abs(sum(whole.values()))
    assert measured.interval.high - measured.value == pytest.approx(half, rel=1e-3)
    assert share(small, Pairs.whole).value == pytest.approx(1.0)
