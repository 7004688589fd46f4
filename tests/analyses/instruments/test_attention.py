import pytest
import torch
from torch import Tensor

from analyses.instruments import activations, attention
from analyses.instruments.attention import (
    attention_to,
    attention_to_position,
    head_pattern,
    label_patterns,
    mean_pattern,
    most_attended,
    patterns,
)
from analyses.instruments.heads import Head, heads
from models.plain import PlainTransformer
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


@torch.no_grad()
@pytest.mark.parametrize("name", ["deep", "deep_linear", "deep_neural"])
def test_patterns_of_both_layers_equal_a_plain_version(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    plain = PlainTransformer(problem.weights, problem.architecture)
    resid = plain.parameter("embed.W_E")[small_lists] + plain.parameter("pos_embed.W_pos")
    for layer in range(2):
        block = f"blocks.{layer}"
        read = plain.normalised(resid, f"{block}.ln1")
        asked, shown = (
            torch.einsum("bpm,hmd->bhpd", read, plain.parameter(f"{block}.attn.W_{part}"))
            + plain.parameter(f"{block}.attn.b_{part}").unsqueeze(1)
            for part in "QK"
        )
        scores = asked @ shown.mT / 3**0.5
        expected = scores.masked_fill(torch.ones(7, 7).triu(1) > 0, -torch.inf).softmax(dim=-1)
        found = patterns(problem, small_lists, layer)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-3)
        assert torch.equal(label_patterns(problem, small_lists, layer), found[:, :, 3:6])
        for number in range(2):
            alone = head_pattern(problem, small_lists, Head(layer, number))
            assert torch.equal(alone, found[:, number])
        resid = resid + plain.attention(read, block)
        if not problem.architecture.attn_only:
            resid = resid + plain.mlp(plain.normalised(resid, f"{block}.ln2"), block)


def test_of_several_layers_one_has_to_be_named(
    deep: Problem[SortedList], small_lists: Tensor
) -> None:
    for look in (patterns, label_patterns, mean_pattern):
        with pytest.raises(ValueError, match="sorted_list has 2 layers; say which is meant"):
            look(deep, small_lists)
    with pytest.raises(IndexError, match=r"sorted_list has no head 0\.2; it has 2 layers of 2"):
        head_pattern(deep, small_lists, Head(0, 2))
    assert [str(head) for head in heads(deep)] == ["0.0", "0.1", "1.0", "1.1"]


def test_attention_by_position_is_the_mean_over_sequences(
    deep: Problem[SortedList], small_lists: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = patterns(deep, small_lists, 1).mean(dim=0)
    monkeypatch.setattr(attention, "BATCH", 7)
    torch.testing.assert_close(mean_pattern(deep, small_lists, 1), expected)


@pytest.mark.parametrize(
    ("wanted", "paid"),
    [
        ([2], [[0.4, 0.1], [0.0, 0.1]]),
        ([[2], [2]], [[0.4, 0.1], [0.0, 0.1]]),
        ([[1], [4]], [[0.2, 0.1], [1.0, 0.15]]),
    ],
)
def test_attention_to_a_position_is_the_same_for_all_or_one_for_each(
    wanted: list[int], paid: list[list[float]]
) -> None:
    found = attention_to_position(HEADS, torch.tensor(wanted)).squeeze(-1)
    torch.testing.assert_close(found, torch.tensor(paid))


def test_attention_to_all_positions_is_all_attention(
    deep: Problem[SortedList], small_lists: Tensor
) -> None:
    seen = patterns(deep, small_lists, 1)
    paid = [attention_to_position(seen, torch.full((7,), place)) for place in range(7)]
    torch.testing.assert_close(torch.stack(paid, dim=-1), seen)
