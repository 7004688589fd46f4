"""Few neurons for many: sets whose summed effect, everything else zero, gives the model's answers.

Effects are added with weight 1 and the sum is compared with 0. Sets are too many to try: each is
searched for by exchanging one neuron at a time for the best of all there are, from several starts.
Of pairs, all are tried. Both look at every fourth column of the map; the best that come out are
improved further on all points.
"""

from collections.abc import Sequence
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.labelling_function.neurons.effects import effects, norms, says_red
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Sizes of the sets that are searched for."""
STARTS = 16
"""Random sets of four from which the search begins."""
BEST = 4
"""Sets that are improved on all points, of those found on some."""
COLUMNS = 4
"""The search looks at every so-manieth column first."""
SEED = 2302

Maps = Float[np.ndarray, "neuron x y"]
Effects = Float[np.ndarray, "neuron point"]
Answers = Bool[np.ndarray, "x y"]
Labels = Bool[np.ndarray, " point"]


class Chosen(NamedTuple):
    """A set of neurons, and on which share of points its sum has the answers' sign."""

    neurons: tuple[int, ...]
    agreement: float


def agreements(
    maps: Effects, others: Float[np.ndarray, " point"], red: Labels
) -> Float[np.ndarray, " neuron"]:
    """The share of points at which each neuron together with others gives the answer."""
    return np.count_nonzero((maps > -others) == red, axis=1) / len(red)


def summed(
    maps: Float[np.ndarray, "neuron ..."], chosen: Sequence[int]
) -> Float[np.ndarray, "..."]:
    """The sum of the maps of a set; 0 of none."""
    # Added one by one: numpy would first copy all of them to one place.
    total = np.zeros_like(maps[0])
    for neuron in chosen:
        total = total + maps[neuron]
    return total


def scored(maps: Effects, red: Labels, chosen: Sequence[int]) -> Chosen:
    """A set with its agreement."""
    share = np.count_nonzero((summed(maps, chosen) > 0) == red) / len(red)
    return Chosen(tuple(chosen), float(share))


def grown(maps: Effects, red: Labels, chosen: Sequence[int], size: int) -> Chosen:
    """A set with the best next neuron added, again and again, until it has its size."""
    members = list(chosen)
    while len(members) < size:
        share = agreements(maps, summed(maps, members), red)
        share[members] = -1
        members.append(int(share.argmax()))
    return scored(maps, red, members)


def exchanged(maps: Effects, red: Labels, chosen: Sequence[int]) -> Chosen:
    """A set with single members exchanged for others as long as that helps."""
    found = scored(maps, red, chosen)
    place, unchanged = 0, 0
    while unchanged < len(chosen):
        others = [*found.neurons[:place], *found.neurons[place + 1 :]]
        share = agreements(maps, summed(maps, others), red)
        share[list(found.neurons)] = -1
        new = int(share.argmax())
        unchanged += 1
        if share[new] > found.agreement:
            members = (*found.neurons[:place], new, *found.neurons[place + 1 :])
            found, unchanged = Chosen(members, float(share[new])), 1
        place = (place + 1) % len(chosen)
    return found


def pairs(maps: Effects, red: Labels) -> list[Chosen]:
    """The best partner of each neuron among those after it; so the best of all pairs is here."""
    found = []
    for first in range(len(maps) - 1):
        share = agreements(maps[first + 1 :], maps[first], red)
        best = int(share.argmax())
        found.append(Chosen((first, first + 1 + best), float(share[best])))
    return found


def climbs(maps: Effects, red: Labels, size: int, starts: int) -> list[Chosen]:
    """Where exchanging ends, from random sets."""
    generator = torch.Generator().manual_seed(SEED)
    drawn = (torch.randperm(len(maps), generator=generator)[:size] for _ in range(starts))
    return [exchanged(maps, red, start.tolist()) for start in drawn]


def best_of(sets: Sequence[Chosen], n: int = 1) -> list[Chosen]:
    """The `n` of greatest agreement, the best first."""
    return sorted(sets, key=lambda chosen: -chosen.agreement)[:n]


