"""Layer 0: where values of the second half look, and what that depends on."""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.instruments.activations import PATTERN, activations
from analyses.instruments.circuits import reads, w_qk
from analyses.instruments.heads import Head, heads
from analyses.palindromes.samples import Model, others, palindromes


class Looks(NamedTuple):
    """What a head pays, from each place of the second half."""

    mirror: Float[Tensor, "batch place"]
    """To the place's mirror."""
    beside: Float[Tensor, "batch place"]
    """To the position after the mirror, which comes before it in the other half's order."""
    itself: Float[Tensor, "batch place"]
    start: Float[Tensor, "batch place"]
    """To START."""


def looks(problem: Model, head: Head, tokens: Int[Tensor, "batch n_ctx"]) -> Looks:
    """What a head of layer 0 pays to each of these."""
    task = problem.task
    pattern = activations(problem, tokens, PATTERN, head.layer)[:, head.number]
    places = torch.tensor(list(task.places), device=pattern.device)
    mirrors = torch.tensor([task.mirror(place) for place in task.places], device=pattern.device)
    targets = (mirrors, mirrors - 1, places, torch.zeros_like(places))
    return Looks(*(pattern[:, places, target] for target in targets))


@cache
def comparer(problem: Model) -> Head:
    """The head of layer 0 that looks most at the mirror, in palindromes."""
    tokens = palindromes(problem)
    first = [head for head in heads(problem) if head.layer == 0]
    return max(first, key=lambda head: float(looks(problem, head, tokens).mirror.mean()))


def other_of(problem: Model, head: Head) -> Head:
    """The other head of its layer; of several, the next."""
    return Head(head.layer, (head.number + 1) % problem.architecture.n_heads)


class Seen(NamedTuple):
    """Attention from places of sequences that are no palindromes, by whether the pair differs."""

    looks: Looks
    differs: Bool[Tensor, "batch place"]


@cache
def seen(problem: Model, head: Head) -> Seen:
    """What a head of layer 0 pays, where pairs differ and where they do not."""
    tokens = others(problem)
    return Seen(looks(problem, head, tokens), problem.task.differs(tokens))


def where(
    paid: Float[Tensor, "batch place"], asked: Bool[Tensor, "batch place"]
) -> Float[Tensor, " place"]:
    """Means by place, over the sequences in which they are asked for."""
    return (paid * asked).sum(dim=0) / asked.sum(dim=0)


class Parts(NamedTuple):
    """Attention scores of a head of layer 0 from each place, by what they come from."""

    tokens: Float[Tensor, "place value value"]
    """What a query's value gives to each value at the mirror, token and token."""
    positions: Float[Tensor, "place pos"]
    """What a query's position gives to each position, position and position, mean over values;
    minus infinity to those that come after."""

    def lead(self) -> Float[Tensor, "place value"]:
        """By how much a value's score from itself is above that from the best other value."""
        own = self.tokens.diagonal(dim1=1, dim2=2)
        same = torch.eye(self.tokens.shape[1], dtype=torch.bool, device=own.device)
        return own - self.tokens.masked_fill(same, -torch.inf).amax(dim=2)


@cache
def parts(problem: Model, head: Head) -> Parts:
    """Token and position parts of a head's QK circuit, as attention at each place reads them.

    LayerNorm divides by a scale that depends on token and position, which is kept, so that the two
    parts and those between token and position add up to the score, but for what the query's bias
    adds.
    """
    task = problem.task
    w = w_qk(problem, head.layer)[head.number] / problem.architecture.d_head**0.5
    values = slice(0, task.max_value + 1)
    at = [reads(problem, position, layer=0) for position in range(task.places.stop)]
    tokens, positions = [], []
    for place in task.places:
        query = at[place]
        tokens.append(query.token[values] @ w @ at[task.mirror(place)].token[values].T)
        asked = query.position[values].mean(dim=0) @ w
        keys = torch.stack([key.position[values].mean(dim=0) for key in at])
        scores = asked @ keys.T
        scores[place + 1 :] = -torch.inf
        positions.append(scores)
    return Parts(torch.stack(tokens), torch.stack(positions))
