"""Palindromes with one pair changed: every place, every value that was there, every other value."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.instruments.attribution import logit_difference
from analyses.palindromes.at_end import above_at_end
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
    found = [-above_at_end(problem, cases.flatten(0, 2)) for cases in changed(problem)]
    shape = (len(palindromes(problem)[:CONTEXTS]), problem.task.max_value + 1, -1)
    return SingleChanges(torch.stack([yes.reshape(shape) for yes in found], dim=1))


def changed(problem: Model) -> Iterator[Int[Tensor, "context value step n_ctx"]]:
    """The sequences themselves, place by place."""
    task = problem.task
    contexts = palindromes(problem)[:CONTEXTS]
    values = torch.arange(task.max_value + 1, device=contexts.device)
    for place in task.places:
        tokens = contexts[:, None].repeat(1, len(values), 1)
        tokens[:, :, place] = tokens[:, :, task.mirror(place)] = values
        others = task.single_changes(tokens.flatten(0, 1), place)
        yield others.unflatten(0, tokens.shape[:2])


def above(problem: Model, tokens: Tokens) -> Float[Tensor, " batch"]:
    """How far yes is above no at END, in logits."""
    return yes_above_no(problem.logits(tokens))


def yes_above_no(logits: Float[Tensor, "batch pos d_vocab_out"]) -> Float[Tensor, " batch"]:
    """The same of given logits."""
    return logit_difference(logits[:, -1], of=YES, against=NO)
