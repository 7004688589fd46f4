"""Layer 0: what it looks at, what its scores are made of, and how far they can be bounded."""

import pytest
import torch

from analyses.instruments.activations import KEYS, PATTERN, QUERIES, activations
from analyses.instruments.heads import Head
from analyses.palindromes import samples
from analyses.palindromes.bounds import (
    always_apart,
    extremes,
    least_margin,
    reach,
    reach_by_value,
)
from analyses.palindromes.comparing import comparer, looks, other_of, parts, seen
from analyses.palindromes.explanations import BY_VALUES, lines, rest, tell
from analyses.palindromes.scores import scores
from models.palindromes.task import Palindromes
from models.problem import Problem
from tests.problems.palindromes.small import every, made

Small = Problem[Palindromes]
HEADS = [Head(0, 0), Head(0, 1)]


@pytest.mark.parametrize("head", HEADS)
def test_looks_are_read_off_the_pattern(small: Small, head: Head) -> None:
    tokens = samples.others(small)
    pattern = activations(small, tokens, PATTERN, 0)[:, head.number]
    found = looks(small, head, tokens)
    for number, place in enumerate(small.task.places):
        mirror = small.task.mirror(place)
        for paid, target in zip(found, (mirror, mirror - 1, place, 0), strict=True):
            assert torch.equal(paid[:, number], pattern[:, place, target])
    assert torch.equal(seen(small, head).differs, small.task.differs(tokens))


def test_the_comparer_looks_most_at_the_mirror(small: Small) -> None:
    tokens = samples.palindromes(small)
    means = [float(looks(small, head, tokens).mirror.mean()) for head in HEADS]
    assert comparer(small) == HEADS[means.index(max(means))]
    assert {comparer(small), other_of(small, comparer(small))} == set(HEADS)


def asked(problem: Small, head: Head, tokens: torch.Tensor) -> torch.Tensor:
    """The model's own scores, `[batch, query, key]`."""
    q, k = (activations(problem, tokens, name, 0)[:, :, head.number] for name in (QUERIES, KEYS))
    return q @ k.mT / problem.architecture.d_head**0.5


@pytest.mark.parametrize("head", HEADS)
def test_scores_are_those_of_the_model(small: Small, head: Head) -> None:
    tokens, found = every(small.task)[::7], scores(small, head)
    own = asked(small, head, tokens).double()
    for number, place in enumerate(small.task.places):
        at_place = found.values[number, tokens[:, place]]
        for position in range(1, place + 1):
            score = at_place[torch.arange(len(tokens)), position - 1, tokens[:, position]]
            # But for the key bias, scores of the folded model are the same: rounding is relative
            # to scores of some hundred.
            torch.testing.assert_close(score, own[:, place, position], atol=1e-3, rtol=1e-5)
        start = found.start[number, tokens[:, place]]
        torch.testing.assert_close(start, own[:, place, 0], atol=1e-3, rtol=1e-5)
    assert 0 < found.error < 1e-8
    with pytest.raises(ValueError, match=r"head 1\.0: of a later layer"):
        scores(small, Head(1, 0))


