import runpy
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import models.palindromes.task
from models.palindromes.task import NO, YES, Palindromes, task
from models.task import Finite, Task, fresh

JULY = task()
NEAR = Palindromes(most_changes=3)
HALF = [5, 30, 0, 0, 17, 2, 9, 28, 11, 4]
WHOLE = HALF + HALF[::-1]
EXAMPLES = [
    # values, answer, places that differ
    ([1, 2, 2, 1], YES, []),
    ([1, 1, 1, 1], YES, []),
    ([0, 30, 30, 1], NO, [4]),
    ([1, 2, 3, 1], NO, [3]),
    ([1, 2, 1, 2], NO, [3, 4]),
]
values = st.lists(st.integers(0, 30), min_size=20, max_size=20)
seeds = st.integers(0, 2**32 - 1)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("values", "answer", "places"), EXAMPLES)
def test_worked_examples(values: list[int], answer: int, places: list[int]) -> None:
    four = Palindromes(length=4)
    tokens = four.encode([values])
    assert tokens.tolist() == [[31, *values, 32]]
    assert four.answers(tokens).tolist() == [[answer]]
    differs = four.differs(tokens)[0].tolist()
    assert [place for place, odd in zip(four.places, differs, strict=True) if odd] == places


def test_july_is_the_task_of_its_card() -> None:
    assert isinstance(JULY, Task)
    assert not isinstance(JULY, Finite)
    assert (JULY.n_ctx, JULY.d_vocab, JULY.d_vocab_out) == (22, 33, 2)
    assert range(22)[JULY.label_positions] == range(21, 22)
    assert JULY.vocabulary[29:] == ("29", "30", "START", "END")
    assert JULY.classes == ("not a palindrome", "palindrome")
    assert JULY.most_changes is None


def test_places_are_the_second_half_and_mirrors_the_first() -> None:
    assert list(JULY.places) == list(range(11, 21))
    assert [JULY.mirror(place) for place in JULY.places] == list(range(10, 0, -1))
    assert all(JULY.mirror(JULY.mirror(position)) == position for position in range(1, 21))
    for position in (0, 21, -1):
        with pytest.raises(ValueError, match=f"position {position} holds no value; .* 1 to 20"):
            JULY.mirror(position)


@pytest.fixture(scope="module")
def unchecked() -> Palindromes:
    """The task as users have it: without the runtime types that the tests add, which would refuse
    some values before the task itself can."""
    return runpy.run_path(str(Path(models.palindromes.task.__file__)))["task"]()


