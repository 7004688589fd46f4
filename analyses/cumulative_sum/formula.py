"""The logits as the enumeration has them, with the bounds that tie them to the model."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import one_hot

from analyses.cumulative_sum import bounds
from analyses.cumulative_sum.uniform import Uniform, Weights, uniform
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem


class Formula(NamedTuple):
    """Position, last token and how often each token was read give the logits, nearly."""

    terms: Uniform
    weights: Weights | None
    """What attention each token gets; None where all get the same."""
    errors: bounds.Errors
    """By how much a difference of two logits of the model can be off."""

    def logits(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos class"]:
        """At every position of some sequences."""
        counts = one_hot(tokens, len(self.terms.token)).cumsum(dim=1)
        found = self.terms.logits(counts.flatten(0, 1), tokens.flatten(), self.weights)
        return found.unflatten(0, tokens.shape)


def formula(problem: Problem[CumulativeSum], by_token: bool = False) -> Formula:
    """Of a model: with uniform attention, or with one that depends on tokens alone."""
    weights = bounds.attention(problem, by_token).weights if by_token else None
    return Formula(uniform(problem), weights, bounds.errors(problem, by_token))


@torch.no_grad()
def apart(
    problem: Problem[CumulativeSum], formula: Formula, tokens: Int[Tensor, "batch pos"]
) -> Float[Tensor, "batch pos"]:
    """How far the model's logits are from a formula's, in units of the bound.

    The largest over pairs of classes of the distance between differences of logits, each divided
    by its bound: above 1 where a bound, or the formula, is wrong.
    """
    tokens = tokens.cpu()
    apart = problem.logits(tokens).cpu().double() - formula.logits(tokens)
    n = torch.arange(tokens.shape[1])
    errors = formula.errors.total.expand(-1, len(formula.terms.token), -1, -1)[n, tokens]
    shares = (apart.unsqueeze(-1) - apart.unsqueeze(-2)).abs() / errors
    return shares.flatten(start_dim=2).amax(dim=2)
