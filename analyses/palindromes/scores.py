"""Attention scores of a head of layer 0, all that there are.

There a score depends on two tokens and their positions alone, so that a table of them says what
the head does in every sequence.
"""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.evidence.bounds import ROUNDOFF_64, float64, gamma
from analyses.instruments.heads import Head
from analyses.palindromes.samples import Model


class Scores(NamedTuple):
    """What each value at each place gives; in float64, from the weights as trained."""

    values: Float[Tensor, "place value pos value"]
    """To each value at each position, the first position that holds one first; also to those that
    come after the place, at which no head looks."""
    start: Float[Tensor, "place value"]
    """To START."""
    asks: Float[Tensor, "place value d_head"]
    """Queries; scores are their products with keys."""
    shows: Float[Tensor, "pos token d_head"]
    """Keys, of values and START, START's position first."""
    error: float
    """How far rounding can have moved any of them."""


@cache
def scores(problem: Model, head: Head) -> Scores:
    """Compute them.

    Raises:
        ValueError: if the head is not of layer 0.
    """
    if head.layer:
        raise ValueError(f"head {head}: of a later layer, scores depend on the whole sequence")
    task, sizes = problem.task, problem.architecture
    weights = float64(problem)
    n, second = task.start + 1, slice(task.places.start, task.places.stop)
    residual = (weights["embed.W_E"][:n] + weights["pos_embed.W_pos"][: second.stop, None]).to(
        problem.device
    )
    read, size, relative = residual, residual.abs(), gamma(1, ROUNDOFF_64)
    if sizes.normalization is not None:
        weight, bias = (weights[f"blocks.0.ln1.{name}"].to(problem.device) for name in "wb")
        centred = residual - residual.mean(dim=-1, keepdim=True)
        variance = centred.square().mean(dim=-1, keepdim=True) + problem.model.cfg.eps
        read = centred / variance.sqrt() * weight + bias
        size = size + size.mean(dim=-1, keepdim=True)
        # The variance of n numbers is off by no more than n u mean(x^2), to first order (Chan,
        # Golub and Leveque 1983); four times that is allowed.
        off = 4 * gamma(sizes.d_model, ROUNDOFF_64) * size.square().mean(-1, True) / variance
        relative = float(off.max()) + gamma(sizes.d_model + 12, ROUNDOFF_64)
        size = size / variance.sqrt() * weight.abs() + bias.abs()

    def side(name: str, absolute: bool) -> Float[Tensor, "pos token d_head"]:
        w, b = (
            weights[f"blocks.0.attn.{kind}_{name}"][head.number].to(problem.device) for kind in "Wb"
        )
        return size @ w.abs() + b.abs() if absolute else read @ w + b

    queries, keys = (side(name, absolute=False) / sizes.d_head**0.25 for name in "QK")
    asks = queries[second, :-1]
    values = torch.einsum("pvd,ktd->pvkt", asks, keys[1:, :-1])
    of_queries, of_keys = (side(name, absolute=True) / sizes.d_head**0.25 for name in "QK")
    largest = float((of_queries.amax(dim=(0, 1)) * of_keys.amax(dim=(0, 1))).sum())
    nested = gamma(2 * sizes.d_model + sizes.d_head + 12, ROUNDOFF_64)
    # Twice, for what is of second order.
    error = 2 * largest * (2 * relative + nested)
    return Scores(values, asks @ keys[0, -1], asks, keys, error)
