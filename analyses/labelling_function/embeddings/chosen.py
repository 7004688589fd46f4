"""The neurons whose extended embeddings are looked at, and others to compare them with."""

from collections.abc import Callable
from functools import cache
from statistics import fmean, median

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.labelling_function.neurons.effects import effects, strengths
from analyses.labelling_function.neurons.families import families
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

CHOSEN = ("red right", "blue left", "blue right", "red all")
"""The families of which the published analysis looks at one neuron each."""
DRAWS = 20
SEED = 2304


@cache
def members(problem: Problem[LabellingFunction]) -> dict[str, list[int]]:
    """The neurons of each family, strongest first."""
    return families(problem)


def chosen(problem: Problem[LabellingFunction]) -> dict[str, int]:
    """The strongest neuron of each of the four families; none of a family that is empty."""
    found = members(problem)
    return {family: found[family][0] for family in CHOSEN if found[family]}


@cache
def drawn(problem: Problem[LabellingFunction], family: str, n: int) -> list[list[int]]:
    """Sets of `n` random neurons that fire at some point and are not of the family."""
    own = set(members(problem)[family])
    live = [
        neuron for neuron in strengths(problem).nonzero().flatten().tolist() if neuron not in own
    ]
    generator = torch.Generator().manual_seed(SEED)
    return [
        [live[place] for place in torch.randperm(len(live), generator=generator)[:n].tolist()]
        for _ in range(DRAWS)
    ]


def of_family(
    problem: Problem[LabellingFunction],
    family: str,
    number: Callable[[list[int]], Float[Tensor, " neuron"]],
) -> float:
    """The median over a family of a number that each neuron has; NaN if it is empty."""
    neurons = members(problem)[family]
    return median(number(neurons).tolist()) if neurons else float("nan")


def of_random(
    problem: Problem[LabellingFunction],
    family: str,
    number: Callable[[list[int]], Float[Tensor, " neuron"]],
) -> float:
    """The same of as many random neurons, mean over draws."""
    sets = drawn(problem, family, len(members(problem)[family]))
    return fmean(median(number(neurons).tolist()) for neurons in sets)


def fires(problem: Problem[LabellingFunction], neuron: int) -> Float[Tensor, " x"]:
    """The share of each row at which a neuron fires."""
    return (effects(problem)[neuron] != 0).double().mean(dim=1)
