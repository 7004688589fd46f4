"""Proofs with attention as it is, held against every sequence of small models and some of long."""

from dataclasses import replace
from itertools import product
from math import inf, nan

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analyses.cumulative_sum import bounds, certificate, closer
from analyses.cumulative_sum.brute_force import all_sequences
from analyses.cumulative_sum.keys import Keys, keys
from analyses.cumulative_sum.order import cheapest, paths
from analyses.cumulative_sum.proof import Proof, looked_at, margin_of, proved, unproved_sequences
from analyses.cumulative_sum.straying import KINDS, PUBLISHED, straying
from analyses.cumulative_sum.weight_decay import trained
from analyses.instruments.attention import patterns
from models.cumulative_sum.task import CumulativeSum
from models.plain import PlainTransformer
from models.problem import Problem
from models.scoring import margins
from tests.problems.cumulative_sum.hand_made import random_problem

ATTENTION = [0.0, 0.02, 0.3, 1.0]
LONGER = CumulativeSum(length=6, max_value=1)


def in_float64(problem: Problem[CumulativeSum], tokens: torch.Tensor) -> np.ndarray:
    """The logits at the last position, by a plain rebuild."""
    with torch.no_grad():
        model = PlainTransformer(problem.weights, problem.architecture).double()
        return model(tokens)[:, -1].numpy()


def every(task: CumulativeSum, n: int) -> torch.Tensor:
    return torch.cat(list(all_sequences(task.d_vocab, n)))


def smallest_leads(
    problem: Problem[CumulativeSum], n: int, decisions: closer.Decisions
) -> np.ndarray:
    """Of each decision, over all its sequences, one by one."""
    given = every(problem.task, n)
    logits, tokens = in_float64(problem, given), given.numpy()
    right = problem.task.answers(given)[:, -1].numpy()
    found = []
    for last, before, winner, other in zip(*decisions, strict=True):
        chosen = (tokens[:, -1] == last) & (tokens[:, :-1].sum(axis=1) == before)
        assert chosen.any()
        assert (right[chosen] == winner).all()
        found.append((logits[chosen, winner] - logits[chosen, other]).min())
    return np.array(found)


class TestKeys:
    """What is read is what the model reads."""

    @pytest.mark.parametrize("attention", ATTENTION)
    def test_they_give_the_logits(self, small: CumulativeSum, attention: float) -> None:
        problem = random_problem(small, 3, attention)
        for n, found in enumerate(keys(problem), 1):
            given = every(small, n)
            tokens = given.numpy()
            columns = found.columns(tokens[:, -1], tokens[:, :-1])
            neurons, direct = np.split(columns, [len(found.out)], axis=1)
            logits = direct + np.maximum(neurons, 0) @ found.out
            np.testing.assert_allclose(logits, in_float64(problem, given), atol=1e-9)

    @pytest.mark.parametrize("attention", ATTENTION)
    def test_how_far_attention_strays_is_exact(
        self, small: CumulativeSum, attention: float
    ) -> None:
        problem = random_problem(small, 1, attention)
        found = bounds.from_uniform(patterns(problem, every(small, small.length)))
        strays = [each.strays() for each in keys(problem)]
        np.testing.assert_allclose(strays, found.amax(dim=(0, 1, 3)), atol=1e-6)


class TestOrder:
    """Shortest paths."""

    @settings(max_examples=30)
    @given(arrays(float, (3, 3, 2), elements=st.floats(-5, 5)))
    def test_no_choice_of_tokens_is_cheaper(self, costs: np.ndarray) -> None:
        tables = paths(costs)
        for row, total in product(range(2), range(7)):
            sums = np.full(2, total)
            tokens = cheapest(tables, costs, sums)[row]
            ways = [way for way in product(range(3), repeat=3) if sum(way) == total]
            prices = [sum(costs[place, way[place], row] for place in range(3)) for way in ways]
            assert tables[-1][total, row] == pytest.approx(min(prices), abs=1e-12)
            assert tokens.sum() == total
            mine = sum(costs[place, tokens[place], row] for place in range(3))
            assert mine == pytest.approx(min(prices), abs=1e-12)

    def test_before_the_first_token_there_is_one_beginning(self) -> None:
        none = np.zeros((0, 3, 2))
        assert [table.tolist() for table in paths(none)] == [[[0.0, 0.0]]]
        assert cheapest(paths(none), none, np.zeros(2, dtype=np.int64)).shape == (2, 0)