@pytest.mark.parametrize(
    ("sequence", "message"),
    [
        (WHOLE[:19], r"sequence 0, .*: has 19 values, expected 20; START and END are added here"),
        ([31, *WHOLE, 32], r"has 22 values, expected 20"),
        ([], r"has 0 values, expected 20"),
        ([*WHOLE[:19], 31], r"the value 31 is outside 0 to 30; choose values"),
        ([*WHOLE[:19], -1], r"the value -1 is outside 0 to 30; choose values"),
        ([*WHOLE[:19], 5.0], r"5\.0 is not an integer"),
        ([*WHOLE[:19], True], r"True is not an integer"),
    ],
)
def test_encode_refuses_what_the_task_cannot_hold(
    unchecked: Palindromes, sequence: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        unchecked.encode([sequence])


def test_encode_says_which_sequence_is_at_fault(unchecked: Palindromes) -> None:
    with pytest.raises(ValueError, match=r"sequence 1, \[5\]"):
        unchecked.encode([WHOLE, [5]])


@given(sequence=values)
def test_the_answer_is_whether_the_values_equal_their_reverse(sequence: list[int]) -> None:
    tokens = JULY.encode([sequence, sequence[:10] + sequence[:10][::-1]])
    assert JULY.answers(tokens).tolist() == [[int(sequence == sequence[::-1])], [YES]]


@pytest.mark.parametrize("some", [JULY, NEAR])
@given(seed=seeds, n=st.integers(0, 5))
def test_samples_are_values_between_start_and_end(some: Palindromes, seed: int, n: int) -> None:
    tokens = some.sample(n, seeded(seed))
    assert tokens.shape == (n, 22)
    assert tokens.dtype == torch.int64
    assert torch.equal(tokens, some.encode(tokens[:, 1:-1].tolist()))
    assert torch.equal(tokens, some.sample(n, seeded(seed)))


def test_each_mirrored_place_is_kept_or_redrawn() -> None:
    tokens = JULY.sample(40_000, seeded(0))
    palindrome = JULY.answers(tokens)[:, 0].bool()
    # Half, and of the others those in which every place was kept, or redrawn as it was: 0.13 %.
    assert palindrome.double().mean().item() == pytest.approx(0.5007, abs=0.01)
    differs = JULY.differs(tokens[~palindrome]).double()
    # Half are redrawn, of which 1 in 31 comes out the same; standard deviation 0.0035.
    assert differs.mean(dim=0).tolist() == pytest.approx([15 / 31] * 10, abs=0.015)
    one = (differs.sum(dim=1) == 1).double().mean().item()
    assert one == pytest.approx(10 * 15 / 31 * (16 / 31) ** 9, abs=0.003)
    counts = tokens[palindrome, 1].bincount(minlength=31)
    # 645 expected of each, standard deviation 25.
    assert counts[:31].min() > 520
    assert counts[:31].max() < 770


def test_near_palindromes_differ_in_one_to_three_pairs() -> None:
    tokens = NEAR.sample(20_000, seeded(1))
    differing = NEAR.differs(tokens).sum(dim=1)
    shares = differing.bincount(minlength=11).double() / len(tokens)
    assert shares.tolist() == pytest.approx([1 / 2, *[1 / 6] * 3, *[0] * 7], abs=0.015)
    one = NEAR.differs(tokens[differing == 1]).double().mean(dim=0)
    assert one.tolist() == pytest.approx([0.1] * 10, abs=0.03)


@given(seed=seeds, changes=st.integers(0, 10))
def test_changes_are_as_many_as_were_asked_for(seed: int, changes: int) -> None:
    whole = JULY.palindromes(3, seeded(seed))
    assert JULY.answers(whole).all()
    changed = JULY.with_changes(whole, torch.full((3,), changes), seeded(seed))
    assert JULY.differs(changed).sum(dim=1).tolist() == [changes] * 3
    assert torch.equal(changed[:, :11], whole[:, :11])


@pytest.mark.parametrize("position", [1, 10, 11, 20])
def test_single_changes_are_all_other_values_at_one_position(position: int) -> None:
    whole = JULY.encode([WHOLE, HALF[::-1] + HALF])
    changed = JULY.single_changes(whole, position)
    assert changed.shape == (2, 30, 22)
    pair = max(position, JULY.mirror(position)) - JULY.places.start
    for own, others in zip(whole, changed, strict=True):
        assert JULY.differs(others).nonzero()[:, 1].tolist() == [pair] * 30
        assert {*others[:, position].tolist(), int(own[position])} == set(range(31))
        assert others[0, position] == (own[position] + 1) % 31
        elsewhere = torch.arange(22) != position
        assert (others[:, elsewhere] == own[elsewhere]).all()


@given(sequence=values, other=values, position=st.integers(1, 20))
def test_keys_are_equal_for_equal_sequences_alone(
    sequence: list[int], other: list[int], position: int
) -> None:
    tokens = JULY.encode([sequence, sequence, other])
    keys = JULY.keys(tokens)
    assert keys[0] == keys[1]
    assert bool(keys[0] == keys[2]) == (sequence == other)
    one, elsewhere = (
        JULY.single_changes(tokens[:1], place)[0] for place in (position, JULY.mirror(position))
    )
    together = torch.cat([keys[:1], JULY.keys(one), JULY.keys(elsewhere)])
    assert len(together.unique()) == 61


def test_keys_are_those_of_arithmetic_modulo_two_to_the_64() -> None:
    largest = [30] * 20
    number = sum(30 * 31**place for place in range(10))
    expected = (number * 6364136223846793005 + number) % 2**64
    assert int(JULY.keys(JULY.encode([largest]))) % 2**64 == expected


def test_keys_do_not_depend_on_what_else_is_in_the_batch() -> None:
    tokens = JULY.sample(2_000, seeded(3))
    keys = JULY.keys(tokens)
    assert torch.equal(JULY.keys(tokens.flip(0)), keys.flip(0))
    assert len(keys.unique()) == len(tokens.unique(dim=0))


def test_fresh_sequences_avoid_what_was_seen() -> None:
    two = Palindromes(length=2, max_value=2)
    seen = two.encode([[0, 0], [1, 1], [0, 1]])
    drawn = fresh(two, 200, seeded(1), two.keys(seen))
    pairs = {(first, last) for _, first, last, _ in drawn.tolist()}
    assert pairs == {(2, 2), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)}
