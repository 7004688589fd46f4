import runpy
from itertools import permutations
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import models.sorted_list.task
from models.sorted_list.task import SortedList, task
from models.task import fresh

SEP = 51
EXAMPLES = [
    # values, max_value, tokens, answers
    ([11, 2, 5, 0, 3, 9], 50, [11, 2, 5, 0, 3, 9, SEP, 0, 2, 3, 5, 9, 11], [0, 2, 3, 5, 9, 11]),
    ([7], 50, [7, SEP, 7], [7]),
    ([50, 0], 50, [50, 0, SEP, 0, 50], [0, 50]),
    ([1, 2, 3], 3, [1, 2, 3, 4, 1, 2, 3], [1, 2, 3]),
    ([3, 2, 1, 0], 3, [3, 2, 1, 0, 4, 0, 1, 2, 3], [0, 1, 2, 3]),
]
OCTOBER = task()
TEN = list(range(10))


def lists(sort: SortedList) -> st.SearchStrategy[list[int]]:
    values = st.integers(0, sort.max_value)
    length = sort.list_length
    return st.lists(values, min_size=length, max_size=length, unique=True)


@pytest.mark.parametrize(("values", "max_value", "tokens", "answers"), EXAMPLES)
def test_worked_examples(
    values: list[int], max_value: int, tokens: list[int], answers: list[int]
) -> None:
    sort = SortedList(len(values), max_value)
    encoded = sort.encode([values])
    assert encoded.tolist() == [tokens]
    assert sort.answers(encoded).tolist() == [answers]
    assert len(tokens) == sort.n_ctx


@pytest.mark.parametrize(("values", "max_value", "tokens", "answers"), EXAMPLES)
def test_the_token_after_each_judged_position_is_its_answer(
    values: list[int], max_value: int, tokens: list[int], answers: list[int]
) -> None:
    judged = range(len(tokens))[SortedList(len(values), max_value).label_positions]
    assert tokens[judged[0]] == max_value + 1
    assert [tokens[position + 1] for position in judged] == answers


def test_october_is_the_task_of_its_card() -> None:
    assert (OCTOBER.list_length, OCTOBER.max_value, OCTOBER.sep) == (10, 50, SEP)
    assert (OCTOBER.n_ctx, OCTOBER.d_vocab, OCTOBER.d_vocab_out) == (21, 52, 52)
    assert OCTOBER.vocabulary[:2] == ("0", "1")
    assert OCTOBER.vocabulary[50:] == ("50", "SEP")


@pytest.fixture(scope="module")
def unchecked() -> SortedList:
    """The task as users have it: without the runtime types that the tests add, which
    would refuse some values before the task itself can."""
    return runpy.run_path(str(Path(models.sorted_list.task.__file__)))["task"]()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([*TEN[:9], 3], r"list 0, .* the value 3 is repeated; .* make all values distinct"),
        ([*TEN[:9], -1], r"the value -1 is outside 0 to 50; choose values"),
        ([*TEN[:9], 51], r"the value 51 is outside 0 to 50; choose values"),
        (TEN[:9], r"has 9 values, expected 10; add or remove values"),
        ([*TEN, 10], r"has 11 values, expected 10; add or remove values"),
        ([], r"has 0 values, expected 10"),
        ([*TEN[:9], 9.5], r"9\.5 is not an integer"),
        ([*TEN[:9], "9"], r"'9' is not an integer"),
        ([0, *TEN[2:], True], r"True is not an integer"),
    ],
)
def test_encode_refuses_what_the_task_cannot_hold(
    unchecked: SortedList, values: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        unchecked.encode([values])


def test_encode_says_which_list_is_at_fault(unchecked: SortedList) -> None:
    with pytest.raises(ValueError, match=r"list 1, \[5\]"):
        unchecked.encode([TEN, [5]])


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 5))
def test_samples_are_distinct_values_then_sep_then_the_values_sorted(seed: int, n: int) -> None:
    tokens = OCTOBER.sample(n, torch.Generator().manual_seed(seed))
    assert tokens.shape == (n, 21)
    assert tokens.dtype == torch.int64
    for row in tokens.tolist():
        values = row[:10]
        assert len(set(values)) == 10
        assert set(values) <= set(range(51))
        assert row[10] == SEP
        assert row[11:] == sorted(values)
    assert torch.equal(tokens, OCTOBER.encode(tokens[:, :10].tolist()).reshape(tokens.shape))


@given(seed=st.integers(0, 2**32 - 1))
def test_the_same_seed_gives_the_same_samples(seed: int) -> None:
    first, second = (OCTOBER.sample(4, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert torch.equal(first, second)


def test_samples_are_the_argsort_of_seeded_noise() -> None:
    noise = torch.rand(3, 51, generator=torch.Generator().manual_seed(7))
    tokens = OCTOBER.sample(3, torch.Generator().manual_seed(7))
    assert torch.equal(tokens[:, :10], noise.argsort(dim=1)[:, :10])


def test_every_ordered_list_is_about_equally_likely() -> None:
    tokens = SortedList(2, 2).sample(6000, torch.Generator().manual_seed(0))
    lists, counts = tokens[:, :2].unique(dim=0, return_counts=True)
    assert {tuple(values) for values in lists.tolist()} == set(permutations(range(3), 2))
    # 1000 expected of each, standard deviation 29.
    assert counts.min() > 850
    assert counts.max() < 1150


@given(values=lists(OCTOBER), data=st.data())
def test_keys_are_equal_for_reorderings(values: list[int], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(values))
    first, second = OCTOBER.keys(OCTOBER.encode([values, shuffled]))
    assert first == second


@given(one=lists(OCTOBER), other=lists(OCTOBER))
def test_keys_differ_for_different_sets(one: list[int], other: list[int]) -> None:
    first, second = OCTOBER.keys(OCTOBER.encode([one, other]))
    assert bool(first == second) == (set(one) == set(other))


def test_keys_differ_for_every_pair_of_sets_of_a_small_task() -> None:
    sort = SortedList(3, 6)
    keys: dict[int, set[int]] = {}
    for values in permutations(range(7), 3):
        key = int(sort.keys(sort.encode([list(values)])))
        assert keys.setdefault(key, set(values)) == set(values)
    assert len(keys) == 35


def test_fresh_sequences_avoid_what_was_seen() -> None:
    sort = SortedList(2, 5)
    seen = sort.encode([[0, 1], [4, 2], [5, 3]])
    drawn = fresh(sort, 200, torch.Generator().manual_seed(1), sort.keys(seen))
    assert drawn.shape == (200, 5)
    sets = {frozenset(values) for values in drawn[:, :2].tolist()}
    assert sets.isdisjoint({frozenset({0, 1}), frozenset({2, 4}), frozenset({3, 5})})
    assert len(sets) == 12


def test_fresh_gives_up_when_the_known_sequences_are_all_there_are() -> None:
    tiny = SortedList(list_length=2, max_value=2)
    everything = tiny.keys(tiny.encode([[0, 1], [0, 2], [1, 2]]))
    with pytest.raises(ValueError, match=r"only 0 of 5 fresh sequences found in 1000 draws"):
        fresh(tiny, 5, torch.Generator().manual_seed(0), everything)
