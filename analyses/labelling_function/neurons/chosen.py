"""Few neurons for many: sets whose summed effect, everything else zero, gives the model's answers.

Effects are added with weight 1 and the sum is compared with 0. Pairs, and sets of four among the
strongest, can all be tried; larger sets are grown from smaller ones, a neuron at a time, and then
each neuron is exchanged for a better one until there is none.
"""

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.labelling_function.neurons.effects import effects, norms, says_red
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

CANDIDATES = 128
"""Neurons that are searched: those whose effects have the greatest norms."""
ALL_FOURS = 32
"""Of the strongest neurons, so many can be taken four at a time in every way there is."""
SIZES = (1, 2, 4, 8, 16, 32, 64)
"""Sizes of the sets that are searched for."""
STARTS = 8
"""The best pairs that sets of four are grown from."""

Effects = Float[np.ndarray, "candidate point"]
Answers = Bool[np.ndarray, " point"]


class Chosen(NamedTuple):
    """A set of candidates, and on which share of all points its sum has the answers' sign."""

    neurons: tuple[int, ...]
    agreement: float


def agreements(
    maps: Effects, others: Float[np.ndarray, " point"], red: Answers
) -> Float[np.ndarray, " candidate"]:
    """The share of points at which each candidate together with others gives the answer."""
    return np.count_nonzero((maps > -others) == red, axis=1) / len(red)


def grown(maps: Effects, red: Answers, chosen: Sequence[int], size: int) -> Chosen:
    """The set with the best next candidate added, again and again, until it has its size."""
    members = list(chosen)
    total = maps[members].sum(axis=0)
    while len(members) < size:
        share = agreements(maps, total, red)
        share[members] = -1
        members.append(int(share.argmax()))
        total = total + maps[members[-1]]
    return exchanged(maps, red, members)


def exchanged(maps: Effects, red: Answers, chosen: Sequence[int]) -> Chosen:
    """The set with single members exchanged for others as long as that helps."""
    members, total = list(chosen), maps[list(chosen)].sum(axis=0)
    best = float(np.mean((total > 0) == red))
    place, unchanged = 0, 0
    while unchanged < len(members):
        share = agreements(maps, total - maps[members[place]], red)
        share[members] = -1
        found = int(share.argmax())
        unchanged += 1
        if share[found] > best:
            best, unchanged = float(share[found]), 0
            members[place] = found
            # Summed anew, so that no rounding is carried on.
            total = maps[members].sum(axis=0)
        place = (place + 1) % len(members)
    return Chosen(tuple(members), best)


def pairs(maps: Effects, red: Answers, best: int = 1) -> list[Chosen]:
    """The best of all pairs of candidates, best first."""
    found = []
    for first in range(len(maps) - 1):
        share = agreements(maps[first + 1 :], maps[first], red)
        second = int(share.argmax())
        found.append(Chosen((first, first + 1 + second), float(share[second])))
    return sorted(found, key=lambda chosen: -chosen.agreement)[:best]


class Fours(NamedTuple):
    """Every set of four candidates."""

    neurons: Int[np.ndarray, "four 4"]
    agreement: Float[np.ndarray, " four"]


def fours(maps: Effects, red: Answers) -> Fours:
    """Try every set of four candidates."""
    last = np.array(list(combinations(range(len(maps)), 2)))
    two = maps[last[:, 0]] + maps[last[:, 1]]
    neurons, share = [], []
    for (first, second), sum_of_two in zip(last, two, strict=True):
        # Pairs are in order, so that those of later candidates are the last of them.
        begin = len(last) - (len(maps) - second - 1) * (len(maps) - second - 2) // 2
        share.append(agreements(two[begin:], sum_of_two, red))
        neurons.append(np.insert(last[begin:], [0, 0], [first, second], axis=1))
    return Fours(np.concatenate(neurons), np.concatenate(share))


def best_sets(maps: Effects, red: Answers, sizes: Sequence[int] = SIZES) -> dict[int, Chosen]:
    """The best sets found, by their size: of one and of two candidates the best there is, of four
    the best that the best pairs grow into, of more what the set of the size before grows into.
    """
    one = int(agreements(maps, np.zeros_like(maps[0]), red).argmax())
    found: dict[int, Chosen] = {}
    for size in sizes:
        if size == 1:
            found[size] = exchanged(maps, red, [one])
        elif size == 2:
            found[size] = pairs(maps, red)[0]
        elif size == 4:
            starts = pairs(maps, red, STARTS)
            sets = [grown(maps, red, start.neurons, size) for start in starts]
            found[size] = max(sets, key=lambda chosen: chosen.agreement)
        else:
            before = max((chosen.neurons for chosen in found.values()), key=len)
            found[size] = grown(maps, red, before, size)
    return found


