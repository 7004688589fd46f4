"""How far a proof would get: what layer 0 does in all sequences, and what that says of the answer.

Of the head that compares, exact extremes over all sequences are within reach: each other position
takes the value that draws most attention, or least, whatever stands elsewhere. What layer 1 makes
of it is not: there, what is read depends on the whole sequence. `reach` says how far apart the
ends are that layer 0 leaves, and how many cases it would take.
"""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.evidence.bounds import ROUNDOFF_64, softmax_rounding
from analyses.instruments.heads import Head
from analyses.palindromes.samples import Model
from analyses.palindromes.scores import scores


class Extremes(NamedTuple):
    """What a head of layer 0 pays to the mirror from a place that holds a value, over all
    sequences.
    """

    equal_least: Float[Tensor, "place value"]
    """If the mirror holds the same value."""
    equal_most: Float[Tensor, "place value"]
    unequal_least: Float[Tensor, "place value"]
    """If it holds another one, whichever."""
    unequal_most: Float[Tensor, "place value"]


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
        weakest = at_mirror.masked_fill(same, torch.inf).amin(dim=1)
        rows.append(
            torch.stack(
                [
                    equal / (equal + most),
                    equal / (equal + least),
                    weakest / (weakest + most),
                    strongest / (strongest + least),
                ]
            )
        )
    ends = torch.stack(rows, dim=1)
    # A share moves by no more than the factor by which two weights can move apart.
    factor = (2 * found.error + softmax_rounding(task.n_ctx, ROUNDOFF_64)) * 2
    outwards = torch.tensor([1 - factor, 1 + factor] * 2, dtype=ends.dtype, device=ends.device)
    return Extremes(*(ends * outwards[:, None, None]))


def always_apart(problem: Model, head: Head, paired: bool = False) -> Tensor:
    """Of each place and value, whether the head pays more to a mirror that holds it, in every
    sequence, than to one that holds another value, in any.
    """
    found = extremes(problem, head, paired)
    return found.equal_least > found.unequal_most
