import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from analyses.instruments.heads import Head
from analyses.sorted_list import resampled
from analyses.sorted_list.resampled import alike, by_role, every_label
from models.problem import Problem
from models.sorted_list.task import SortedList

OCTOBER = SortedList()
SMALL = SortedList(list_length=3, max_value=5)
SEEDS = st.integers(0, 2**32 - 1)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_label_has_a_row() -> None:
    tokens = SMALL.encode([[4, 0, 2], [1, 5, 3]])
    at = every_label(SMALL, tokens)
    assert at.label.tolist() == [0, 1, 2, 0, 1, 2]
    assert at.answer.tolist() == [0, 2, 4, 1, 3, 5]
    assert torch.equal(at.tokens, tokens[[0, 0, 0, 1, 1, 1]])


@pytest.mark.parametrize("answer", [True, False])
@given(seed=SEEDS)
def test_lists_alike_have_in_common_what_they_should(answer: bool, seed: int) -> None:
    at = every_label(OCTOBER, OCTOBER.sample(5, generator(seed)))
    drawn = alike(OCTOBER, at, generator(seed + 1), answer)
    assert torch.equal(OCTOBER.encode(drawn[:, :10].tolist()), drawn)
    place = (10 + at.label)[:, None]
    assert torch.equal(drawn.gather(1, place), at.tokens.gather(1, place))
    if answer:
        assert torch.equal(drawn.gather(1, place + 1)[:, 0], at.answer)
    assert not torch.equal(drawn, at.tokens)


@pytest.mark.parametrize(("answer", "expected"), [(True, {3}), (False, {2, 3, 4, 5})])
def test_all_lists_alike_are_drawn_equally_often(answer: bool, expected: set[int]) -> None:
    # At b2 of 0, 1, 3: 0 and 1, then 3 or, if the answer may differ, any above 1.
    one = every_label(SMALL, SMALL.encode([[3, 1, 0]]))
    at = resampled.Labels(*(part[2:].repeat_interleave(3000, dim=0) for part in one))
    drawn = alike(SMALL, at, generator(0), answer)
    assert (drawn[:, 5] == 1).all()
    counts = drawn[:, 6].bincount(minlength=6)
    assert set(counts.nonzero().flatten().tolist()) == expected
    assert float(counts[counts > 0].float().std(correction=0)) < 60
    # Orders too: 1 stands anywhere.
    places = (drawn[:, :3] == 1).int().argmax(dim=1).bincount(minlength=3)
    assert int(places.min()) > 900


def test_roles_are_given_by_who_copies_the_answer(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = OCTOBER.encode([[0, 2, 4, 6, 8, 10, 12, 13, 15, 17]])
    at = every_label(OCTOBER, tokens)
    copier, others = (OCTOBER.sample(10, generator(seed)) for seed in (1, 2))
    asked: list[tuple[list[int], dict[int, Tensor]]] = []

    def remember(
        problem: object, tokens: Tensor, donors: dict[Head, Tensor], positions: Tensor
    ) -> Tensor:
        donors_by_number = {head.number: donor for head, donor in donors.items()}
        asked.append((positions.tolist(), donors_by_number))
        return torch.full((*tokens.shape, 52), float(len(asked)))

    # Head 0.0 copies even values, head 0.1 odd ones.
    ov = torch.stack([torch.diag((torch.arange(51) % 2 == head).float()) for head in (0, 1)])
    monkeypatch.setattr(resampled, "value_ov", lambda _: ov)
    monkeypatch.setattr(resampled, "resample_ablate", remember)
    logits = by_role(problem, at, copier, others)
    (even, by_even), (odd, by_odd) = asked
    assert (even, odd) == ([10, 11, 12, 13, 14, 15, 16], [17, 18, 19])
    assert torch.equal(by_even[0], copier[:7])
    assert torch.equal(by_even[1], others[:7])
    assert torch.equal(by_odd[1], copier[7:])
    assert torch.equal(by_odd[0], others[7:])
    assert logits[:, 0].tolist() == [1.0] * 7 + [2.0] * 3
    asked.clear()
    by_role(problem, at, None, others)
    assert [sorted(donors) for _, donors in asked] == [[1], [0]]


def test_with_no_other_list_the_model_says_what_it_says(problem: Problem[SortedList]) -> None:
    tokens = problem.task.sample(20, generator(3))
    logits = by_role(problem, every_label(problem.task, tokens), None, None)
    own = problem.logits(tokens)[:, problem.task.label_positions].flatten(0, 1)
    torch.testing.assert_close(logits, own, atol=1e-4, rtol=1e-4)
