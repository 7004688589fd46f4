from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.sorted_list import kernel
from analyses.sorted_list.cases import Case, roots
from models.sorted_list.task import SortedList
from tests.problems.sorted_list.small import THREE

SEEDS = st.integers(0, 2**32 - 1)


def some_case(seed: int) -> Case:
    """A case of four values up to 9 that at least one list fits."""
    chance = np.random.default_rng(seed)
    values = sorted(chance.choice(10, 4, replace=False).tolist())
    low = [int(chance.integers(0, value + 1)) for value in values]
    high = [int(chance.integers(value, 10)) for value in values]
    label = int(chance.integers(0, 4))
    for rank in {label, max(label - 1, 0)}:
        low[rank] = high[rank] = values[rank]
    return Case(label, tuple(low), tuple(high))


@given(seed=SEEDS)
def test_lists_are_counted_as_they_are_listed(seed: int) -> None:
    case = some_case(seed)
    fit = [
        row
        for row in combinations(range(10), 4)
        if all(a <= v <= b for a, v, b in zip(case.low, row, case.high, strict=True))
    ]
    assert case.lists == len(fit)
    assert list(case.sets()) == fit
    tight = case.tightened()
    assert list(tight.sets()) == fit
    ends = [(min(column), max(column)) for column in zip(*fit, strict=True)]
    assert list(zip(tight.low, tight.high, strict=True)) == ends


@given(seed=SEEDS)
def test_compiled_loops_tighten_and_count_alike(seed: int) -> None:
    case = some_case(seed)
    low, high = np.array(case.low), np.array(case.high)
    kernel.tighten(low, high)
    tight = case.tightened()
    assert (tuple(low), tuple(high)) == (tight.low, tight.high)
    assert kernel.count(low, high, np.empty((4, 10), np.int64)) == case.lists


@given(seed=SEEDS, rank=st.integers(0, 3))
def test_halves_share_the_lists_of_a_case(seed: int, rank: int) -> None:
    tight = some_case(seed).tightened()
    if tight.low[rank] == tight.high[rank]:
        return
    lower, upper = tight.halves(rank)
    assert sorted([*lower.sets(), *upper.sets()]) == sorted(tight.sets())
    assert lower.lists > 0
    assert upper.lists > 0


@pytest.mark.parametrize("task", [THREE, SortedList(list_length=1, max_value=4)])
def test_every_list_is_in_one_of_the_coarsest_cases_of_each_label(task: SortedList) -> None:
    n = task.list_length
    found = [(case, values) for case in roots(task) for values in case.sets()]
    assert len(found) == n * comb(task.max_value + 1, n)
    assert len({(case.label, values) for case, values in found}) == len(found)
    for case, values in found:
        assert case.answer == values[case.label]
        assert case.query == (values[case.label - 1] if case.label else None)


def test_the_coarsest_cases_of_october_count_all_its_lists() -> None:
    totals = [0] * 10
    for case in roots(SortedList()):
        totals[case.label] += case.lists
    assert totals == [comb(51, 10)] * 10
