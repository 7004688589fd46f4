"""Explanations of Palindromes as programs."""

import pytest
import torch

from analyses.evidence.explanations import Explanation, Trial, put_to_the_test
from analyses.instruments.activations import KEYS, LN_FINAL_SCALE, QUERIES, RESID_PRE, activations
from analyses.instruments.heads import Head
from analyses.instruments.interventions import head_ablations
from analyses.palindromes import samples
from analyses.palindromes.changes import above
from analyses.palindromes.comparing import comparer, looks
from analyses.palindromes.explanations import (
    BY_PLACE,
    BY_VALUES,
    CONTENT,
    EXPLANATIONS,
    all_or_nothing,
    by_equality,
    by_pair,
    contents,
    follow,
    inside,
    line,
    paid,
    paid_by_place,
    tell,
)
from analyses.palindromes.scores import scores
from models.palindromes.task import NO, YES, Palindromes
from models.problem import Problem
from tests.problems.palindromes.small import every, made

Small = Problem[Palindromes]


def test_attention_is_looked_up_by_hand() -> None:
    own, mirror = torch.tensor([[0, 1]]), torch.tensor([[0, 2]])
    table = torch.tensor([[0.1, 0.9], [0.2, 0.8]])
    assert by_equality(own, mirror, {"paid": table}).tolist() == [[table[0, 1], table[1, 0]]]
    pairs = torch.arange(18.0).reshape(2, 3, 3)
    assert by_pair(own, mirror, {"paid": pairs}).tolist() == [[0.0, 14.0]]


def test_end_adds_up_by_hand() -> None:
    tables = {
        "rest_score": torch.tensor([[0.0], [0.0]]),
        "rest_value": torch.tensor([[2.0], [0.0]]),
        "constant": torch.tensor(0.5),
    }
    # The first head pays a half to its one place, the second nearly all.
    score = torch.tensor([[[0.0], [20.0]]])
    value = torch.tensor([[[-4.0], [3.0]]])
    no, yes = tell(score, value, tables, None)[0, 0].tolist()
    assert yes - no == pytest.approx(0.5 + (2 - 4) / 2 + 3)
    two = score.repeat(2, 1, 1), torch.cat([value, value + 2])
    said = tell(*two, tables, 1)[:, 0, YES].tolist()
    # Of the second head the mean: four, both times.
    assert said == pytest.approx([0.5 - 1 + 4, 0.5 - 1 + 1 + 4])


def test_lines_are_those_of_least_squares() -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(40, 3, generator=generator)
    y = torch.rand(40, 2, 3, generator=generator)
    level, slope = line(x, y)
    for head in range(2):
        for place in range(3):
            sides = torch.stack([torch.ones(40), x[:, place]], dim=1)
            expected = torch.linalg.lstsq(sides, y[:, head, place, None]).solution[:, 0]
            found = torch.stack([level[head, place], slope[head, place]])
            torch.testing.assert_close(found, expected)


def test_attention_by_pair_is_a_softmax_over_means(small: Small) -> None:
    task, found = small.task, scores(small, comparer(small))
    table = paid(small)
    for number, place in enumerate(task.places):
        for own in range(4):
            for other in range(4):
                weight, at_mirror = float(found.start[number, own].exp()), 0.0
                for position in range(1, place + 1):
                    drawn = found.values[number, own, position - 1].exp()
                    if position == place:
                        weight += float(drawn[own])
                    elif position != task.mirror(place):
                        weight += float(drawn.mean())
                    else:
                        at_mirror = float(drawn[other])
                expected = at_mirror / (at_mirror + weight)
                assert float(table[number, own, other]) == pytest.approx(expected, abs=1e-5)
    by_place = paid_by_place(small)
    equal = table.diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(by_place[:, 1], equal.mean(dim=1))
    torch.testing.assert_close(by_place[:, 0] * 12, table.sum(dim=(1, 2)) - equal.sum(dim=1))


def test_where_nothing_stands_between_it_is_the_models_own(few: None) -> None:
    two = made(Palindromes(length=2, max_value=4))
    tokens = every(two.task)
    own = looks(two, comparer(two), tokens).mirror[:, 0]
    found = paid(two)[0, tokens[:, 2], tokens[:, 1]]
    torch.testing.assert_close(found, own, atol=1e-5, rtol=1e-4)


def test_with_one_head_what_stands_and_what_is_moved_are_all_that_is_read(single: Small) -> None:
    tokens, tables, seen = every(single.task), contents(single), inside(single)
    moved, at_mirror = follow(tokens, tables, 3)
    own = looks(single, Head(0, 0), tokens).mirror
    torch.testing.assert_close(at_mirror, own, atol=1e-5, rtol=1e-4)
    places = list(single.task.places)
    residual = activations(single, tokens, RESID_PRE, 1)[:, places]
    centred = residual - residual.mean(dim=-1, keepdim=True)
    found = moved + tables["stands"][torch.arange(3), tokens[:, places]]
    torch.testing.assert_close(found, centred @ seen.directions.T, atol=1e-3, rtol=1e-4)


