"""Bounds against what they bound."""

from math import inf

import pytest
import torch

from analyses.evidence.bounds import ROUNDOFF_32, float64, gamma, softmax_rounding, tilted
from models.problem import Problem
from models.sorted_list.task import SortedList


def test_gamma_is_highams() -> None:
    assert gamma(4, 0.125) == 1.0
    assert gamma(8, 0.125) == gamma(9, 0.125) == inf


@pytest.mark.parametrize("spread", [1e-3, 0.5, 3.0, 20.0])
@pytest.mark.parametrize("before", [False, True])
def test_no_softmax_moves_further_than_its_bound(spread: float, before: bool) -> None:
    """Random changes of scores, and those at the ends of what is allowed."""
    generator = torch.Generator().manual_seed(4)
    keys = 7
    base = before * torch.randn(500, keys, generator=generator, dtype=torch.float64)
    change = spread * torch.rand(500, keys, generator=generator, dtype=torch.float64)
    change[250:] = spread * (change[250:] > spread / 2)
    moved = (base + change).softmax(dim=-1) - base.softmax(dim=-1)
    bound = float(tilted(torch.tensor(spread, dtype=torch.float64)))
    assert (moved.abs().sum(dim=-1) / 2).max() <= bound
    worth = torch.randn(keys, generator=generator, dtype=torch.float64)
    assert (moved @ worth).abs().max() <= bound * (worth.max() - worth.min())


@pytest.mark.parametrize("spread", [0.01, 2.0, 9.0])
def test_the_bound_is_reached(spread: float) -> None:
    r = torch.tensor(spread, dtype=torch.float64)
    p = 1 / (1 + (r / 2).exp())
    base = torch.stack([p, 1 - p]).log()
    moved = (base + torch.stack([r, 0 * r])).softmax(dim=0) - base.exp()
    torch.testing.assert_close(moved.abs().sum() / 2, tilted(r))


def test_a_softmax_in_float32_is_within_its_rounding() -> None:
    scores = 3 * torch.randn(2000, 20, generator=torch.Generator().manual_seed(0))
    exact = scores.double().softmax(dim=-1)
    apart = ((scores.softmax(dim=-1).double() - exact) / exact).abs().max()
    assert ROUNDOFF_32 / 4 < apart < softmax_rounding(20)


def test_sizes_are_those_of_the_weights(small: Problem[SortedList]) -> None:
    for name, tensor in float64(small, absolute=True).items():
        assert torch.equal(tensor, small.weights[name].double().abs())
