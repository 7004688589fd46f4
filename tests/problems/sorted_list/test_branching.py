from collections.abc import Callable
from math import comb
from pathlib import Path

import numpy as np
import pytest
import torch

from analyses.evidence.unfinished import Unfinished
from analyses.instruments.search import climb
from analyses.sorted_list import branching
from analyses.sorted_list.adversarial import FAMILIES
from analyses.sorted_list.branching import Tables
from analyses.sorted_list.cases import Case, roots
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.problems.sorted_list.small import THREE, all_lists, margins, random_problem

ROUNDED = 1 + 1e-5
"""A margin is multiplied by `scale` in float32 by the tests themselves."""


class Run:
    """All lists of a small task in all orders, with the model's own margins."""

    def __init__(self, problem: Problem[SortedList]) -> None:
        tokens = all_lists(problem.task)
        self.sets = problem.task.answers(tokens).tolist()
        self.margins = margins(problem, tokens).tolist()

    def least(self, case: Case) -> float:
        """The smallest margin of the lists that fit a case."""
        found = [
            margin[case.label]
            for values, margin in zip(self.sets, self.margins, strict=True)
            if all(a <= v <= b for a, v, b in zip(case.low, values, case.high, strict=True))
        ]
        return min(found)

    def right(self, label: int) -> int:
        """Number of sets of values that are answered right in every order."""
        wrong = {
            tuple(values)
            for values, margin in zip(self.sets, self.margins, strict=True)
            if margin[label] <= 0
        }
        return len({tuple(values) for values in self.sets}) - len(wrong)


def some_cases(task: SortedList) -> list[Case]:
    """The coarsest cases, their halves at every rank, and all cases of a single list."""
    coarse = list(roots(task))
    ranks = [(c, r) for c in coarse for r in range(task.list_length) if c.low[r] < c.high[r]]
    halves = [half for case, rank in ranks for half in case.halves(rank)]
    single = [Case(case.label, values, values) for case in coarse for values in case.sets()]
    return coarse + halves + single


def broken(run: Run, tables: Tables, cases: list[Case]) -> int:
    """Number of cases with a list whose margin is below the bound."""
    return sum(
        branching.margin(tables, case) > (least := run.least(case)) + 1e-5 * abs(least)
        for case in cases
    )


@pytest.fixture(scope="module")
def small() -> Problem[SortedList]:
    return random_problem(2)


@pytest.fixture(scope="module")
def tables(problem: Problem[SortedList]) -> Tables:
    return branching.tables(problem)


@pytest.fixture(scope="module")
def run(small: Problem[SortedList]) -> Run:
    return Run(small)


def test_no_list_of_a_case_has_a_smaller_margin_than_its_bound(
    small: Problem[SortedList], run: Run
) -> None:
    cases, tables = some_cases(THREE), branching.tables(small)
    assert broken(run, tables, cases) == 0
    # And of a single list it is not far from the worst order.
    single = [case for case in cases if case.low == case.high]
    gaps = [run.least(case) - branching.margin(tables, case) for case in single]
    assert float(np.median(gaps)) < 0.3 * float(np.std(run.margins))


@pytest.mark.parametrize(
    ("seed", "n_heads", "scores"), [(3, 2, 1.0), (4, 1, 0.3), (5, 3, 0.3), (6, 2, 0.0)]
)
def test_nor_in_other_models(seed: int, n_heads: int, scores: float) -> None:
    problem = random_problem(seed, n_heads, scores)
    assert broken(Run(problem), branching.tables(problem), some_cases(THREE)[::3]) == 0


def without_direct(tables: Tables) -> Tables:
    """As if the direct path favoured no class."""
    return tables._replace(needed=np.zeros_like(tables.needed))


def without_sep(tables: Tables) -> Tables:
    """As if nothing attended to SEP."""
    weights = tables.weights.copy()
    weights[..., THREE.list_length, THREE.sep] = 0
    return tables._replace(weights=weights)


def without_sorted_half(tables: Tables) -> Tables:
    """As if nothing attended to what was written already."""
    weights = tables.weights.copy()
    weights[..., THREE.list_length + 1 :, :] = 0
    return tables._replace(weights=weights)


