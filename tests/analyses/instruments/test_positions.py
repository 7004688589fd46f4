import pytest
import torch
from torch import Tensor

from analyses.instruments.positions import Positions, chosen

TOKENS = torch.zeros(3, 4, dtype=torch.long)
MASK = torch.eye(3, 4) == 1


@pytest.mark.parametrize(
    "positions, expected",
    [
        (None, [[0, 1, 2, 3]] * 3),
        (2, [[2]] * 3),
        (-1, [[3]] * 3),
        ([0, -2], [[0, 2]] * 3),
        ([], [[]] * 3),
        (range(2), [[0, 1]] * 3),
        (slice(1, None), [[1, 2, 3]] * 3),
        (torch.tensor([0, 3, -2]), [[0], [3], [2]]),
        (MASK, [[0], [1], [2]]),
    ],
)
def test_positions_that_are_meant(positions: Positions, expected: list[list[int]]) -> None:
    assert [row.nonzero().flatten().tolist() for row in chosen(positions, TOKENS)] == expected


@pytest.mark.parametrize("positions", [4, [0, 4], -5, torch.tensor([0, 4, 1])])
def test_a_position_that_no_sequence_has(positions: Positions) -> None:
    with pytest.raises(IndexError, match=r"no position -?[45]; the sequences have 4"):
        chosen(positions, TOKENS)


@pytest.mark.parametrize("positions", [torch.tensor([0, 1]), MASK[:2], MASK[:, :3]])
def test_positions_of_other_sequences(positions: Tensor) -> None:
    with pytest.raises(ValueError, match="for 3 sequences|does not fit sequences of shape"):
        chosen(positions, TOKENS)
