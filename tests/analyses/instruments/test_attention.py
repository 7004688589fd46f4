import pytest
import torch
from torch import Tensor

from analyses.instruments import activations
from analyses.instruments.attention import attention_to, label_patterns, most_attended, patterns
from models.problem import Problem
from models.sorted_list.task import SortedList

TOKENS = torch.tensor([[7, 5, 9, 5, 7], [8, 6, 9, 6, 8]])
HEADS = torch.tensor(
    [
        [[[0.1, 0.2, 0.4, 0.3, 0.0]], [[0.6, 0.1, 0.1, 0.1, 0.1]]],
        [[[0.0, 0.0, 0.0, 0.0, 1.0]], [[0.2, 0.3, 0.1, 0.25, 0.15]]],
    ]
)
"""Two sequences, two heads, one label, five keys."""


def test_most_attended_is_the_token_under_the_largest_probability() -> None:
    assert most_attended(HEADS, TOKENS).tolist() == [[[9], [7]], [[8], [6]]]


@pytest.mark.parametrize(
    ("wanted", "paid"),
    [
        ([[5], [6]], [[0.5, 0.2], [0.0, 0.55]]),
        ([[7], [8]], [[0.1, 0.7], [1.0, 0.35]]),
        ([[9], [1]], [[0.4, 0.1], [0.0, 0.0]]),
    ],
)
def test_attention_to_a_token_counts_every_place_where_it_stands(
    wanted: list[list[int]], paid: list[list[float]]
) -> None:
    found = attention_to(HEADS, TOKENS, torch.tensor(wanted)).squeeze(-1)
    torch.testing.assert_close(found, torch.tensor(paid))


def test_attention_to_all_tokens_is_all_attention(problem: Problem[SortedList]) -> None:
    tokens = problem.task.sample(5, torch.Generator().manual_seed(1))
    seen = label_patterns(problem, tokens)
    paid = [
        attention_to(seen, tokens, torch.full((5, 10), token))
        for token in range(problem.task.d_vocab)
    ]
    torch.testing.assert_close(torch.stack(paid).sum(dim=0), torch.ones(5, 2, 10))


@pytest.mark.parametrize("name", ["problem", "untrained", "small"])
def test_rows_sum_to_one_and_look_at_nothing_that_comes_later(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(50, torch.Generator().manual_seed(1))
    seen = patterns(problem, tokens)
    length = problem.task.n_ctx
    assert seen.shape == (50, 2, length, length)
    torch.testing.assert_close(seen.sum(dim=-1), torch.ones(50, 2, length))
    assert torch.equal(seen, seen.tril())
    assert seen.min() >= 0


def test_label_patterns_are_the_rows_from_sep_on(small: Problem[SortedList]) -> None:
    tokens = small.task.sample(5, torch.Generator().manual_seed(1))
    assert torch.equal(label_patterns(small, tokens), patterns(small, tokens)[:, :, [3, 4, 5]])


def test_patterns_of_many_batches_are_those_of_one(
    small: Problem[SortedList], small_lists: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = patterns(small, small_lists)
    monkeypatch.setattr(activations, "BATCH", 7)
    torch.testing.assert_close(patterns(small, small_lists), whole)
