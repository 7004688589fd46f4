"""Bounds are held against what they bound, computed in float64 by a plain rebuild."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from analyses.attention import patterns
from analyses.cumulative_sum import bounds, one_dimensional
from analyses.cumulative_sum.brute_force import all_sequences
from analyses.cumulative_sum.uniform import uniform
from models.cumulative_sum.task import CumulativeSum
from models.errors import CheckpointError
from models.problem import Problem
from models.scoring import margins
from tests.plain_transformer import PlainTransformer
from tests.problems.cumulative_sum.hand_made import random_problem


def everything(task: CumulativeSum) -> Tensor:
    return torch.cat(list(all_sequences(task.d_vocab, task.length)))


def exact(problem: Problem[CumulativeSum]) -> PlainTransformer:
    """The model in float64, attention and all."""
    return PlainTransformer(problem.weights, problem.architecture).double()


def uniform_logits(problem: Problem[CumulativeSum], tokens: Tensor) -> Tensor:
    """By the terms of `uniform`, at every position."""
    counts = one_hot(tokens, problem.task.d_vocab).cumsum(dim=1)
    terms, by_position = uniform(problem), []
    for n in range(tokens.shape[1]):
        by_position.append(terms.logits(counts[:, n], tokens[:, n]))
    return torch.stack(by_position, dim=1)


@pytest.mark.parametrize("seed", range(4))
def test_with_uniform_attention_the_terms_are_the_model(small: CumulativeSum, seed: int) -> None:
    problem, tokens = random_problem(small, seed, attention=0.0), everything(small)
    with torch.no_grad():
        expected = exact(problem)(tokens)
    torch.testing.assert_close(uniform_logits(problem, tokens), expected, atol=1e-9, rtol=1e-12)


def test_a_model_of_two_heads_is_not_what_this_is_about(
    problem: Problem[CumulativeSum],
) -> None:
    two = replace(problem, architecture=problem.architecture.model_copy(update={"n_heads": 2}))
    with pytest.raises(CheckpointError, match="2 heads, and this analysis is written for one"):
        uniform(two)


def test_the_order_of_what_was_read_does_not_matter(problem: Problem[CumulativeSum]) -> None:
    tokens = problem.fresh(200, 5)
    shuffled = tokens.clone()
    order = torch.randperm(19, generator=torch.Generator().manual_seed(1))
    shuffled[:, :19] = tokens[:, order]
    before, after = (problem.logits(given)[:, -1] for given in (tokens, shuffled))
    torch.testing.assert_close(before, after, atol=2e-5, rtol=0)


@pytest.mark.parametrize("attention", [0.0, 0.01, 0.1, 0.5])
@pytest.mark.parametrize("seed", range(3))
def test_no_attention_is_further_from_uniform_than_its_bound(
    small: CumulativeSum, seed: int, attention: float
) -> None:
    problem = random_problem(small, seed, attention)
    found = bounds.from_uniform(patterns(problem, everything(small)))
    bound = bounds.attention(problem)
    rounding = 1e-6
    assert (found.amax(dim=(0, 1, 3)) <= bound.largest + rounding).all()
    assert (found.sum(dim=-1).amax(dim=(0, 1)) <= bound.total_32 + rounding).all()
    # Not by being far too large: where it is small, it is nearly reached.
    if attention == 0.01:
        assert found[:, 0, 1].max() > bound.largest[1] / 10


@pytest.mark.parametrize("attention", [0.0, 0.001, 0.02])
@pytest.mark.parametrize("seed", range(3))
def test_no_margin_is_further_from_the_enumerated_one_than_its_bound(
    small: CumulativeSum, seed: int, attention: float
) -> None:
    problem, tokens = random_problem(small, seed, attention), everything(small)
    with torch.no_grad():
        in_float64 = margins(small, exact(problem)(tokens), tokens)
    in_float32 = margins(small, problem.logits(tokens), tokens).double()
    enumerated = margins(small, uniform_logits(problem, tokens), tokens)
    errors = bounds.errors(problem)
    apart_64 = (in_float64 - enumerated).abs().amax(dim=0)
    apart_32 = (in_float32 - enumerated).abs().amax(dim=0)
    assert (apart_64 <= errors.attention + errors.float64).all()
    assert (apart_32 <= errors.float32 + errors.float64).all()
    assert (errors.total >= torch.maximum(apart_32, apart_64)).all()
    if attention:
        assert errors.attention[-1] < 1000 * apart_64[-1]


def test_one_key_gets_all_attention(small: CumulativeSum) -> None:
    bound = bounds.attention(random_problem(small, 0, attention=1.0))
    assert bound.largest[0] == 0
    assert (bound.largest[1:] > 0).all()


def test_the_committed_model_is_uniform_and_an_untrained_one_is_not(
    problem: Problem[CumulativeSum], untrained: Problem[CumulativeSum]
) -> None:
    assert bounds.attention(problem).largest.max() < 1e-9
    assert bounds.attention(untrained).largest.max() > bounds.TOLERATED


def test_distance_from_uniform_by_hand() -> None:
    attention = torch.tensor([[[[1.0, 0.0], [0.25, 0.75]]]])
    assert bounds.from_uniform(attention).tolist() == [[[[0.0, 0.0], [0.25, 0.25]]]]


class TestSums:
    """The proof from position, last token and sum."""

    @pytest.mark.parametrize("seed", range(3))
    def test_no_sequence_has_a_smaller_margin_than_its_case(
        self, small: CumulativeSum, seed: int
    ) -> None:
        problem, tokens = random_problem(small, seed, attention=0.0), everything(small)
        found = margins(small, uniform_logits(problem, tokens), tokens)
        sums = small.sums(tokens)
        for n in range(1, small.length + 1):
            case = one_dimensional.sums_at(uniform(problem), small, n)
            before = sums[:, n - 1] - small.values(tokens)[:, n - 1] + small.max_value * (n - 1)
            bound = case.margin[tokens[:, n - 1], before]
            assert (found[:, n - 1] >= bound - 1e-9).all()
            assert torch.equal(
                case.right[tokens[:, n - 1], before], small.answers(tokens)[:, n - 1]
            )

    def test_it_is_exact_where_tokens_write_multiples_of_their_value(
        self, small: CumulativeSum
    ) -> None:
        terms = uniform(random_problem(small, 0, attention=0.0))
        values = small.values(torch.arange(5)).double().unsqueeze(1)
        straight = terms._replace(token=1.5 + values * torch.arange(7))
        assert one_dimensional.line(straight, small).rest.abs().max() < 1e-12
        case = one_dimensional.sums_at(straight, small, 3)
        # 1 and -2 before a 2: the sum is 1.
        counts = torch.tensor([[1, 0, 0, 1, 1]])
        logits = straight.logits(counts, torch.tensor([4]))[0]
        margin = logits[2] - logits[:2].max()
        torch.testing.assert_close(case.margin[4, -1 + 4], margin)

    def test_sequences_are_counted_exactly(self, small: CumulativeSum) -> None:
        case = one_dimensional.sums_at(uniform(random_problem(small, 1, 0.0)), small, 3)
        assert case.cases == 5 * 9
        assert case.sequences_above(float("-inf")) == 5**3
        assert case.sequences_above(float("inf")) == 0
        assert sum(one_dimensional.orderings(CumulativeSum(), 19)) == 11**19

    def test_all_positions_of_the_task_have_21120_cases(
        self, problem: Problem[CumulativeSum]
    ) -> None:
        terms = uniform(problem)
        cases = [one_dimensional.sums_at(terms, problem.task, n).cases for n in range(1, 21)]
        assert sum(cases) == 21_120
