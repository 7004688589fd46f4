"""Positions of a sequence that something is done at."""

from collections.abc import Sequence
from typing import TypeAlias

import torch
from jaxtyping import Bool, Int
from torch import Tensor

Positions: TypeAlias = (
    int | slice | Sequence[int] | Int[Tensor, " sequence"] | Bool[Tensor, "sequence position"]
)
"""The same ones in all sequences: one, several, or a slice; or a tensor: one position of each
sequence, or a mask. Negative ones count from the end."""


def chosen(
    positions: Positions | None, tokens: Int[Tensor, "batch pos"]
) -> Bool[Tensor, "batch pos"]:
    """Which positions of which sequences are meant; None: all.

    Raises:
        IndexError: if a sequence has no such position.
        ValueError: if a tensor is not of the shape that goes with the sequences.
    """
    n_sequences, length = tokens.shape
    if isinstance(positions, Tensor) and positions.dtype == torch.bool:
        if positions.shape != tokens.shape:
            raise ValueError(
                f"a mask of shape {tuple(positions.shape)} does not fit sequences of shape "
                f"{tuple(tokens.shape)}"
            )
        return positions.to(tokens.device)
    mask = torch.zeros(n_sequences, length, dtype=torch.bool, device=tokens.device)
    if isinstance(positions, Tensor):
        if positions.shape != (n_sequences,):
            raise ValueError(
                f"{tuple(positions.shape)} positions for {n_sequences} sequences; a tensor holds "
                "one for each, and a list those that are the same for all"
            )
        _check(positions.tolist(), length)
        mask[torch.arange(n_sequences, device=tokens.device), positions.to(tokens.device)] = True
    elif positions is None:
        mask[:] = True
    elif isinstance(positions, slice):
        mask[:, positions] = True
    else:
        listed = [positions] if isinstance(positions, int) else list(positions)
        _check(listed, length)
        mask[:, listed] = True
    return mask


def _check(positions: list[int], length: int) -> None:
    if wrong := [each for each in positions if not -length <= each < length]:
        raise IndexError(f"no position {wrong[0]}; the sequences have {length}, counted from 0")