@cache
def candidates(problem: Problem[LabellingFunction]) -> Int[Tensor, " candidate"]:
    """The neurons that are searched, greatest norm first."""
    return norms(problem).argsort(descending=True, stable=True)[:CANDIDATES]


def candidate_maps(problem: Problem[LabellingFunction]) -> Effects:
    """The effects of the candidates at all points."""
    return effects(problem)[candidates(problem)].flatten(1).numpy()


def all_answers(problem: Problem[LabellingFunction]) -> Answers:
    """Whether the model says red, at all points."""
    return says_red(problem).flatten().numpy()


@cache
def search(problem: Problem[LabellingFunction]) -> dict[int, Chosen]:
    """The best sets of the model's neurons, by their size."""
    order = candidates(problem).tolist()
    return {
        size: Chosen(tuple(order[member] for member in chosen.neurons), chosen.agreement)
        for size, chosen in best_sets(candidate_maps(problem), all_answers(problem)).items()
    }


@cache
def four(problem: Problem[LabellingFunction]) -> list[int]:
    """The set of four that is found, strongest first by norm."""
    return sorted(search(problem)[4].neurons, key=lambda neuron: -float(norms(problem)[neuron]))


@cache
def second_four(problem: Problem[LabellingFunction]) -> Chosen:
    """Four that are found if the first four may not be used."""
    allowed = [neuron for neuron in candidates(problem).tolist() if neuron not in four(problem)]
    maps = effects(problem)[allowed].flatten(1).numpy()
    found = best_sets(maps, all_answers(problem), sizes=[4])[4]
    return Chosen(tuple(allowed[member] for member in found.neurons), found.agreement)


@cache
def all_fours(problem: Problem[LabellingFunction]) -> Fours:
    """Every set of four among the strongest candidates."""
    return fours(candidate_maps(problem)[:ALL_FOURS], all_answers(problem))


def strongest(problem: Problem[LabellingFunction], size: int) -> list[int]:
    """The neurons of greatest norm."""
    return norms(problem).argsort(descending=True, stable=True)[:size].tolist()


def agreement_of(problem: Problem[LabellingFunction], neurons: Sequence[int]) -> float:
    """The share of points at which the summed effect of some neurons gives the model's answer."""
    summed = effects(problem)[list(neurons)].sum(dim=0)
    return float(((summed > 0) == says_red(problem)).double().mean())


def of_random_sets(
    problem: Problem[LabellingFunction],
    size: int,
    n: int,
    generator: torch.Generator,
    among: Sequence[int] | None = None,
) -> Float[Tensor, " set"]:
    """The agreement of `n` random sets of neurons of one size.

    Args:
        problem: whose neurons and answers.
        size: neurons of each set.
        n: how many sets.
        generator: draws them.
        among: neurons they are drawn from; None: the candidates of the search.
    """
    pool = torch.as_tensor(candidates(problem) if among is None else list(among))
    if size > len(pool):
        raise ValueError(f"sets of {size} neurons were asked for, among {len(pool)}")
    member = torch.zeros(n, len(pool))
    for one in member:
        one[torch.randperm(len(pool), generator=generator)[:size]] = 1
    summed = member @ effects(problem)[pool].flatten(1)
    return ((summed > 0) == says_red(problem).flatten()).double().mean(dim=1)


def best_offset(problem: Problem[LabellingFunction], neurons: Sequence[int]) -> Chosen:
    """The agreement of a set when its sum is compared with the best constant, not with 0."""
    summed, order = effects(problem)[list(neurons)].sum(dim=0).flatten().sort()
    red = says_red(problem).flatten()[order].long()
    # Above the i-th smallest sum all is red: right are the blue ones up to it, the red ones after.
    right = (1 - red).cumsum(0) + red.sum() - red.cumsum(0)
    last = torch.cat([summed[1:] > summed[:-1], torch.ones(1, dtype=torch.bool)])
    all_red = int(red.sum())
    best = max(int(right[last].max()), all_red)
    return Chosen(tuple(neurons), best / len(red))