@pytest.mark.parametrize("head", HEADS)
def test_parts_and_what_is_between_them_add_up_to_the_score(small: Small, head: Head) -> None:
    task, model, found = small.task, small.model, parts(small, head)
    tokens = every(task)[::5]
    own = asked(small, head, tokens)
    w_q, w_k = model.W_Q[0, head.number], model.W_K[0, head.number]

    def terms(position: int) -> tuple[torch.Tensor, torch.Tensor]:
        token, at = model.W_E, model.W_pos[position]
        token, at = token - token.mean(dim=1, keepdim=True), at - at.mean()
        scale = ((token + at).square().mean(dim=1, keepdim=True) + model.cfg.eps).sqrt()
        return token / scale, at / scale

    for number, place in enumerate(task.places):
        mirror = task.mirror(place)
        value, other = tokens[:, place], tokens[:, mirror]
        token, at = (term[value] for term in terms(place))
        token_there, at_there = (term[other] for term in terms(mirror))
        key_bias, query_bias = model.b_K[0, head.number], model.b_Q[0, head.number]
        between = token @ w_q * (at_there @ w_k) + at @ w_q * (token_there @ w_k)
        positions = (at @ w_q * (at_there @ w_k)).sum(dim=1)
        biases = (token + at) @ w_q * key_bias
        biases = biases + query_bias * ((token_there + at_there) @ w_k + key_bias)
        rest = (between.sum(dim=1) + biases.sum(dim=1) + positions) / 2
        total = found.tokens[number, value, other] + rest
        torch.testing.assert_close(total, own[:, place, mirror], atol=2e-3, rtol=1e-4)
        # The position part is that of the mean over values.
        q = terms(place)[1][: task.start].mean(dim=0) @ w_q
        k = terms(mirror)[1][: task.start].mean(dim=0) @ w_k
        torch.testing.assert_close(found.positions[number, mirror], q @ k / 2, atol=1e-3, rtol=1e-4)
        assert found.positions[number, place + 1 :].isneginf().all()


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("head", HEADS)
def test_extremes_are_those_of_all_sequences(small: Small, head: Head, paired: bool) -> None:
    task, tokens = small.task, every(small.task)
    mirrored = looks(small, head, tokens).mirror.double()
    differs = task.differs(tokens)
    found = extremes(small, head, paired)
    apart = torch.zeros(3, 4, dtype=torch.bool)
    for number, place in enumerate(task.places):
        others = [n for n in range(3) if n != number]
        allowed = ~differs[:, others].any(dim=1) if paired else torch.ones(len(tokens)).bool()
        for value in range(4):
            here = allowed & (tokens[:, place] == value)
            equal = mirrored[here & ~differs[:, number], number]
            unequal = mirrored[here & differs[:, number], number]
            expected = (equal.min(), equal.max(), unequal.max())
            for end, there in zip(found, expected, strict=True):
                torch.testing.assert_close(end[number, value], there, atol=1e-5, rtol=1e-4)
            apart[number, value] = equal.min() > unequal.max()
    assert torch.equal(always_apart(small, head, paired), apart)


def test_the_least_margin_is_below_that_of_all_in_between(small: Small) -> None:
    generator = torch.Generator().manual_seed(2)
    ends = torch.rand(2, 50, 3, generator=generator, dtype=torch.float64)
    low, high = ends.amin(dim=0), ends.amax(dim=0)
    least = least_margin(small, low, high)
    tables = BY_VALUES.program(small).tables

    def margin(seen: torch.Tensor) -> torch.Tensor:
        score = tables["score_level"] + seen[:, None] * tables["score_slope"]
        value = tables["value_level"] + seen[:, None] * tables["value_slope"]
        return tell(score.float(), value.float(), rest(small), None)[:, 0, 1].double()

    assert lines(small).keys() < tables.keys()
    for _ in range(20):
        share = torch.rand(50, 3, generator=generator, dtype=torch.float64)
        assert (margin(low + share * (high - low)) >= least - 1e-4).all()
    torch.testing.assert_close(least_margin(small, low, low), margin(low), atol=1e-4, rtol=1e-4)


def test_more_cases_leave_more_of_the_margin(small: Small) -> None:
    one, four, many = (reach(small, pieces) for pieces in (1, 4, 4096))
    assert [one.cases, four.cases] == [1.0, 64.0]
    assert one.margin.mean() < four.margin.mean() < many.margin.mean()
    assert one.share() <= many.share()
    assert (one.margin <= reach_by_value(small).margin + 1e-9).all()


def test_one_case_for_all_has_no_more_than_one_margin(single: Small) -> None:
    assert comparer(single) == Head(0, 0)
    assert len(reach(single, 1).margin.unique()) == 1
    assert made(single.task).task == single.task
