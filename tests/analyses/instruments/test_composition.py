"""Composition of heads: made by hand, in a naive loop, and of random ones."""

from math import sqrt

import pytest
import torch
from torch import Tensor

from analyses.instruments.composition import composition, compositions, random_composition
from analyses.instruments.heads import Head
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import made_of

E = torch.eye(6)
"""The directions of the residual stream."""


@pytest.fixture(scope="module")
def hand_made(deep_linear: Problem[SortedList]) -> Problem[SortedList]:
    """Head 0.0 writes direction 1 and head 0.1 nothing. Head 1.0 asks with direction 1, shows
    direction 2 and moves half of direction 1, half of direction 3; head 1.1 asks with 2, shows 1
    and moves 3.
    """
    weights = {name: torch.zeros_like(tensor) for name, tensor in deep_linear.weights.items()}

    def put(layer: int, name: str, head: int, direction: Tensor) -> None:
        tensor = weights[f"blocks.{layer}.attn.W_{name}"][head]
        (tensor if name == "O" else tensor.T)[0] = direction

    put(0, "V", 0, 3 * E[0])
    put(0, "O", 0, E[1])
    for head, (asks, shows, moves) in enumerate([(1, 2, E[1] + E[3]), (2, 1, E[3])]):
        put(1, "Q", head, E[asks])
        put(1, "K", head, 2 * E[shows])
        put(1, "V", head, moves)
        put(1, "O", head, E[4])
    return made_of(deep_linear.task, deep_linear.architecture, weights)


def test_heads_that_read_what_is_written_have_1_and_others_0(
    hand_made: Problem[SortedList],
) -> None:
    writes, silent, first, second = Head(0, 0), Head(0, 1), Head(1, 0), Head(1, 1)
    expected = [
        (writes, first, 1.0, 0.0, sqrt(0.5)),
        (writes, second, 0.0, 1.0, 0.0),
        (silent, first, 0.0, 0.0, 0.0),
        (silent, second, 0.0, 0.0, 0.0),
    ]
    for found, (earlier, later, q, k, v) in zip(compositions(hand_made), expected, strict=True):
        assert (found.earlier, found.later) == (earlier, later)
        assert (found.q, found.k, found.v) == pytest.approx((q, k, v))


@pytest.mark.parametrize("name", ["deep", "deep_linear", "deep_neural"])
def test_compositions_are_those_of_a_naive_loop(name: str, request: pytest.FixtureRequest) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    model = problem.model

    def size(matrix: Tensor) -> float:
        return sqrt(sum(float(entry) ** 2 for row in matrix for entry in row))

    found = iter(compositions(problem))
    for earlier in range(2):
        for later in range(2):
            pair = next(found)
            assert (pair.earlier, pair.later) == (Head(0, earlier), Head(1, later))
            written = model.W_V[0, earlier] @ model.W_O[0, earlier]
            asks_shows = model.W_Q[1, later] @ model.W_K[1, later].T
            shows_asks = model.W_K[1, later] @ model.W_Q[1, later].T
            moves = model.W_V[1, later] @ model.W_O[1, later]
            for value, reading in ((pair.q, asks_shows), (pair.k, shows_asks), (pair.v, moves)):
                share = size(written @ reading) / size(written) / size(reading)
                assert value == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize(("name", "dimensions"), [("deep", 5), ("deep_linear", 6), ("problem", 95)])
def test_random_matrices_compose_by_chance(
    name: str, dimensions: int, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    n = 40 if name == "problem" else 4000
    chance = random_composition(problem, n, torch.Generator().manual_seed(3))
    # The mean of the square is one over the dimensions of what is written.
    assert 0.9 / sqrt(dimensions) < chance.mean < 1.005 / sqrt(dimensions)
    assert 0 < chance.low < chance.mean < chance.high < 1
    assert chance == random_composition(problem, n, torch.Generator().manual_seed(3))


def test_heads_of_random_weights_are_within_what_chance_gives(
    deep_linear: Problem[SortedList],
) -> None:
    chance = random_composition(deep_linear, 2000, torch.Generator().manual_seed(3))
    values = [value for pair in compositions(deep_linear) for value in pair[2:]]
    inside = [chance.low <= value <= chance.high for value in values]
    assert sum(inside) >= len(inside) - 2


def test_a_head_composes_with_earlier_ones_alone(deep: Problem[SortedList]) -> None:
    with pytest.raises(ValueError, match=r"head 0\.1 reads nothing that head 0\.0 writes"):
        composition(deep, Head(0, 0), Head(0, 1), "Q")
    with pytest.raises(ValueError, match=r"head 0\.1 reads nothing that head 1\.0 writes"):
        composition(deep, Head(1, 0), Head(0, 1), "V")
    with pytest.raises(IndexError, match=r"no head 2\.0"):
        composition(deep, Head(0, 0), Head(2, 0), "K")


def test_one_layer_has_no_pairs(small: Problem[SortedList]) -> None:
    assert compositions(small) == []
