"""The Cumulative Sum task, against arithmetic that one can do by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.cumulative_sum.task import CLASSES, CumulativeSum, task
from models.task import Task

GENERATOR_SEED = 5


def test_it_offers_what_every_task_offers() -> None:
    assert isinstance(task(), Task)
    assert (task().d_vocab, task().d_vocab_out, task().n_ctx) == (11, len(CLASSES), 20)
    assert task().vocabulary == ("-5", "-4", "-3", "-2", "-1", "0", "+1", "+2", "+3", "+4", "+5")


@given(st.lists(st.lists(st.integers(-5, 5), min_size=20, max_size=20), min_size=1, max_size=5))
def test_answers_are_the_signs_of_the_sums(sequences: list[list[int]]) -> None:
    tokens = task().encode(sequences)
    answers = task().answers(tokens)
    for row, values in enumerate(sequences):
        for n in range(1, 21):
            total = sum(values[:n])
            assert answers[row, n - 1] == (0 if total < 0 else 1 if total == 0 else 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, 2], "has 2 values, expected 3; .* use CumulativeSum\\(length=2\\)"),
        ([1, 2, 6], "the value 6 is outside -5 to 5"),
        ([1, -6, 0], "the value -6 is outside -5 to 5"),
        ([1, True, 0], "True is not an integer"),
    ],
)
def test_encode_refuses_what_is_no_sequence(values: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=f"sequence 1, .*: {message}"):
        CumulativeSum(length=3).encode([[0, 0, 0], values])


@pytest.fixture(scope="module")
def values() -> torch.Tensor:
    drawn = task().sample(20_000, torch.Generator().manual_seed(GENERATOR_SEED))
    return task().values(drawn)


def test_the_first_value_is_uniform(values: torch.Tensor) -> None:
    shares = (values[:, :1] == torch.arange(-5, 6)).double().mean(dim=0)
    # Four standard errors of a share of 1/11 among 20,000.
    assert (shares - 1 / 11).abs().max() < 4 * (1 / 11 * 10 / 11 / 20_000) ** 0.5


def test_later_values_have_uniform_magnitudes(values: torch.Tensor) -> None:
    shares = (values[:, 1:].abs().unsqueeze(-1) == torch.arange(6)).double().mean(dim=(0, 1))
    assert (shares - 1 / 6).abs().max() < 4 * (5 / 36 / (19 * 20_000)) ** 0.5


@pytest.mark.parametrize(("sign", "expected"), [(1, 0.7), (0, 0.3), (-1, 0.3)])
def test_later_values_tend_to_turn_the_sum(
    values: torch.Tensor, sign: int, expected: float
) -> None:
    """A value that is not 0 is negative with probability 0.7 after a positive sum; after a sum
    of zero, as after a negative one, with probability 0.3."""
    before, after = values.cumsum(dim=1)[:, :-1].sign() == sign, values[:, 1:]
    share = (after[before & (after != 0)] < 0).double().mean()
    assert abs(float(share) - expected) < 0.01


def test_sampling_draws_from_its_own_generator() -> None:
    first, same, other = (
        task().sample(50, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_keys_tell_sequences_apart() -> None:
    short = CumulativeSum(length=3)
    everything = torch.cartesian_prod(*[torch.arange(11)] * 3)
    assert len(short.keys(everything).unique()) == 11**3
    tokens = task().sample(5000, torch.Generator().manual_seed(3))
    changed = tokens.clone()
    changed[:, 7] = (changed[:, 7] + 1) % 11
    assert (task().keys(tokens) != task().keys(changed)).all()
    assert torch.equal(task().keys(tokens), task().keys(tokens.clone()))
