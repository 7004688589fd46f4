"""What varies between models, by hand, and whichever head is called the first."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from analyses.sorted_list import claims, samples, triples
from analyses.sorted_list.differ import QUANTITIES
from analyses.sorted_list.varies import busier_share, copied_by_both, suppression, varies
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.exchanged import heads_turned
from tests.problems.sorted_list.small import random_problem

TASK = SortedList(list_length=4, max_value=12)


@pytest.fixture(scope="module")
def few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, size in (("N_LISTS", 300), ("N_PATTERNS", 200), ("N_SCALED", 50)):
            patch.setattr(samples, name, size)
        patch.setattr(samples, "PER_TRIPLE", 6)
        yield


@pytest.fixture(scope="module")
def small(few: None) -> Problem[SortedList]:
    found = random_problem(3, task=TASK)
    # Trained on one list, by its card, so that all others are fresh.
    training = found.card.training.model_copy(update={"n_sequences": 1})
    return replace(found, card=found.card.model_copy(update={"training": training}))


def circuits(first: list[float], second: list[float]) -> Tensor:
    """OV circuits of two heads by their diagonals, zero beside them."""
    return torch.stack([torch.diag(torch.tensor(diagonal)) for diagonal in (first, second)])


def test_it_measures_what_is_said_to_differ(small: Problem[SortedList]) -> None:
    found = varies(small)
    assert list(found) == [quantity.name for quantity in QUANTITIES]
    assert all(value is not None for value in found.values())
    lesser, greater = found["cost_lesser"], found["cost_greater"]
    assert lesser is not None and greater is not None and lesser <= greater
    assert found["ranges"] == 1 + claims.head_changes(small).value


def test_heads_may_be_exchanged(small: Problem[SortedList]) -> None:
    here, there = varies(small), varies(heads_turned(small))
    assert there == pytest.approx(here, abs=1e-5)


def test_a_split_vocabulary_and_one_that_is_copied_and_suppressed() -> None:
    split = circuits([2.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 2.0])
    assert busier_share(split) == 0.5
    assert suppression(split) == 0.0
    # The second head takes off half of what the first one adds.
    suppressed = circuits([2.0, 4.0, 6.0, 4.0], [-1.0, -2.0, -3.0, -2.0])
    assert busier_share(suppressed) == 1.0
    assert suppression(suppressed) == 0.5
    assert copied_by_both(suppressed) == 0.0
    # Both copy all: of what the first one adds, the second adds half as well.
    both = circuits([2.0, 4.0, 6.0, 4.0], [1.0, 2.0, 3.0, 2.0])
    assert suppression(both) == -0.5
    assert copied_by_both(both) == 1.0


def test_what_all_logits_get_is_no_suppression() -> None:
    split = circuits([2.0, 2.0, 0.0, 0.0], [0.0, 0.0, 2.0, 2.0])
    assert suppression(split - 7.0) == pytest.approx(0.0, abs=1e-6)


def test_where_nothing_is_copied_nothing_is_suppressed() -> None:
    assert suppression(torch.zeros(2, 3, 3)) is None


def test_the_puzzle_occurs_as_often_as_counted(small: Problem[SortedList]) -> None:
    found = triples.effects(small, samples.sampled_triples(small))
    both = found.attention.sum(dim=2).tolist()
    preferred = [
        attention[int(sums[1] > sums[0])]
        for attention, sums in zip(found.attention, both, strict=True)
    ]
    often = sum(float(to[1]) > float(to[0]) for to in preferred) / len(preferred)
    assert varies(small)["puzzles"] == pytest.approx(often)