def at_first_place(tables: Tables) -> Tables:
    """As if the order of the unsorted half did not matter."""
    weights, writes = tables.weights.copy(), tables.writes.copy()
    for table in (weights, writes):
        table[..., 1:3, :] = table[..., :1, :]
    return tables._replace(weights=weights, writes=writes)


def only_first_head(tables: Tables) -> Tables:
    """As if the second head wrote nothing."""
    writes = tables.writes.copy()
    writes[1] = 0
    return tables._replace(writes=writes)


def uniform(tables: Tables) -> Tables:
    """As if attention were uniform."""
    return tables._replace(weights=np.ones_like(tables.weights))


@pytest.mark.parametrize(
    "forget",
    [without_direct, without_sep, without_sorted_half, at_first_place, only_first_head, uniform],
)
def test_a_bound_that_forgets_a_term_is_found_out(
    forget: Callable[[Tables], Tables], small: Problem[SortedList], run: Run
) -> None:
    spoilt = forget(branching.tables(small))
    assert broken(run, spoilt, some_cases(THREE)) > 0


def test_halving_proves_what_single_lists_do(small: Problem[SortedList], run: Run) -> None:
    found, tables = branching.prove(small, (100, 8, 4, 2), threads=1), branching.tables(small)
    assert found.lists == comb(7, 3)
    finest = found.levels[-1]
    for label in range(3):
        single = {
            (label, values): branching.margin(tables, Case(label, values, values)) > 0
            for case in roots(THREE)
            if case.label == label
            for values in case.sets()
        }
        # Of two lists that are not proved together each may be.
        assert finest.proved[label] <= sum(single.values()) <= run.right(label)
        assert finest.proved[label] >= sum(single.values()) - 2
    assert sum(finest.proved) > 0
    assert found.levels[0].cases == tuple(
        sum(case.label == label for case in roots(THREE)) for label in range(3)
    )
    for coarse, fine in zip(found.levels, found.levels[1:], strict=False):
        assert all(a <= b for a, b in zip(coarse.proved, fine.proved, strict=True))
        assert all(a <= b for a, b in zip(coarse.cases, fine.cases, strict=True))


def test_a_level_does_not_depend_on_those_below_it(small: Problem[SortedList]) -> None:
    whole = branching.prove(small, (100, 8, 4, 2), threads=1)
    assert branching.prove(small, (100, 8), threads=2).levels == whole.levels[:2]


def test_the_coarsest_level_counts_the_cases_with_a_positive_bound(
    small: Problem[SortedList],
) -> None:
    tables, proved = branching.tables(small), [0, 0, 0]
    for case in roots(THREE):
        proved[case.label] += case.lists * (branching.margin(tables, case) > 0)
    assert branching.prove(small, (100,), threads=1).levels[0].proved == tuple(proved)


@pytest.mark.parametrize("smallest", [(), (10, 10), (2, 3), (10, 1)])
def test_levels_that_do_not_descend_are_refused(
    small: Problem[SortedList], smallest: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="expected descending numbers from 2 up"):
        branching.prove(small, smallest)


