"""Bounds are held against what they bound, computed in float64 by a plain rebuild."""

from dataclasses import replace
from math import inf

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from analyses.cumulative_sum import bounds, one_dimensional
from analyses.cumulative_sum.brute_force import all_sequences
from analyses.cumulative_sum.formula import apart, formula
from analyses.cumulative_sum.uniform import Uniform, uniform
from analyses.evidence.bounds import ROUNDOFF_32, gamma, tilted
from analyses.instruments.attention import patterns
from models.cumulative_sum.task import CumulativeSum
from models.errors import CheckpointError
from models.plain import PlainTransformer
from models.problem import Problem
from models.scoring import margins
from tests.problems.cumulative_sum.hand_made import (
    architecture,
    made_of,
    random_problem,
    random_weights,
)


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
    total = 2 * tilted(bound.spread.amax(dim=1))
    rounding = 1e-6
    assert (found.amax(dim=(0, 1, 3)) <= bound.largest + rounding).all()
    assert (found.sum(dim=-1).amax(dim=(0, 1)) <= total + rounding).all()
    # Not by being far too large: where it is small, it is nearly reached.
    if attention == 0.01:
        assert found[:, 0, 1].max() > bound.largest[1] / 3


def beyond(exact: Tensor, enumerated: Tensor, bound: Tensor, tokens: Tensor) -> Tensor:
    """Differences of logits that are apart, in units of the bound; by position."""
    moved = exact.double() - enumerated
    errors = bound[torch.arange(tokens.shape[1]), tokens]
    shares = (moved.unsqueeze(-1) - moved.unsqueeze(-2)).abs() / errors
    return shares.flatten(2).amax(dim=(0, 2))


