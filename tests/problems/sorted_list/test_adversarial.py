from collections.abc import Callable
from math import exp, log

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from analyses.sorted_list import adversarial
from analyses.sorted_list.adversarial import FAMILIES, GAP, HIGH, distinct, score, search
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import answering

OCTOBER = SortedList()
SEEDS = st.integers(0, 2**32 - 1)
RIGHT_BY_ONE = log(1 + 51 * exp(-1))
"""Nats where the right one of 52 tokens has a logit of 1 and the others 0."""
WRONG_BY_ONE = RIGHT_BY_ONE + 1


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def next_number(tokens: Tensor) -> Tensor:
    """Predict 0 at SEP and v + 1 at v."""
    return torch.where(tokens >= 50, 0, tokens + 1)


def always_right(tokens: Tensor) -> Tensor:
    """Predict the token that follows."""
    return tokens.roll(-1, dims=1)


@pytest.mark.parametrize("name", FAMILIES)
@given(seed=SEEDS, n=st.integers(1, 20))
def test_a_family_draws_valid_lists(name: str, seed: int, n: int) -> None:
    tokens = FAMILIES[name](OCTOBER, n, generator(seed))
    assert torch.equal(OCTOBER.encode(tokens[:, :10].tolist()), tokens)
    assert tokens.shape == (n, 21)
    assert torch.equal(tokens, FAMILIES[name](OCTOBER, n, generator(seed)))


@given(seed=SEEDS)
def test_high_lists_hold_no_low_value(seed: int) -> None:
    assert adversarial.high(OCTOBER, 20, generator(seed))[:, :10].min() >= HIGH


@given(seed=SEEDS)
def test_low_lists_choose_from_as_many_values(seed: int) -> None:
    tokens = adversarial.low(OCTOBER, 200, generator(seed))
    assert set(tokens[:, :10].flatten().tolist()) == set(range(51 - HIGH))


def test_high_lists_hold_every_high_value_somewhere() -> None:
    tokens = adversarial.high(OCTOBER, 200, generator(0))
    assert set(tokens[:, :10].flatten().tolist()) == set(range(HIGH, 51))


@given(seed=SEEDS)
def test_gap_lists_leave_the_gap_and_stand_on_both_sides(seed: int) -> None:
    values = adversarial.gap(OCTOBER, 20, generator(seed))[:, :10]
    below, above = values < 10, values >= 10 + GAP
    assert (below | above).all()
    assert below.any(dim=1).all()
    assert above.any(dim=1).all()


def test_gap_lists_that_fall_on_one_side_are_drawn_again() -> None:
    # Ten of 0 to 9 and 40 to 50: with few values to choose from, one side is common.
    task = SortedList(list_length=2, max_value=33)
    values = adversarial.gap(task, 500, generator(0))[:, :2].sort(dim=1).values
    assert len(values) == 500
    assert set(values[:, 0].tolist()) == {0, 1}
    assert set(values[:, 1].tolist()) == {32, 33}


@given(seed=SEEDS)
def test_neighbours_are_ten_in_a_row(seed: int) -> None:
    values = adversarial.neighbours(OCTOBER, 20, generator(seed))[:, :10].sort(dim=1).values
    assert (values.diff(dim=1) == 1).all()


def test_neighbours_reach_both_ends() -> None:
    values = adversarial.neighbours(OCTOBER, 1000, generator(0))[:, :10]
    assert values.amin(dim=1).unique().tolist() == list(range(42))


def test_scores_by_hand(problem: Problem[SortedList]) -> None:
    fake = answering(problem, next_number)
    lists = [[3, 1, 0, 2, 7, 6, 5, 4, 9, 8], [0, 1, 2, 3, 4, 6, 7, 8, 9, 20]]
    found = score(fake, OCTOBER.encode([*lists, list(range(5, 50, 5)) + [50]]))
    assert found.wrong.tolist() == [0, 2, 10]
    assert found.fails().tolist() == [False, True, True]
    expected = [
        RIGHT_BY_ONE,
        (8 * RIGHT_BY_ONE + 2 * WRONG_BY_ONE) / 10,
        WRONG_BY_ONE,
    ]
    assert found.loss.tolist() == pytest.approx(expected, rel=1e-5)


