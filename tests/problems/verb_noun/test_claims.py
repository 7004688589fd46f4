"""Claims about Verb to Noun: that each can be measured, and what measurements say by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from analyses.evidence.claims import UNTRAINED, Measurement
from analyses.evidence.explanations import Explanation, Program
from analyses.instruments.heads import Head
from analyses.verb_noun import claims, edges, knowing, neurons, twins
from analyses.verb_noun import pairs as pairs_of_verbs
from analyses.verb_noun.claims import CLAIMS
from analyses.verb_noun.completion import ASKED
from analyses.verb_noun.effects import along, patched
from analyses.verb_noun.pairs import SEED, UNSEEN, pairs
from analyses.verb_noun.skip_trigrams import verb_to_place
from models import checkpoint
from models.card import Architecture
from models.problem import Problem
from models.verb_noun.task import VERBS, VerbNoun
from tests.problems.verb_noun.random_model import random_model, weights

Small = Problem[VerbNoun]
TWO = (ASKED[0], ASKED[-1])
TRAINED = twins.trained
"""Before a fixture puts random weights in its place."""


@pytest.fixture(scope="module")
def model(few: None) -> Iterator[Small]:
    """Three heads and a SoLU, with random weights, asked in two templates; so are its twins."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (claims, knowing, neurons, pairs_of_verbs):
            patch.setattr(module, "ASKED", TWO)
        others = {
            "attention_only": random_model(None, n_heads=3),
            "gelu": random_model("gelu", n_heads=3, d_mlp=20),
        }
        patch.setattr(twins, "trained", lambda problem, twin: others[twin])
        yield random_model(n_heads=3, d_mlp=20)


@pytest.fixture(scope="module")
def measured(model: Small) -> dict[str, Measurement]:
    """What the claims measure on it."""
    return {claim.name: claim.measure(model) for claim in CLAIMS}


def test_every_claim_is_a_sentence_about_a_named_quantity() -> None:
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.sentence[0].isupper() and claim.sentence.endswith(".")
        assert claim.quantity.strip() and claim.counted.strip()
        assert all(control.what.strip() for control in claim.controls)


def test_every_claim_can_be_measured(measured: dict[str, Measurement]) -> None:
    for claim in CLAIMS:
        found = measured[claim.name]
        assert found.is_finite() and found.n > 0, claim.name
        assert (found.interval is not None) == (claim.evidence == "sampled"), claim.name


def test_random_weights_satisfy_no_claim_about_what_a_model_knows(
    measured: dict[str, Measurement],
) -> None:
    controlled = [claim for claim in CLAIMS if UNTRAINED in claim.controls]
    assert len(controlled) > 4
    assert not [each.name for each in controlled if each.satisfied_by(measured[each.name])]


def test_every_control_can_be_measured(model: Small) -> None:
    for claim in CLAIMS:
        for control in claim.controls:
            assert control.of(claim, model).n > 0, (claim.name, control.what)


def part_of(model: Small, effect: str, heads: list[Head], seed: int) -> float:
    """What some heads have of the effect of the verb: sums over pairs, one after the other."""
    part = whole = 0.0
    for template in TWO:
        found = pairs(model, template, seed)
        whole += float(found.whole().double().sum())
        if effect == "denoising":
            part += float(patched(found, heads, "denoising").double().sum())
        else:
            part += float(along(found, heads, "mlp" if effect == "mlp" else "direct").sum())
    return part / whole


def test_heads_are_ranked_by_what_each_restores(model: Small) -> None:
    ranking = claims.ranked_heads(model)
    assert sorted(ranking) == [Head(0, number) for number in range(3)]
    values = [claims.best_head(model, rank).value for rank in range(3)]
    assert values == sorted(values, reverse=True)
    for rank in (0, 2):
        expected = part_of(model, "denoising", [ranking[rank]], SEED)
        assert values[rank] == pytest.approx(expected, rel=1e-4)
    for first, last in ((0, 2), (1, 3)):
        heads = ranking[first:last]
        expected = part_of(model, "denoising", heads, UNSEEN)
        assert claims.of_heads(model, first, last).value == pytest.approx(expected, rel=1e-4)
    for which in ("mlp", "direct"):
        expected = part_of(model, which, ranking, SEED)
        assert claims.way(model, which).value == pytest.approx(expected, rel=1e-3)