class Search:
    """Sets of neurons that give certain answers."""

    def __init__(self, maps: Maps, red: Answers) -> None:
        """Look for `red` among sums of `maps`."""
        self.maps, self.red = maps.reshape(len(maps), -1), red.reshape(-1)
        self.some = np.ascontiguousarray(maps[:, :, ::COLUMNS]).reshape(len(maps), -1)
        self.some_red = red[:, ::COLUMNS].reshape(-1)

    def improved(self, sets: Sequence[Chosen]) -> Chosen:
        """The best of some sets, each improved on all points."""
        return best_of([exchanged(self.maps, self.red, found.neurons) for found in sets])[0]

    def one(self) -> Chosen:
        """The best there is."""
        return self.improved([Chosen((0,), 0.0)])

    def two(self) -> Chosen:
        """The best of the pairs that are best on some columns."""
        return self.improved(best_of(pairs(self.some, self.some_red), BEST))

    @cached_property
    def ends(self) -> list[Chosen]:
        """Sets of four in which climbs end, scored on all points."""
        sets = climbs(self.some, self.some_red, 4, STARTS)
        return [scored(self.maps, self.red, found.neurons) for found in sets]

    def four(self) -> Chosen:
        """The best of those that climbs end in."""
        return self.improved(best_of(self.ends, BEST))

    def more(self, chosen: Sequence[int], size: int) -> Chosen:
        """What a smaller set grows into."""
        larger = grown(self.some, self.some_red, chosen, size)
        better = exchanged(self.some, self.some_red, larger.neurons)
        return scored(self.maps, self.red, better.neurons)

    def sizes(self) -> dict[int, Chosen]:
        """The best sets found, by their size."""
        found = {1: self.one(), 2: self.two(), 4: self.four()}
        for smaller, size in zip(SIZES[2:], SIZES[3:], strict=False):
            found[size] = self.more(found[smaller].neurons, size)
        return found


@cache
def firing(problem: Problem[LabellingFunction]) -> Int[Tensor, " neuron"]:
    """The neurons that fire at some point, greatest norm first: those that are searched."""
    order = norms(problem).argsort(descending=True, stable=True)
    return order[norms(problem)[order] > 0]


def answers(problem: Problem[LabellingFunction]) -> Answers:
    """Whether the model says red, for a search."""
    return says_red(problem).numpy()


@cache
def search_of(problem: Problem[LabellingFunction]) -> Search:
    """The search for the model's answers among all neurons that fire."""
    return Search(effects(problem)[firing(problem)].numpy(), answers(problem))


def named(found: Chosen, neurons: Tensor) -> Chosen:
    """A set of places in a list of neurons as the neurons that stand there."""
    return Chosen(tuple(neurons[list(found.neurons)].tolist()), found.agreement)


@cache
def search(problem: Problem[LabellingFunction]) -> dict[int, Chosen]:
    """The best sets of the model's neurons, by their size."""
    found = search_of(problem).sizes()
    return {size: named(chosen, firing(problem)) for size, chosen in found.items()}


@cache
def four(problem: Problem[LabellingFunction]) -> list[int]:
    """The set of four that is found, greatest norm first."""
    return sorted(search(problem)[4].neurons, key=lambda neuron: -float(norms(problem)[neuron]))


@cache
def ends(problem: Problem[LabellingFunction]) -> list[Chosen]:
    """Every set of four that a climb ended in."""
    return [named(found, firing(problem)) for found in search_of(problem).ends]


@cache
def second_four(problem: Problem[LabellingFunction]) -> Chosen:
    """Four that are found if the first four may not be used."""
    used = torch.tensor(four(problem))
    others = firing(problem)[~torch.isin(firing(problem), used)]
    return named(Search(effects(problem)[others].numpy(), answers(problem)).four(), others)


def strongest(problem: Problem[LabellingFunction], size: int) -> list[int]:
    """The neurons of greatest norm."""
    return norms(problem).argsort(descending=True, stable=True)[:size].tolist()


def agreement_of(problem: Problem[LabellingFunction], neurons: Sequence[int]) -> float:
    """The share of points at which the summed effect of some neurons gives the model's answer."""
    return scored(
        effects(problem).flatten(1).numpy(), answers(problem).flatten(), neurons
    ).agreement


def of_random_sets(
    problem: Problem[LabellingFunction], size: int, n: int, generator: torch.Generator
) -> Bool[np.ndarray, "set x y"]:
    """The answers of `n` random sets of the neurons that fire, of one size: where their summed
    effect is red.

    Raises:
        ValueError: if fewer neurons fire.
    """
    pool, maps = firing(problem), effects(problem).numpy()
    if size > len(pool):
        raise ValueError(f"sets of {size} neurons were asked for; {len(pool)} fire")
    found = np.empty((n, *maps.shape[1:]), dtype=bool)
    for one in found:
        drawn = pool[torch.randperm(len(pool), generator=generator)[:size]]
        one[:] = summed(maps, drawn.tolist()) > 0
    return found


def best_offset(problem: Problem[LabellingFunction], neurons: Sequence[int]) -> float:
    """The agreement of a set when its sum is compared with the best constant, and not with 0."""
    total, order = effects(problem)[list(neurons)].sum(dim=0).flatten().sort()
    red = says_red(problem).flatten()[order].long()
    # Cut above the i-th smallest sum: right are the blue ones up to it, and the red ones after.
    right = (1 - red).cumsum(0) + red.sum() - red.cumsum(0)
    # Equal sums lie on one side.
    last = torch.cat([total[1:] > total[:-1], torch.ones(1, dtype=torch.bool)])
    return max(int(right[last].max()), int(red.sum())) / len(red)