class TestBounds:
    """No lead of any sequence is below its bound."""

    @pytest.mark.parametrize("task", [CumulativeSum(length=4, max_value=2), LONGER], ids=str)
    @pytest.mark.parametrize("attention", ATTENTION)
    @pytest.mark.parametrize("seed", range(2))
    def test_against_every_sequence(self, task: CumulativeSum, attention: float, seed: int) -> None:
        problem = random_problem(task, seed, attention)
        for n, found in enumerate(keys(problem), 1):
            decisions, first = closer.first_look(found, task)
            assert len(set(zip(*decisions, strict=True))) == len(first) > 0
            least = smallest_leads(problem, n, decisions)
            assert (first <= least + 1e-9).all()
            # Nothing is proved by these errors, so that all is looked at and parted.
            none = np.full((task.d_vocab, 3, 3), 1e9)
            looked = closer.judge(found, task, none, lambda _: False)
            assert (looked.bounds <= least + 1e-9).all()
            assert (looked.bounds >= first).all()
            assert looked.least >= least.min() - 1e-9
            assert looked.open.tolist() == list(range(len(first)))

    @pytest.mark.parametrize("attention", [0.0, 0.02])
    def test_what_can_be_proved_mostly_is(self, small: CumulativeSum, attention: float) -> None:
        """A lead of all sequences that is above the error by a hundredth of what there is."""
        open_, all_ = 0, 0
        for seed in range(3):
            problem = random_problem(small, seed, attention)
            found = keys(problem)[-1]
            decisions, _ = closer.first_look(found, small)
            least = smallest_leads(problem, small.length, decisions)
            search = closer.Search(found, decisions, least - 0.01 * np.ptp(least), inf, never)
            looked = search.run(inf)
            assert (looked <= least + 1e-9).all()
            open_ += int((looked <= search.errors).sum())
            all_ += len(least)
        assert open_ / all_ < 0.1

    def test_a_time_that_is_over_leaves_what_the_first_look_finds(
        self, small: CumulativeSum
    ) -> None:
        problem = random_problem(small, 0, 0.02)
        found = keys(problem)[-1]
        _, first = closer.first_look(found, small)
        looked = closer.judge(found, small, np.zeros((5, 3, 3)), never, deadline=-inf)
        assert (looked.bounds == first).all()
        assert looked.least == inf

    def test_a_bound_that_is_no_number_proves_nothing(self, small: CumulativeSum) -> None:
        found = keys(random_problem(small, 0, 0.0))[-1]
        broken = Keys(*(part * nan if name == "token" else part for name, part in named(found)))
        looked = closer.judge(broken, small, np.zeros((5, 3, 3)), never, deadline=-inf)
        assert len(looked.open) == len(looked.bounds)
        assert unproved_sequences(looked, small, small.length) == 5**4

    @pytest.mark.parametrize("attention", ATTENTION)
    def test_rounding_covers_what_float32_does(
        self, small: CumulativeSum, attention: float
    ) -> None:
        problem = random_problem(small, 2, attention)
        limits = bounds.rounding(problem).numpy()
        for n in range(1, small.length + 1):
            given = every(small, n)
            apart = problem.logits(given)[:, -1].double().numpy() - in_float64(problem, given)
            leads = np.abs(apart[:, :, None] - apart[:, None])
            assert (leads <= limits[n - 1, given[:, -1].numpy()]).all()
        # Not by being absurd, where scores are small.
        assert attention > 0.1 or limits.max() < 0.1


def never(_: np.ndarray) -> bool:
    return False


def named(found: Keys) -> list[tuple[str, np.ndarray]]:
    return list(zip(found._fields, found, strict=True))


def attacked(problem: Problem[CumulativeSum], proof: Proof, tokens: torch.Tensor) -> None:
    """No sequence has a smaller margin at any position than was proved."""
    found = margins(problem.task, problem.logits(tokens), tokens)
    assert found.min() >= proof.margin - bounds.rounding(problem).max()


@pytest.fixture(scope="module")
def planted(problem: Problem[CumulativeSum]) -> dict[str, Problem[CumulativeSum]]:
    return {kind: straying(problem, kind, PUBLISHED, seed) for seed, kind in enumerate(KINDS)}


@pytest.fixture(scope="module")
def proof_of_both(planted: dict[str, Problem[CumulativeSum]]) -> Proof:
    return proved(planted["both"])


