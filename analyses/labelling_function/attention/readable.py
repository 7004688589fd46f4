"""Whether a linear probe reads X and Y off `resid_mid`, fitted on half of all points."""

from functools import cache

import torch
from jaxtyping import Bool
from torch import Tensor

from analyses.instruments.probe import discriminant
from analyses.labelling_function.at_z import resid
from analyses.labelling_function.points import every
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem

SEED = 302
LEAST = 1e-5
"""Noise that is next to none: a hundred times what float32 rounds by."""
SOME = 1e-2
"""A hundredth of what `resid_mid` varies by."""
NOISES = tuple(10 ** (step / 2) for step in range(-10, 1))
"""From next to none to as much as `resid_mid` varies by."""


def learned_from(n: int, seed: int) -> Bool[Tensor, " point"]:
    """Half of `n` points, at random: those that the probe is fitted on."""
    chosen = torch.zeros(n, dtype=torch.bool)
    chosen[torch.randperm(n, generator=torch.Generator().manual_seed(seed))[: n // 2]] = True
    return chosen


@cache
def held_out_accuracy(
    problem: Problem[LabellingFunction], position: int, noise: float, shuffled: bool = False
) -> float:
    """How often the probe names the number at a position, over the points it was not fitted on.

    Args:
        problem: whose `resid_mid` is read.
        position: 0 for X, 1 for Y.
        noise: that the probe reckons with, in units of the root mean square, over directions, of
            the standard deviation of `resid_mid`.
        shuffled: whether every point has the number of another one instead, in both halves: what
            113 classes can be fitted with where there is nothing to read.
    """
    features = resid(problem)
    features = (features - features.mean(dim=0)) / features.std(dim=0).square().mean().sqrt()
    classes = every(problem)[:, position]
    if shuffled:
        generator = torch.Generator().manual_seed(SEED + 1)
        order = torch.randperm(len(classes), generator=generator)
        classes = classes[order.to(classes.device)]
    fitted = learned_from(len(classes), SEED).to(features.device)
    probe = discriminant(features[fitted], classes[fitted], SIDE, noise=noise)
    return probe.accuracy(features[~fitted], classes[~fitted])
