import pytest
import torch
from torch import Tensor

from analyses.instruments.activations import (
    LN_FINAL_SCALE,
    MLP_OUT,
    NEURONS,
    PATTERN,
    RESID_POST,
    RESID_PRE,
    activations,
    point,
)
from analyses.instruments.attention import patterns
from models.plain import EPS, PlainTransformer
from models.problem import BATCH, Problem
from models.sorted_list.task import SortedList


def test_they_are_those_of_all_batches(problem: Problem[SortedList], lists: Tensor) -> None:
    assert len(lists) > 2 * BATCH
    found = activations(problem, lists, RESID_PRE)
    expected = problem.model.W_E[lists] + problem.model.W_pos
    torch.testing.assert_close(found, expected)
    assert torch.equal(activations(problem, lists[:600], PATTERN), patterns(problem, lists[:600]))


@torch.no_grad()
def test_those_of_the_mlp_equal_a_plain_version(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    plain = PlainTransformer(neural.weights, neural.architecture)
    before = activations(neural, small_lists, RESID_PRE)
    middle = before + plain.attention(before, "blocks.0")
    written = activations(neural, small_lists, MLP_OUT)
    torch.testing.assert_close(written, plain.mlp(middle, "blocks.0"), atol=1e-4, rtol=1e-4)
    after = activations(neural, small_lists, RESID_POST)
    torch.testing.assert_close(after, middle + written, atol=1e-4, rtol=1e-4)
    active = activations(neural, small_lists, NEURONS)
    assert active.shape == (40, 7, 5)
    assert float(active.min()) == 0.0


def test_an_unknown_name_names_near_ones(neural: Problem[SortedList], small_lists: Tensor) -> None:
    with pytest.raises(KeyError, match=r"'blocks\.0\.mlp\.hook_past'.*blocks\.0\.mlp\.hook_post"):
        activations(neural, small_lists, "mlp.hook_past")


@torch.no_grad()
def test_points_of_a_later_layer_equal_a_plain_version(
    deep_neural: Problem[SortedList], deep_linear: Problem[SortedList], small_lists: Tensor
) -> None:
    plain = PlainTransformer(deep_linear.weights, deep_linear.architecture)
    first = activations(deep_linear, small_lists, RESID_PRE, 0)
    second = first + plain.attention(first, "blocks.0")
    found = activations(deep_linear, small_lists, RESID_PRE, 1)
    torch.testing.assert_close(found, second, atol=1e-4, rtol=1e-4)
    last = second + plain.attention(second, "blocks.1")
    found = activations(deep_linear, small_lists, RESID_POST, 1)
    # Rounding before a softmax counts more behind it.
    torch.testing.assert_close(found, last, atol=1e-3, rtol=1e-3)
    resid = activations(deep_neural, small_lists, RESID_POST, 1)
    deviation = (resid.var(dim=-1, correction=0, keepdim=True) + EPS).sqrt()
    found = activations(deep_neural, small_lists, LN_FINAL_SCALE)
    torch.testing.assert_close(found, deviation, atol=1e-4, rtol=1e-4)


def test_a_point_has_a_layer_which_a_deep_model_is_told(
    small: Problem[SortedList], deep: Problem[SortedList]
) -> None:
    assert point(small, PATTERN) == "blocks.0.attn.hook_pattern"
    assert point(deep, PATTERN, 1) == "blocks.1.attn.hook_pattern"
    assert point(deep, LN_FINAL_SCALE) == LN_FINAL_SCALE
    with pytest.raises(ValueError, match="sorted_list has 2 layers; say which is meant"):
        point(deep, PATTERN)
    with pytest.raises(IndexError, match="sorted_list has no layer 2; it has 2"):
        point(deep, PATTERN, 2)