class TestProved:
    """The verdict on all sequences."""

    def test_the_committed_model_is_proved_as_by_enumeration(
        self, problem: Problem[CumulativeSum]
    ) -> None:
        found = proved(problem)
        assert (found.verdict, found.unproved, found.wrong) == ("proved", 0, None)
        enumerated = certificate.KEEPER.of(problem)
        smallest = min(position.smallest_margin for position in enumerated.positions)
        assert found.margin == pytest.approx(smallest, rel=1e-4)
        assert found.margin_to_error > 1
        assert found.strays < 1e-9

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_published_deviation_is_proved(
        self, planted: dict[str, Problem[CumulativeSum]], kind: str
    ) -> None:
        problem = planted[kind]
        found = proved(problem)
        assert found.strays == pytest.approx(PUBLISHED, rel=0.01)
        assert found.verdict == "proved"
        # The bound is reached: some order of some tokens has this lead.
        assert found.least * 0.999 <= found.margin <= found.least + 1e-9
        assert found.margin_to_error > 1
        attacked(problem, found, problem.fresh(500, 3))
        task, generator = problem.task, torch.Generator().manual_seed(0)
        extremes = torch.randint(2, (500, task.length), generator=generator) * (task.d_vocab - 1)
        attacked(problem, found, extremes.sort(dim=1).values)
        attacked(problem, found, extremes)

    @settings(max_examples=50)
    @given(st.lists(st.integers(-5, 5), min_size=19, max_size=19), st.integers(-1, 1))
    def test_no_sequence_that_is_nearly_balanced_is_below(
        self,
        planted: dict[str, Problem[CumulativeSum]],
        proof_of_both: Proof,
        values: list[int],
        total: int,
    ) -> None:
        problem = planted["both"]
        last = max(-5, min(5, total - sum(values)))
        tokens = problem.task.encode([[*sorted(values), last], [*values, last]])
        logits = in_float64(problem, tokens)
        for found, right in zip(logits, problem.task.answers(tokens)[:, -1], strict=True):
            assert found[right] - np.delete(found, right).max() >= proof_of_both.margin - 1e-9

    def test_without_weight_decay_a_sequence_refutes_it(
        self, problem: Problem[CumulativeSum]
    ) -> None:
        undecayed = trained(problem, 0.0, 0)
        found = proved(undecayed)
        assert found.verdict == "refuted"
        assert found.wrong is not None
        tokens = torch.tensor(found.wrong) + problem.task.max_value
        said = undecayed.logits(tokens.unsqueeze(0))[0, -1].argmax()
        assert said != problem.task.answers(tokens.unsqueeze(0))[0, -1]
        assert found.margin == margin_of(undecayed, tokens.numpy()) < 0
        assert found.unproved > 0

    def test_attention_that_is_far_from_uniform_can_be_proved(
        self, problem: Problem[CumulativeSum]
    ) -> None:
        found = proved(trained(problem, 0.003, 0))
        assert found.verdict == "proved"
        assert found.strays > 10 * PUBLISHED

    def test_one_that_strays_too_far_is_refuted(self, problem: Problem[CumulativeSum]) -> None:
        found = proved(straying(problem, "position", 0.004, 2))
        assert (found.verdict, found.wrong is None) == ("refuted", False)

    def test_without_time_what_is_not_obvious_stays_open(
        self, planted: dict[str, Problem[CumulativeSum]]
    ) -> None:
        short = replace(planted["position"], task=CumulativeSum(length=12))
        found = proved(short, seconds=-1.0)
        assert found.verdict in ("open", "proved")
        untrained = proved(short.untrained(1), seconds=-1.0)
        assert untrained.verdict == "open"
        assert 0 < untrained.unproved <= sum(11**n for n in range(1, 13))

    @pytest.mark.parametrize("seed", range(3))
    @pytest.mark.parametrize("attention", [0.02, 0.3])
    def test_a_verdict_is_that_of_every_sequence(
        self, small: CumulativeSum, seed: int, attention: float
    ) -> None:
        problem = random_problem(small, seed, attention)
        found = proved(problem)
        tokens = every(small, small.length)
        wrong = margins(small, problem.logits(tokens), tokens) <= 0
        assert wrong.any()
        assert found.verdict == "refuted"
        # Position by position, no more is proved than is right.
        for n, judged in looked_at(problem, range(1, small.length + 1)):
            ways = small.d_vocab ** (small.length - n)
            right = int((~wrong[:, n - 1]).sum()) // ways
            assert small.d_vocab**n - unproved_sequences(judged, small, n) <= right
            if judged.wrong is not None:
                assert margin_of(problem, judged.wrong) <= 0