def test_along_the_directions_are_scores_of_the_mean_query_and_what_is_heard(small: Small) -> None:
    seen = inside(small)
    query = activations(small, seen.tokens, QUERIES, 1)[:, -1].mean(dim=0)
    keys = activations(small, seen.tokens, KEYS, 1)
    residual = activations(small, seen.tokens, RESID_PRE, 1)
    centred = residual - residual.mean(dim=-1, keepdim=True)
    read = centred / (centred.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt()
    score, value = (read @ seen.directions.T + seen.bias).mT.chunk(2, dim=1)
    expected = torch.einsum("bphd,hd->bhp", keys, query) / 2
    torch.testing.assert_close(score, expected, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(value, seen.value, atol=1e-3, rtol=1e-4)


def test_all_that_end_hears_is_the_models_answer_at_a_typical_scale(small: Small) -> None:
    seen = inside(small)
    weight = seen.score.softmax(dim=2)
    heard = (weight * seen.value).sum(dim=(1, 2)).mean() + seen.constant
    # In the mean over sequences, as the logits are where the final scale is put back.
    scale = activations(small, seen.tokens, LN_FINAL_SCALE)[:, -1, 0]
    bias = small.model.b_U[YES] - small.model.b_U[NO]
    own = ((above(small, seen.tokens) - bias) * scale / scale.mean()).mean() + bias
    torch.testing.assert_close(heard, own, atol=1e-3, rtol=1e-4)


def test_published_words_by_hand(palindromes: Small) -> None:
    program = all_or_nothing(palindromes)
    whole = samples.palindromes(palindromes)[:5]
    changed = samples.changed_at(palindromes, 15)[:5]
    assert (program(whole) == YES).all()
    reads = program.tables["reads"]
    assert reads.shape == (2, 10)
    assert (program(changed) == (YES, NO)[bool(reads[:, 4].any())]).all()
    assert (program(changed, str(comparer(palindromes))) == YES).all()
    assert (program(changed, "1.0") == (YES, NO)[bool(reads[1, 4])]).all()


@pytest.mark.parametrize("explanation", EXPLANATIONS, ids=lambda explanation: explanation.name)
def test_every_explanation_answers(explanation: Explanation, small: Small) -> None:
    tokens = samples.evaluation(small)[:50]
    inputs = {"random": tokens, "one": samples.changed_at(small, 5)}
    explained = put_to_the_test(explanation, Trial.of(small, inputs, head_ablations(small)))
    assert explained.bits > 0
    assert [each.n for each in explained.agreements] == [50, len(inputs["one"])]
    assert len(explained.foreseen) == 4


@pytest.mark.parametrize("explanation", [BY_PLACE, BY_VALUES, CONTENT], ids=lambda e: e.name)
def test_they_read_what_the_model_reads(explanation: Explanation, small: Small) -> None:
    program, tokens = explanation.program(small), samples.evaluation(small)[:50]
    said = program.predict(tokens, program.tables)
    assert said.shape == (50, 1, 2)
    assert said.isfinite().all()
    assert program.under is not None
    # An intervention that they do not know of changes nothing; ablating all that one head of
    # layer 1 adds leaves a mean.
    assert torch.equal(program.under(tokens, program.tables, "0.9"), said)
    for reader in ("1.0", "1.1"):
        assert not torch.equal(program.under(tokens, program.tables, reader), said)
    if explanation is not CONTENT:
        without = program.under(tokens, program.tables, str(comparer(small)))
        assert without[:, 0, YES].std() < 1e-4


def test_content_predicts_the_committed_model(palindromes: Small) -> None:
    one = torch.cat([samples.changed_at(palindromes, place)[:30] for place in range(11, 21)])
    inputs = {"random": palindromes.fresh(300, seed=5), "one": one}
    trial = Trial.of(palindromes, inputs, head_ablations(palindromes)[:1])
    task, content = (put_to_the_test(each, trial) for each in (EXPLANATIONS[0], CONTENT))
    assert content.agreements[1].share > max(0.95, task.agreements[1].share)
    assert content.foreseen_share > 0.9 > task.foreseen_share


def test_of_other_models_nothing_is_said() -> None:
    linear = made(Palindromes(length=4, max_value=2), normalization=None)
    with pytest.raises(ValueError, match="expected an attention-only model with LayerNorm"):
        inside(linear)