def test_where_lists_go_wrong_first(problem: Problem[SortedList]) -> None:
    fake = answering(problem, next_number)
    right = list(range(10))
    at_sep = [1, 2, 3, 4, 5, 6, 7, 8, 9, 30]
    at_gap = [0, 1, 2, 3, 4, 5, 6, 7, 8, 30]
    before_gap = [0, 2, 3, 4, 5, 6, 7, 8, 9, 30]

    def places(*lists: list[int]) -> tuple[float, float]:
        found = adversarial.wrong_places(fake, OCTOBER.encode(lists))
        return found.at_sep, found.at_widest_gap

    assert places(right, at_sep) == (1.0, 0.0)
    assert places(right, at_gap) == (0.0, 1.0)
    assert places(before_gap) == (0.0, 0.0)
    assert places(right, at_sep, at_gap, before_gap, at_gap) == (0.25, 0.5)
    assert places(right) == (0.0, 0.0)


def test_looking_across_the_widest_gap(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = OCTOBER.encode([[30, *range(9)], [*range(9), 40]])
    # From 8, the ninth sorted value: the first list's heads look at 30 and at 0.
    seen = torch.zeros(2, 2, 10, 21)
    seen[0, 0, 9, 0] = seen[0, 1, 9, 1] = 1
    seen[1, :, 9, 3] = 1
    monkeypatch.setattr(adversarial, "label_patterns", lambda *_: seen)
    assert adversarial.looks_across_gap(problem, tokens) == 0.5
    seen[1, 1, 9, 9] = 2
    assert adversarial.looks_across_gap(problem, tokens) == 1.0


def test_distinct_keeps_the_first_of_every_set() -> None:
    a, b = list(range(10)), list(range(20, 30))
    tokens = OCTOBER.encode([a, a[::-1], b, a, b[::-1]])
    assert torch.equal(distinct(OCTOBER, tokens), tokens[[0, 2]])
    assert len(distinct(OCTOBER, tokens[:0])) == 0


def test_a_search_never_gets_worse_and_is_reproducible(problem: Problem[SortedList]) -> None:
    found, same, other = (search(problem, 8, 15, generator(seed)) for seed in (3, 3, 4))
    assert torch.equal(found.tokens, same.tokens)
    assert torch.equal(found.best_loss, same.best_loss)
    assert not torch.equal(found.tokens, other.tokens)
    start = score(problem, OCTOBER.sample(8, generator(3))).loss
    assert found.best_loss[0] >= start.max()
    assert (found.best_loss.diff() >= 0).all()
    assert found.best_loss[-1] > start.max()
    assert torch.equal(OCTOBER.encode(found.tokens[:, :10].tolist()), found.tokens)
    # Worst first, and scored as they are.
    assert (found.loss.diff() <= 0).all()
    assert float(found.loss[0]) == pytest.approx(float(found.best_loss[-1]), rel=1e-5)
    assert torch.equal(found.wrong, score(problem, found.tokens).wrong)


def climbing(problem: Problem[SortedList], accepts: bool) -> Problem[SortedList]:
    """A problem whose loss grows, or falls, from one call to the next."""
    right = always_right if accepts else next_wrong
    wrong = next_wrong if accepts else always_right
    calls: list[Callable[[Tensor], Tensor]] = [right, wrong, right]
    return answering(problem, lambda tokens: calls.pop(0)(tokens))


def next_wrong(tokens: Tensor) -> Tensor:
    """Predict SEP everywhere, which is never right."""
    return torch.full_like(tokens, 51)


def moves(before: list[int], after: list[int]) -> str | None:
    """How one list became another: by one new value, by a swap, or not at all."""
    differing = [i for i in range(10) if before[i] != after[i]]
    if not differing:
        return "same"
    if len(differing) == 1 and after[differing[0]] not in before:
        return "changed"
    if len(differing) == 2 and set(before) == set(after):
        return "swapped"
    return None


def test_a_step_changes_one_value_or_swaps_two(problem: Problem[SortedList]) -> None:
    start = OCTOBER.sample(300, generator(5))[:, :10].tolist()
    found = search(climbing(problem, accepts=True), 300, 1, generator(5)).tokens[:, :10].tolist()
    made = []
    for after in found:
        (move,) = [move for before in start if (move := moves(before, after))]
        made.append(move)
    # Half of them swap, and a tenth of those swap a place with itself.
    assert 100 < made.count("changed") < 200
    assert 90 < made.count("swapped") < 180
    assert made.count("same") < 40


def test_a_step_that_lowers_the_loss_is_not_taken(problem: Problem[SortedList]) -> None:
    start = OCTOBER.sample(20, generator(5))
    found = search(climbing(problem, accepts=False), 20, 1, generator(5))
    assert sorted(found.tokens.tolist()) == sorted(start.tolist())


def test_moves_are_told_apart() -> None:
    assert moves([*range(10)], [*range(10)]) == "same"
    assert moves([*range(10)], [*range(9), 20]) == "changed"
    assert moves([*range(10)], [1, 0, *range(2, 10)]) == "swapped"
    assert moves([*range(10)], [1, 2, 0, *range(3, 10)]) is None
