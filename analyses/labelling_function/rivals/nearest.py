"""Labels by vote of the nearest points that are known: what interpolation alone would answer."""

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from models.labelling_function.task import SIDE

UNKNOWN = -1
ROWS_AT_ONCE = 2048
"""Points whose distances to all known ones are held at the same time."""


def known_labels(red: Bool[Tensor, "x y"], known: Bool[Tensor, "x y"]) -> Int[Tensor, "x y"]:
    """A map of labels: 1 red, 0 blue, and `UNKNOWN`."""
    return torch.where(known, red.long(), UNKNOWN)


def vote(
    tokens: Int[Tensor, "batch 3"], tables: Mapping[str, Tensor], k: int
) -> Float[Tensor, "batch 1 2"]:
    """Blue and red votes of the `k` nearest known points in the plane, less one half."""
    label = tables["label"]
    places = (label >= 0).nonzero().float()
    colour = label[label >= 0].float()
    red = [
        colour[torch.cdist(part, places).topk(k, largest=False).indices].mean(dim=1)
        for part in tokens[:, :2].float().split(ROWS_AT_ONCE)
    ]
    votes = torch.cat(red) - 0.5
    return torch.stack([-votes, votes], dim=1)[:, None]


def ours(red: Bool[Tensor, "x y"], known: Bool[Tensor, "x y"], k: int) -> Bool[Tensor, "x y"]:
    """The map that results."""
    numbers = torch.arange(SIDE, device=red.device)
    points = torch.cartesian_prod(numbers, numbers)
    tables = {"label": known_labels(red, known)}
    votes = vote(torch.cat([points, points[:, :1]], dim=1), tables, k)
    return votes[:, 0, 1].reshape(SIDE, SIDE) > 0
