"""Effective embeddings: what a number at X or at Y adds to the input of each neuron, with the
attention that it gets.

Where an extended embedding takes the mean attention for granted, this is the mean, over the other
coordinate, of what the model does: the main effects of the neurons' input, as in an analysis of
variance.
"""

from functools import cache

from analyses.labelling_function.at_z import Map, difference_behind, resid
from analyses.labelling_function.embeddings.extended import Extended
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem


@cache
def main_effects(problem: Problem[LabellingFunction]) -> Extended:
    """Terms of `resid_mid`, of which each number's have a mean of zero over numbers."""
    plane = resid(problem).reshape(SIDE, SIDE, -1)
    mean = plane.mean(dim=(0, 1))
    return Extended(x=plane.mean(dim=1) - mean, y=plane.mean(dim=0) - mean, rest=mean)


@cache
def effective(problem: Problem[LabellingFunction]) -> Extended:
    """Terms of the input of every neuron."""
    model, found = problem.model, main_effects(problem)
    return Extended(
        x=found.x @ model.W_in[0],
        y=found.y @ model.W_in[0],
        rest=found.rest @ model.W_in[0] + model.b_in[0],
    )


@cache
def difference_of_sum(problem: Problem[LabellingFunction]) -> Map:
    """Logit of red less that of blue with the sum of its main effects in place of `resid_mid`."""
    x, y, mean = main_effects(problem)
    return difference_behind(problem, (x[:, None] + y[None] + mean).flatten(0, 1))


def explained(problem: Problem[LabellingFunction]) -> float:
    """The share of the variance of `resid_mid` that this sum has."""
    x, y, mean = main_effects(problem)
    varying = resid(problem).reshape(SIDE, SIDE, -1) - mean
    left = varying - x[:, None] - y[None]
    return 1 - float(left.square().sum() / varying.square().sum())