def test_an_interrupted_proof_goes_on_where_it_was(
    small: Problem[SortedList], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, state = branching.prove(small, (100, 4), threads=1), tmp_path / "state.json"
    halve, calls = branching._halve, []

    def counted(tables: Tables, part: list[Case], levels: np.ndarray) -> list[list[int]]:
        calls.append(part)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return halve(tables, part, levels)

    monkeypatch.setattr(branching, "_halve", counted)
    with pytest.raises(KeyboardInterrupt):
        branching.prove(small, (100, 4), threads=1, state=state)
    before = len(calls)
    assert branching.prove(small, (100, 4), threads=1, state=state).levels == whole.levels
    # One call is to compile; of the parts, those that were done are not done again.
    parts = len({(case.label, case.answer) for case in roots(THREE)})
    assert len(calls) - before - 1 < parts
    assert not state.exists()


def test_state_of_another_model_is_not_used(small: Problem[SortedList], tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    kept = Unfinished(state, "of something else")
    kept.found = {0: [[1, 10**9]]}
    kept.save()
    expected = branching.prove(small, (100,), threads=1)
    assert branching.prove(small, (100,), threads=1, state=state).levels == expected.levels


def test_scores_too_far_apart_to_be_weighed_prove_nothing_where_they_vanish(
    small: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = branching.tables(small)
    vanished = tables._replace(weights=np.zeros_like(tables.weights))
    monkeypatch.setattr(branching, "tables", lambda _: vanished)
    assert sum(branching.prove(small, (100, 2), threads=1).levels[-1].proved) == 0


def test_a_model_of_which_rounding_is_not_bounded_is_right_nowhere(
    small: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sum(branching.prove(small, (100, 2), threads=1).levels[-1].proved) > 0
    # With so few bits the variance of the residual stream is anything.
    monkeypatch.setattr("analyses.sorted_list.rounding.ROUNDOFF_32", 2.0**-4)
    assert sum(branching.prove(small, (100, 2), threads=1).levels[-1].proved) == 0


class TestCommitted:
    """On the committed model, lists that could refute the proof are looked for."""

    def test_no_list_that_it_gets_wrong_is_proved(
        self, problem: Problem[SortedList], tables: Tables
    ) -> None:
        wrong = 0
        for number, draw in enumerate(FAMILIES.values()):
            tokens = draw(problem.task, 200, torch.Generator().manual_seed(number))
            found = margins(problem, tokens)
            values = problem.task.answers(tokens)
            for row, label in (found <= 0).nonzero().tolist()[:30]:
                chosen = tuple(values[row].tolist())
                assert branching.margin(tables, Case(label, chosen, chosen)) <= 0
                wrong += 1
        assert wrong > 50

    @pytest.mark.parametrize("label", [0, 1, 5, 9])
    def test_a_search_finds_no_list_below_the_bound_of_a_case(
        self, problem: Problem[SortedList], tables: Tables, label: int
    ) -> None:
        task, chance = problem.task, np.random.default_rng(label)
        coarse = [case for case in roots(task) if case.label == label and case.lists > 10**5]
        case, bound = next(
            (case, bound)
            for case in (coarse[number] for number in chance.permutation(len(coarse)))
            if (bound := branching.margin(tables, case)) > 0
        )

        def complete(unsorted: torch.Tensor) -> torch.Tensor:
            """The values of a row as they stand: d and y and what is around them."""
            return task.complete(unsorted)

        def drawn() -> list[int]:
            below = chance.choice(case.low[label - 1], label - 1, replace=False) if label else []
            above = np.arange(case.answer + 1, task.max_value + 1)
            above = chance.choice(above, task.list_length - label - 1, replace=False)
            fixed = [case.answer] if case.query is None else [case.query, case.answer]
            return chance.permutation([*below, *fixed, *above]).astype(int).tolist()

        def propose(rows: torch.Tensor) -> torch.Tensor:
            """Swap two places, or take another list of the case."""
            proposed = rows.clone()
            for row in proposed:
                a, b = chance.choice(task.list_length, 2, replace=False)
                if chance.random() < 0.5:
                    row[[a, b]] = row[[b, a]]
                else:
                    row[:] = torch.tensor(drawn())
            return proposed

        found = climb(
            torch.tensor([drawn() for _ in range(32)]),
            propose,
            lambda rows: -margins(problem, complete(rows))[:, label],
            steps=25,
        )
        smallest = -float(found.difficulty.max())
        assert smallest * ROUNDED >= bound > 0

    def test_halved_cases_prove_more(self, problem: Problem[SortedList], tables: Tables) -> None:
        (case,) = (c for c in roots(problem.task) if c.label == 5 and c.low[4:6] == (20, 36))
        levels = np.array([10**10, 10**6, 10**5])
        found = np.array(branching._halve(tables, [case], levels))
        assert found[0].tolist() == [1, 0]
        assert found[1, 1] < found[2, 1] < case.lists
        assert found[2, 1] > 0.7 * case.lists