@pytest.mark.parametrize("attention", [0.0, 0.001, 0.02, 1.0])
@pytest.mark.parametrize("by_token", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_no_lead_is_further_from_the_enumerated_one_than_its_bound(
    small: CumulativeSum, seed: int, by_token: bool, attention: float
) -> None:
    problem, tokens = random_problem(small, seed, attention), everything(small)
    found = formula(problem, by_token)
    enumerated, errors = found.logits(tokens), found.errors
    with torch.no_grad():
        in_float64 = exact(problem)(tokens)
    rounding = errors.float64 + 1e-12
    assert (beyond(in_float64, enumerated, errors.attention + rounding, tokens) <= 1).all()
    in_float32 = problem.logits(tokens)
    shares = beyond(in_float32, enumerated, errors.float32 + rounding, tokens)
    assert (shares <= 1).all()
    assert (shares <= apart(problem, found, tokens).amax(dim=0) * 1.001).all()
    # Not by being far too large.
    if attention >= 0.02 and not by_token:
        assert shares[-1] > 0.05


def test_the_formula_by_tokens_is_exact_where_scores_do_not_know_positions(
    small: CumulativeSum,
) -> None:
    weights = random_weights(architecture(small), 1, attention=0.7)
    weights["pos_embed.W_pos"] *= 0
    problem, tokens = made_of(small, weights), everything(small)
    found = formula(problem, by_token=True)
    assert found.errors.attention.max() < 1e-10
    with torch.no_grad():
        expected = exact(problem)(tokens)
    torch.testing.assert_close(found.logits(tokens), expected, atol=1e-9, rtol=1e-12)


def test_a_wrong_formula_is_seen(problem: Problem[CumulativeSum]) -> None:
    """Also one that is wrong by far less than any margin: tokens on a straight line."""
    given, terms = problem.fresh(200, 2), formula(problem)
    assert apart(problem, terms, given).max() < 0.1
    fitted = one_dimensional.line(terms.terms, problem.task)
    straight = terms.terms._replace(token=terms.terms.token - fitted.rest)
    assert fitted.rest.abs().max() < 0.02
    assert apart(problem, terms._replace(terms=straight), given).max() > 1
    nudged = terms.terms._replace(place=terms.terms.place + 0.0)
    nudged.place[7, 3, -1] += 0.01
    found = apart(problem, terms._replace(terms=nudged), given).amax(dim=0)
    assert (found > 1).nonzero().flatten().tolist() == [7]


def test_rounding_is_bounded_at_any_width() -> None:
    """Half a million neurons, each adding a number that float32 rounds the same way as it adds up:
    with as many nested operations as the committed model has, the bound would be broken.
    """
    task, wide = CumulativeSum(length=1, max_value=1), 2**19
    shapes = architecture(task, d_model=2, d_head=1, d_mlp=wide)
    weights = {name: torch.zeros_like(t) for name, t in random_weights(shapes, 0, 0.0).items()}
    weights["blocks.0.mlp.b_in"] += 1.0
    # Partial sums near 2^15 keep steps of 2^-8, of which this has one and just less than a half.
    weights["blocks.0.mlp.W_out"][:, 0] = 1 + 0.49 * 2**-8
    weights["unembed.W_U"][0, 0] = 1.0
    problem, tokens = made_of(task, weights), torch.arange(3).unsqueeze(1)
    bound = bounds.errors(problem).total[0, 0, 0, 1]
    with torch.no_grad():
        moved = problem.logits(tokens).double() - exact(problem)(tokens)
    measured = (moved[..., 0] - moved[..., 1]).abs().max()
    narrow = 2 * gamma(121, ROUNDOFF_32) * bounds.logit_sizes(problem)[0]
    assert 10 * narrow < measured < bound


def test_operations_are_counted_from_the_shapes(problem: Problem[CumulativeSum]) -> None:
    sizes = problem.architecture
    assert bounds.nested_32(sizes) == 121
    wider = sizes.model_copy(update={"d_mlp": 1008, "d_model": 124, "d_head": 112})
    assert bounds.nested_32(wider) == 121 + 1000 + 3 * 100 + 100
    assert bounds.nested_64(wider) - bounds.nested_64(sizes) >= 1000 + 3 * 100 + 100


def test_one_key_gets_all_attention(small: CumulativeSum) -> None:
    bound = bounds.attention(random_problem(small, 0, attention=1.0))
    assert bound.largest[0] == 0
    assert (bound.largest[1:] > 0).all()


def test_the_committed_model_is_uniform_and_an_untrained_one_is_not(
    problem: Problem[CumulativeSum], untrained: Problem[CumulativeSum]
) -> None:
    assert bounds.attention(problem).largest.max() < 1e-9
    assert bounds.attention(untrained).largest.max() > 0.01


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
        for limit, proved in ((-inf, 5**3), (inf, 0)):
            tally = case.tally(torch.full((1, 3, 3), limit, dtype=torch.float64))
            assert (tally.cases, tally.inputs, tally.proved) == (45, 5**3, proved)
        assert sum(one_dimensional.orderings(CumulativeSum(), 19)) == 11**19

    def test_all_positions_of_the_task_have_21120_cases(
        self, problem: Problem[CumulativeSum]
    ) -> None:
        terms = uniform(problem)
        cases = [one_dimensional.sums_at(terms, problem.task, n).cases for n in range(1, 21)]
        assert sum(cases) == 21_120


class TestSigns:
    """The proof from the sums nearest to zero."""

    def test_of_every_position_and_last_token_each_sign_is_a_case(
        self, problem: Problem[CumulativeSum]
    ) -> None:
        terms, errors = uniform(problem), bounds.errors(problem).total
        tallies = [
            one_dimensional.sums_at(terms, problem.task, n).chained(errors[n - 1])
            for n in range(1, 21)
        ]
        # Three signs for each last token, but for the first positions, which do not reach them.
        assert [tally.cases for tally in tallies] == [11, 31] + [33] * 18
        assert all(tally.share == 1 for tally in tallies)

    @pytest.mark.parametrize("seed", range(6))
    def test_where_leads_are_said_to_rise_they_do(self, small: CumulativeSum, seed: int) -> None:
        terms = uniform(random_problem(small, seed, attention=0.0))
        for n in (2, 3, 4):
            case = one_dimensional.sums_at(terms, small, n)
            none = torch.zeros(1, 3, 3, dtype=torch.float64)
            for last, right in ((last, right) for last in range(5) for right in (0, 2)):
                leads = case.leads[last][case.right[last] == right]
                steps = (leads if right == 2 else leads.flip(0)).diff(dim=0)
                rising = bool(case.rising[last, right])
                # A class leads over itself by infinity, at every sum.
                assert not rising or (steps.nan_to_num(1.0) > 0).all()
            # Where nothing rises all cases are looked at, and prove what they prove.
            flat = case._replace(rising=torch.zeros_like(case.rising))
            assert flat.chained(none).cases == case.cases
            assert flat.chained(none).proved == case.tally(none).proved
            assert case.chained(none).proved <= case.tally(none).proved

    def test_a_dip_between_two_sums_is_seen(self, small: CumulativeSum) -> None:
        """No sum shows it: the pieces do."""
        values = small.values(torch.arange(5)).double().unsqueeze(1)
        # Positive is the mean, less a tent between the means 1 + 1/4 and 1 + 1/2 of four values.
        token = values * torch.tensor([1.0, 1, 1, -1, 0, 1])
        place = torch.zeros(4, 5, 6, dtype=torch.float64)
        place[..., :3] = torch.tensor([-1.3, -1.375, -1.45])
        tent = 8 * torch.tensor([[0.0, 0, -1], [0, 0, 2], [0, 0, -1]], dtype=torch.float64)
        straight = Uniform(token, place, 0 * tent)
        dipped = Uniform(token, place, tent)
        plain, found = (one_dimensional.sums_at(t, small, 4) for t in (straight, dipped))
        torch.testing.assert_close(plain.leads, found.leads)
        assert plain.rising.all()
        assert not found.rising[:, 2].any()
        assert found.rising[:, 0].all()
