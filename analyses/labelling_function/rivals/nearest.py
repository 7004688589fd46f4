"""Labels by vote of the nearest points that are known: what interpolation alone would answer."""

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from models.labelling_function.task import SIDE

UNKNOWN = -1


def known_labels(red: Bool[Tensor, "x y"], known: Bool[Tensor, "x y"]) -> Int[Tensor, "x y"]:
    """A map of labels: 1 red, 0 blue, and `UNKNOWN`."""
    return torch.where(known, red.long(), UNKNOWN)


def votes(label: Int[Tensor, "x y"], k: int, reach: int) -> Float[Tensor, "x y"]:
    """Votes for red less those for blue of the `k` nearest known points; of those that are as far
    as the last of them, all. Points more than `reach` rows away have no vote.

    If a point is known itself, it is its own nearest.
    """
    side = len(label)
    away = [(x, y) for x in range(-reach, reach + 1) for y in range(1 - side, side)]
    rings: dict[int, list[tuple[int, int]]] = {}
    for x, y in away:
        rings.setdefault(x * x + y * y, []).append((x, y))
    colour = torch.where(label < 0, 0, 2 * label - 1).float()
    padded = torch.nn.functional.pad(torch.stack([colour, (label >= 0).float()]), [side] * 4)
    found = torch.zeros_like(padded[:, :side, :side])
    for distance in sorted(rings):
        asked = (found[1] < k).float()
        if not asked.any():
            break
        for x, y in rings[distance]:
            found += asked * padded[:, side + x : 2 * side + x, side + y : 2 * side + y]
    return found[0]


def vote(
    tokens: Int[Tensor, "batch 3"], tables: Mapping[str, Tensor], k: int, reach: int
) -> Float[Tensor, "batch 1 2"]:
    """The same of some points, as logits of blue and red."""
    red = votes(tables["label"], k, reach)[tokens[:, 0], tokens[:, 1]]
    return torch.stack([-red, red], dim=1)[:, None]


ROW, PLANE = 0, SIDE - 1
"""How far away neighbours may be, in rows: in the same row only, or anywhere."""
