"""How far a proof would get: what layer 0 does in all sequences, and what that says of the answer.

Of the head that compares, exact extremes over all sequences are within reach: each other position
takes the value that draws most attention, or least, whatever stands elsewhere. What layer 1 makes
of it is not: there, what is read depends on the whole sequence. `reach` and `reach_by_value` say
how far the ends that layer 0 leaves would carry even if layer 1 did no more than
`explanations.lines` say, which were fitted: they prove nothing, and tell how many cases a proof
would have to tell apart.
"""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.evidence.bounds import ROUNDOFF_64, softmax_rounding
from analyses.instruments.heads import Head
from analyses.palindromes.comparing import comparer, looks
from analyses.palindromes.explanations import lines, rest
from analyses.palindromes.samples import Model, palindromes
from analyses.palindromes.scores import scores


class Extremes(NamedTuple):
    """What a head of layer 0 pays to the mirror from a place that holds a value, over all
    sequences.
    """

    equal_least: Float[Tensor, "place value"]
    """If the mirror holds the same value."""
    equal_most: Float[Tensor, "place value"]
    unequal_most: Float[Tensor, "place value"]
    """If it holds another one, whichever."""


@cache
def extremes(problem: Model, head: Head, paired: bool = False) -> Extremes:
    """Bound what a head pays to the mirror; both ends are reached but for rounding.

    Args:
        problem: whose weights are read.
        head: of layer 0.
        paired: over sequences in which all other pairs are equal, in place of all.

    Raises:
        ValueError: if the head is of another layer.
    """
    task, found = problem.task, scores(problem, head)
    n = task.max_value + 1
    rows = []
    for number, place in enumerate(task.places):
        mirror, own = task.mirror(place) - 1, place - 1
        given = found.values[number]
        # Attention does not change if all scores of a query do by the same amount.
        top = given[:, : own + 1].amax(dim=(1, 2)).maximum(found.start[number])
        weight = (given - top[:, None, None]).exp()
        fixed = (found.start[number] - top).exp() + weight[:, own].diagonal()
        between = weight[:, mirror + 1 : own]
        if paired:
            between = (between + between.flip(1))[:, : (own - mirror) // 2]
        others = torch.cat([weight[:, :mirror], between], dim=1)
        least, most = (fixed + others.amin(dim=2).sum(1), fixed + others.amax(dim=2).sum(1))
        at_mirror = weight[:, mirror]
        same = torch.eye(n, dtype=torch.bool, device=weight.device)
        equal = at_mirror.diagonal()
        strongest = at_mirror.masked_fill(same, -torch.inf).amax(dim=1)
        rows.append(
            torch.stack(
                [
                    equal / (equal + most),
                    equal / (equal + least),
                    strongest / (strongest + least),
                ]
            )
        )
    ends = torch.stack(rows, dim=1)
    # A share moves by no more than the factor by which two weights can move apart.
    factor = (2 * found.error + softmax_rounding(task.n_ctx, ROUNDOFF_64)) * 2
    outwards = ends.new_tensor([1 - factor, 1 + factor, 1 + factor])
    return Extremes(*(ends * outwards[:, None, None]))


def always_apart(problem: Model, head: Head, paired: bool = False) -> Tensor:
    """Of each place and value, whether the head pays more to a mirror that holds it, in every
    sequence, than to one that holds another value, in any.
    """
    found = extremes(problem, head, paired)
    return found.equal_least > found.unequal_most


class Reach(NamedTuple):
    """What a division of all palindromes into cases would come to."""

    cases: float
    margin: Float[Tensor, " palindrome"]
    """Of sampled palindromes, how far yes is above no at the least in the case that each belongs
    to; in logits."""

    def share(self) -> float:
        """The share of palindromes whose case has the right answer throughout."""
        return float((self.margin > 0).double().mean())


def reach(problem: Model, pieces: int) -> Reach:
    """Divide by attention: at each place, all that an equal pair can have, into equal pieces."""
    found = extremes(problem, comparer(problem), paired=True)
    low, high = found.equal_least.amin(dim=1), found.equal_most.amax(dim=1)
    paid = looks(problem, comparer(problem), palindromes(problem)).mirror.double()
    width = (high - low) / pieces
    piece = ((paid - low) / width).floor().clamp(0, pieces - 1)
    margin = least_margin(problem, low + piece * width, low + (piece + 1) * width)
    return Reach(float(pieces) ** len(low), margin)


def reach_by_value(problem: Model) -> Reach:
    """Divide by the value at each place, which means: every palindrome for itself, with each place
    taken to know its own value alone.
    """
    found = extremes(problem, comparer(problem), paired=True)
    places = list(problem.task.places)
    own = palindromes(problem)[:, places]
    place = torch.arange(len(places), device=own.device)
    margin = least_margin(problem, found.equal_least[place, own], found.equal_most[place, own])
    return Reach(float(problem.task.max_value + 1) ** len(places), margin)


def least_margin(
    problem: Model, low: Float[Tensor, "case place"], high: Float[Tensor, "case place"]
) -> Float[Tensor, " case"]:
    """How far yes is above no at the least, by `explanations.lines`, if the attention of places to
    their mirrors lies between two ends; interval arithmetic, in logits.

    Score and value of a place are taken as free of each other. Of a weighted mean the least is
    where all values below some threshold have their largest weights and all others their least.
    """
    tables = {name: table.double() for name, table in (lines(problem) | rest(problem)).items()}
    ends = torch.stack([low, high])[:, :, None]
    score = tables["score_level"] + ends * tables["score_slope"]
    value = (tables["value_level"] + ends * tables["value_slope"]).amin(dim=0)
    shape = (*value.shape[:2], 1)
    value, order = torch.cat([value, tables["rest_value"].expand(shape)], dim=2).sort(dim=2)
    least, most = (
        torch.cat([end, tables["rest_score"].expand(shape)], dim=2).gather(2, order).exp()
        for end in (score.amin(dim=0), score.amax(dim=0))
    )

    def sums(of: Float[Tensor, "case head place"]) -> Float[Tensor, "case head threshold"]:
        below = (of * most).cumsum(dim=2)
        above = (of * least).flip(2).cumsum(dim=2).flip(2) - of * least
        return below + above

    means = sums(value) / sums(torch.ones_like(value))
    return means.amin(dim=2).sum(dim=1) + tables["constant"]
