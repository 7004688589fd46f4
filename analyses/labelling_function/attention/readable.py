"""Whether a linear probe reads X and Y off `resid_mid`, fitted on half of all points."""

from functools import cache

import torch
from jaxtyping import Bool
from torch import Tensor

from analyses.labelling_function.at_z import resid
from analyses.labelling_function.points import every
from analyses.probe import logistic
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem

SEED = 302
PENALTY = 1.0
"""That of scikit-learn's logistic regression unless it is told otherwise, for features of unit
mean square."""
STEPS = 40


def learned_from(n: int, seed: int) -> Bool[Tensor, " point"]:
    """Half of `n` points, at random: those that the probe is fitted on."""
    chosen = torch.zeros(n, dtype=torch.bool)
    chosen[torch.randperm(n, generator=torch.Generator().manual_seed(seed))[: n // 2]] = True
    return chosen


@cache
def held_out_accuracy(
    problem: Problem[LabellingFunction], position: int, shuffled: bool = False
) -> float:
    """How often the probe names the number at a position, over the points it was not fitted on.

    With `shuffled`, every point has the number of another one, in both halves: what 113 classes
    can be fitted with where there is nothing to read.
    """
    features = resid(problem)
    features = (features - features.mean(dim=0)) / features.std(dim=0).square().mean().sqrt()
    classes = every(problem)[:, position]
    if shuffled:
        generator = torch.Generator().manual_seed(SEED + 1)
        classes = classes[torch.randperm(len(classes), generator=generator)]
    fitted = learned_from(len(classes), SEED).to(features.device)
    probe = logistic(features[fitted], classes[fitted], SIDE, penalty=PENALTY, steps=STEPS)
    return probe.accuracy(features[~fitted], classes[~fitted])
