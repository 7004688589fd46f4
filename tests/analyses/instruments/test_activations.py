import pytest
import torch
from torch import Tensor

from analyses.instruments.activations import (
    MLP_OUT,
    NEURONS,
    PATTERN,
    RESID_POST,
    RESID_PRE,
    activations,
)
from analyses.instruments.attention import patterns
from models.problem import BATCH, Problem
from models.sorted_list.task import SortedList
from tests.plain_transformer import PlainTransformer


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
        activations(neural, small_lists, "blocks.0.mlp.hook_past")
