"""Palindromes with one pair changed: every place, every value that was there, every other value."""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from analyses.instruments.attribution import logit_difference
from analyses.palindromes.samples import CONTEXTS, Model, Tokens, palindromes
from models.palindromes.task import NO, YES


class SingleChanges(NamedTuple):
    """How the model answers all of them, in a number of contexts.

    A case is a place, the value of the pair's first position, and that of its second, by how many
    steps further it is, counted round.
    """

    margin: Float[Tensor, "context place value step"]
    """How far the right answer is above the wrong one, in logits; there, no."""

    def fooled(self) -> Bool[Tensor, "context place value step"]:
        """Where the model says that it is a palindrome."""
        return self.margin < 0

    def by_values(self) -> Float[Tensor, "place value value"]:
        """How often the model is fooled, by the pair's two values; 0 where they are equal."""
        often = self.fooled().double().mean(dim=0)
        n = often.shape[1]
        values = torch.arange(n, device=often.device)
        step = torch.arange(1, n, device=often.device)
        found = often.new_zeros(len(often), n, n)
        found[:, values[:, None], (values[:, None] + step) % n] = often
        return found


@cache
@torch.no_grad()
def single_changes(problem: Model) -> SingleChanges:
    """Run the model on all of them."""
    task = problem.task
    contexts = palindromes(problem)[:CONTEXTS]
    values = torch.arange(task.max_value + 1, device=contexts.device)
    found = []
    for place in task.places:
        tokens = contexts[:, None].repeat(1, len(values), 1)
        tokens[:, :, place] = tokens[:, :, task.mirror(place)] = values
        others = task.single_changes(tokens.flatten(0, 1), place)
        yes = above(problem, others.flatten(0, 1))
        found.append(-yes.unflatten(0, (*tokens.shape[:2], task.max_value)))
    return SingleChanges(torch.stack(found, dim=1))


def above(problem: Model, tokens: Tokens) -> Float[Tensor, " batch"]:
    """How far yes is above no at END, in logits."""
    return yes_above_no(problem.logits(tokens))


def yes_above_no(logits: Float[Tensor, "batch pos d_vocab_out"]) -> Float[Tensor, " batch"]:
    """The same of given logits."""
    return logit_difference(logits[:, -1], of=YES, against=NO)