def test_parts_of_what_neurons_add(model: Small) -> None:
    unseen = [pairs(model, template, UNSEEN) for template in TWO]
    some = [neurons.contributions(found).double() for found in unseen]
    each = torch.cat(some)
    whole = float(each.sum())
    largest = float(each.sort(dim=1, descending=True).values[:, :3].sum())
    assert claims.of_neurons(model, 3).value == pytest.approx(largest / whole, rel=1e-4)
    assert claims.of_neurons(model, 20).value == pytest.approx(1.0, rel=1e-4)
    assert claims.of_neurons(model, 20, turned=True).value == pytest.approx(1.0, rel=1e-4)
    chosen = list(neurons.ranking(model)[:2])
    fixed = float(each[:, chosen].sum())
    assert claims.of_neurons(model, 2, fixed=True).value == pytest.approx(fixed / whole, rel=1e-4)


def test_a_table_tells_as_far_as_it_goes_along_with_the_model(model: Small) -> None:
    own, told = [], []
    for template in TWO:
        found = pairs(model, template)
        table = verb_to_place(found.problem).sum(dim=0)
        main = model.task.place_odds.argmax(dim=1)
        own += found.clean_difference.tolist()
        told += [
            float(table[one, main[one]] - table[one, main[other]])
            for one, other in found.verbs.tolist()
        ]
    expected = float(torch.corrcoef(torch.tensor([own, told]))[0, 1])
    assert claims.table_tells(model).value == pytest.approx(expected, abs=1e-4)
    twin = twins.trained(model, "attention_only")
    assert claims.table_tells(twin, asking_of=model).value != claims.table_tells(twin).value


def test_twins_are_compared_with_the_model(model: Small) -> None:
    for twin in ("attention_only", "gelu"):
        other = twins.trained(model, twin)
        expected = knowing.gap(other).value / knowing.gap(model).value
        assert claims.gap_over(model, twin).value == pytest.approx(expected, rel=1e-5)
    own, other = (neurons.by_verb(each) for each in (model, twins.trained(model, "gelu")))
    expected = neurons.mean_verbs(own) / neurons.mean_verbs(other)
    assert claims.verbs_against_gelu(model).value == pytest.approx(expected, rel=1e-5)
    mixed = neurons.mean_verbs(neurons.mixed(own)) / neurons.mean_verbs(other)
    assert claims.verbs_against_gelu(model, mix=True).value == pytest.approx(mixed, rel=1e-5)


def always(word: str) -> Explanation:
    """One that says the same word whatever it reads."""

    def predict(tokens: Tensor, tables: object) -> Tensor:
        return torch.full((len(tokens), 1), VerbNoun().token(word))

    return Explanation("always", "Always the same.", lambda problem: Program(predict))


def test_a_program_agrees_where_it_says_what_the_model_says(
    model: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = {t: knowing.prompts(model, t) for t in TWO}
    words = [word for t in TWO for word in tokens[t].said.argmax(dim=1).tolist()]
    often = model.task.vocabulary[max({*words}, key=words.count)]
    share = words.count(model.task.token(often)) / len(words)
    found = claims.agreed(model, always(often))
    assert (found.value, found.n) == (pytest.approx(share), len(VERBS))
    assert claims.agreed(model, always("talk")).value == pytest.approx(
        words.count(model.task.token("talk")) / len(words)
    )


def test_prompts_with_two_verbs_that_lead_astray(model: Small) -> None:
    asked, tokens, own = claims.astray(model)
    everything = edges.second_verbs(asked, 600, claims.FINER)
    kept, places = [], asked.task.language.places.tolist()
    answers = asked.task.answers(everything)[:, 0].tolist()
    for row, said, answer in zip(
        everything.tolist(), asked.logits(everything)[:, -1].tolist(), answers, strict=True
    ):
        place = max(places, key=lambda token: said[token])
        if place != answer:
            kept.append((row, place))
    assert [(row, place) for row, place in zip(tokens.tolist(), own.tolist(), strict=True)] == kept
    second = edges.place_of_second(asked, tokens)
    agreed = sum(int(place) == there for place, (_, there) in zip(second, kept, strict=True))
    assert claims.second_of_two(model).value == pytest.approx(agreed / len(kept))
    often = model.task.vocabulary[int(own.mode().values)]
    found = claims.foreseen_of_two(model, always(often))
    assert found.value == pytest.approx(float((own == own.mode().values).double().mean()))
    assert found.n == len(kept)


@pytest.mark.parametrize(("twin", "act_fn"), [("attention_only", None), ("gelu", "gelu")])
def test_a_twin_is_read_from_its_file(
    twin: twins.Twin, act_fn: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_model(n_heads=1)
    sizes: Architecture = twins.architecture(problem.card, twin)
    assert (sizes.act_fn, sizes.attn_only) == (act_fn, act_fn is None)
    given = weights(sizes)
    checkpoint.write(given, tmp_path / f"{twin}.safetensors")
    monkeypatch.setattr(twins, "TWINS", tmp_path)
    found = TRAINED(problem, twin)
    assert found.task == problem.task and found.architecture == sizes
    assert all(torch.equal(found.weights[name], given[name]) for name in given)
