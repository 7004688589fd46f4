"""What the neurons of the MLP fire at, and what each adds to the logits."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.cumulative_sum.directions import values
from analyses.cumulative_sum.one_dimensional import line
from analyses.cumulative_sum.uniform import uniform
from analyses.instruments.activations import NEURONS, activations
from analyses.instruments.statistics import correlation
from models.cumulative_sum.task import NEGATIVE, POSITIVE, CumulativeSum
from models.problem import Problem

LIVE = 0.001
"""A neuron is live if it fires at this share of positions or more."""


def fired(
    problem: Problem[CumulativeSum], tokens: Int[Tensor, "batch n_ctx"]
) -> Float[Tensor, "batch pos neuron"]:
    """Activations after the ReLU."""
    return activations(problem, tokens, NEURONS)


def at_zero(
    problem: Problem[CumulativeSum], tokens: Int[Tensor, "batch n_ctx"]
) -> Float[Tensor, "batch n_ctx neuron"]:
    """What each neuron would do if the mean of what was read were zero: at the same position,
    after the same last token.
    """
    terms = uniform(problem)
    columns = line(terms, problem.task).start + terms.place
    found = columns[torch.arange(tokens.shape[1]), tokens.cpu(), : terms.d_mlp]
    return found.relu().to(problem.device)


def live(
    problem: Problem[CumulativeSum], tokens: Int[Tensor, "batch n_ctx"]
) -> Bool[Tensor, " neuron"]:
    """Which neurons fire at all, but for a rare case."""
    return (fired(problem, tokens) > 0).double().mean(dim=(0, 1)) >= LIVE


def reading(problem: Problem[CumulativeSum]) -> Float[Tensor, " neuron"]:
    """Correlation of what a token adds to each neuron, through the head, with its value."""
    terms = uniform(problem)
    value = values(problem).tolist()
    found = [correlation(terms.token[:, neuron].tolist(), value) for neuron in range(terms.d_mlp)]
    return torch.tensor(found, dtype=torch.float64, device=problem.device)


class Sides(NamedTuple):
    """The neurons by the sign of the sums that they fire at most."""

    negative: list[int]
    positive: list[int]

    def of(self, sign: int) -> list[int]:
        """The neurons of one side; -1 or 1."""
        return self.positive if sign > 0 else self.negative


def sides(problem: Problem[CumulativeSum], tokens: Int[Tensor, "batch n_ctx"]) -> Sides:
    """Sort the live neurons by where their mean activation is larger: at positive sums or at
    negative ones. Nothing but activations decides.
    """
    active, sums = fired(problem, tokens), problem.task.sums(tokens)
    excess = active[sums > 0].mean(dim=0) - active[sums < 0].mean(dim=0)
    alive = live(problem, tokens).nonzero().flatten().tolist()
    return Sides(
        negative=[neuron for neuron in alive if excess[neuron] < 0],
        positive=[neuron for neuron in alive if excess[neuron] > 0],
    )


def serve_their_side(
    problem: Problem[CumulativeSum], tokens: Int[Tensor, "batch n_ctx"]
) -> list[bool]:
    """Of each live neuron, whether it raises the logit of the sign that it fires at above that
    of the other.
    """
    found, out = sides(problem, tokens), uniform(problem).out
    raised = out[:, POSITIVE] - out[:, NEGATIVE]
    return [bool(raised[n] > 0) for n in found.positive] + [
        bool(raised[n] < 0) for n in found.negative
    ]
