"""All points at once: what the model answers to each, the truth, and which it was trained on.

Maps are `[x, y]`, a row for each X.
"""

from functools import cache

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from models.card import Training
from models.labelling_function.task import BLUE, RED, SIDE, LabellingFunction
from models.problem import Problem
from models.training import training_sequences

Map = Bool[Tensor, "x y"]


@cache
def every(problem: Problem[LabellingFunction]) -> Int[Tensor, "point 3"]:
    """All points, row by row, on the model's device."""
    return problem.task.every().to(problem.device)


def as_map(values: Tensor) -> Tensor:
    """One value for each point, in the order of `every`, as a map `[x, y, ...]`."""
    return values.reshape(SIDE, SIDE, *values.shape[1:])


def red_over_blue(logits: Float[Tensor, "point 3 2"]) -> Float[Tensor, "x y"]:
    """How far the logit of red is above that of blue at Z, in logits, of all points."""
    asked = logits[:, -1]
    return as_map(asked[:, RED] - asked[:, BLUE])


@cache
def difference(problem: Problem[LabellingFunction]) -> Float[Tensor, "x y"]:
    """Logit of red less that of blue, as the model answers."""
    return red_over_blue(problem.logits(every(problem)))


def answers(problem: Problem[LabellingFunction]) -> Map:
    """Whether the model says red."""
    return difference(problem) > 0


@cache
def truth(problem: Problem[LabellingFunction]) -> Map:
    """Whether a point is red."""
    return as_map(problem.task.answers(every(problem)).squeeze(1)) == RED


@cache
def trained_on(problem: Problem[LabellingFunction]) -> Map:
    """Whether the committed model was trained on a point."""
    return drawn(problem.task, problem.card.training).to(problem.device)


def drawn(task: LabellingFunction, recipe: Training) -> Map:
    """Whether a point is among those that a recipe trains on."""
    known = task.keys(training_sequences(task, recipe))
    return as_map(torch.isin(task.keys(task.every()), known))


def unseen_points(problem: Problem[LabellingFunction]) -> Int[Tensor, "point 3"]:
    """The points that the committed model was not trained on."""
    return every(problem)[~trained_on(problem).flatten()]


def mistakes(problem: Problem[LabellingFunction]) -> Map:
    """Whether the model's answer is wrong."""
    return answers(problem) != truth(problem)


def agreement(one: Map, other: Map) -> float:
    """The share of all points that have the same colour on two maps."""
    return float((one == other).double().mean())
