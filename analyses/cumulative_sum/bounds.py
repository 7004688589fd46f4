"""What separates the model from the one with exactly uniform attention, over all inputs.

Three things do. *Attention* is not exactly uniform: how far it can be off follows from the
attention scores, of which there are only as many as pairs of a query and a key, each a token at
a position. The enumeration is computed in *float64*, and the model itself runs in *float32*:
both round.

Sources. If all scores of a query lie within r of each other, then every probability is between
`e^-r / n` and `e^r / n`; this is immediate from the softmax. Rounding: Higham, Accuracy and
Stability of Numerical Algorithms (2002), chapter 3: with unit roundoff u, what k nested
additions and multiplications compute, in whatever order and whether fused or not, is off by at
most `gamma_k = k u / (1 - k u)` times the same expression in absolute values. The ReLU makes
no number and no error larger. Left out is underflow: it adds less than 1e-30.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.bounds import (
    ROUNDOFF_32,
    ROUNDOFF_64,
    Weights,
    float64,
    gamma,
    softmax_rounding,
)
from analyses.cumulative_sum.uniform import uniform
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem

TOLERATED = 1 / 4000
"""How far an attention probability may be from 1 / position. Twenty of them, each so far off
and each on a value of 5, move the mean by half of the smallest step that matters, 1 / 20."""
NESTED_64 = 1000
"""More than twice the operations that are nested in a margin of the enumeration: at most 24 for
each of seven products of matrices on the way, 60 for sums over positions, tokens and neurons, 20
for biases. Twice, since the kernel takes each ReLU apart into two terms that may be as large as
what it is taken of, and more."""
NESTED_32 = 200
"""The same for a margin of the model: five products of at most 24 terms, a sum over 20 keys,
biases, and the residual stream's additions."""
ATTN, MLP = "blocks.0.attn", "blocks.0.mlp"


def from_uniform(
    attention: Float[Tensor, "batch head query key"],
) -> Float[Tensor, "batch head query key"]:
    """The distance of each attention probability from 1 / position; 0 for keys to come."""
    keys = torch.ones(attention.shape[-2:], device=attention.device).tril()
    return (attention - keys / keys.sum(dim=-1, keepdim=True)).abs() * keys


class AttentionBound(NamedTuple):
    """How far attention can be from uniform, over all inputs, by position of the query."""

    spread: Float[Tensor, " n_ctx"]
    """The most by which two scores of one query can differ, rounding included."""
    score_error: float
    """How far a score that is computed in float32 can be from the exact one."""

    @property
    def total(self) -> Float[Tensor, " n_ctx"]:
        """Bound on the sum over the n keys of `|a - 1 / n|`."""
        return self.spread.expm1()

    @property
    def largest(self) -> Float[Tensor, " n_ctx"]:
        """Bound on `|a - 1 / n|` of a single key; probabilities are never further apart than 1."""
        return (self.total / torch.arange(1, len(self.spread) + 1)).clamp(max=1.0)

    @property
    def total_32(self) -> Float[Tensor, " n_ctx"]:
        """Bound on the same sum for the pattern that is computed in float32."""
        rest = softmax_rounding(len(self.spread))
        return (self.spread + 2 * self.score_error).exp() * (1 + rest) - 1


def attention(problem: Problem[CumulativeSum]) -> AttentionBound:
    """Bound the distance of attention from uniform by all the scores that there can be."""
    weights, sizes = float64(problem), float64(problem, absolute=True)
    # Two additions of embeddings and biases, and the products of both sides of the score.
    nested = 2 * (problem.architecture.d_model + 2) + problem.architecture.d_head + 2
    scores, size = (_scores(tensors, problem.architecture.d_head) for tensors in (weights, sizes))
    rounding = gamma(nested, ROUNDOFF_64) * float(size.max())
    spread = []
    for position, rows in enumerate(scores):
        seen = rows[:, : position + 1].flatten(start_dim=1)
        spread.append(float((seen.amax(dim=1) - seen.amin(dim=1)).max()) + 2 * rounding)
    # A single key gets all attention, whatever its score.
    spread[0] = 0.0
    return AttentionBound(
        torch.tensor(spread, dtype=torch.float64), gamma(nested, ROUNDOFF_32) * float(size.max())
    )


def _scores(weights: Weights, d_head: int) -> Float[Tensor, "n_ctx d_vocab n_ctx d_vocab"]:
    """The score of every query (position, token) for every key."""
    inputs = weights["pos_embed.W_pos"].unsqueeze(1) + weights["embed.W_E"]
    q, k = (inputs @ weights[f"{ATTN}.W_{x}"][0] + weights[f"{ATTN}.b_{x}"][0] for x in "QK")
    return torch.einsum("ptd,qsd->ptqs", q, k) / d_head**0.5


class Errors(NamedTuple):
    """Bounds on how far margins can be apart, in logits, by position; over all inputs."""

    attention: Float[Tensor, " n_ctx"]
    """Between the model in exact arithmetic and the one with uniform attention."""
    float32: Float[Tensor, " n_ctx"]
    """Between the model as it runs, in float32, and the one with uniform attention."""
    float64: Float[Tensor, " n_ctx"]
    """Between the one with uniform attention and its enumeration."""

    @property
    def total(self) -> Float[Tensor, " n_ctx"]:
        """Between enumeration and model, in exact arithmetic or in float32."""
        return self.float64 + torch.maximum(self.attention, self.float32)


def errors(problem: Problem[CumulativeSum]) -> Errors:
    """Bound what separates margins of the model from those of the enumeration."""
    bound = attention(problem)
    sizes = logit_sizes(problem)
    centred, whole = (moved(problem, centred) for centred in (True, False))
    rounding = 2 * gamma(NESTED_32, ROUNDOFF_32) * (1 + bound.total_32)
    return Errors(
        attention=bound.total * centred,
        float32=bound.total_32 * whole + rounding * sizes,
        float64=2 * gamma(NESTED_64, ROUNDOFF_64) * sizes,
    )


def moved(problem: Problem[CumulativeSum], centred: bool) -> Float[Tensor, " n_ctx"]:
    """How far margins move, at most, for each unit of `sum of |a - 1 / n|`, by position.

    Args:
        problem: whose OV circuit and MLP are meant.
        centred: whether all attention adds up to 1, so that only differences between what
            the keys write count. In float32 it may not.
    """
    weights, terms = float64(problem), uniform(problem)
    w_ov = weights[f"{ATTN}.W_V"][0] @ weights[f"{ATTN}.W_O"][0]
    into = torch.cat([weights[f"{MLP}.W_in"], weights["unembed.W_U"]], dim=1)
    writes = terms.token + (weights["pos_embed.W_pos"] @ w_ov @ into).unsqueeze(1)
    if not centred:
        writes = writes + weights[f"{ATTN}.b_V"][0] @ weights[f"{ATTN}.W_O"][0] @ into
    neurons, logits = writes[..., : terms.d_mlp], writes[..., terms.d_mlp :]
    classes = range(logits.shape[-1])
    worst = [
        _reach(logits[..., right] - logits[..., other], centred)
        + _reach(neurons, centred) @ (terms.out[:, right] - terms.out[:, other]).abs()
        for right in classes
        for other in classes
        if right != other
    ]
    return torch.stack(worst).amax(dim=0)


def _reach(writes: Float[Tensor, "n_ctx d_vocab *column"], centred: bool) -> Tensor:
    """Half the range, or the largest size, of what keys up to each position write."""
    high = writes.amax(dim=1).cummax(dim=0).values
    low = writes.amin(dim=1).cummin(dim=0).values
    return (high - low) / 2 if centred else torch.maximum(high.abs(), low.abs())


def logit_sizes(problem: Problem[CumulativeSum]) -> Float[Tensor, " n_ctx"]:
    """The largest logit if every weight and every activation were positive, by position.

    Rounding errors of a logit are relative to this.
    """
    w = float64(problem, absolute=True)
    inputs = w["pos_embed.W_pos"] + w["embed.W_E"].amax(dim=0)
    values = inputs.cummax(dim=0).values @ w[f"{ATTN}.W_V"][0] + w[f"{ATTN}.b_V"][0]
    middle = inputs + values @ w[f"{ATTN}.W_O"][0] + w[f"{ATTN}.b_O"]
    mlp = (middle @ w[f"{MLP}.W_in"] + w[f"{MLP}.b_in"]) @ w[f"{MLP}.W_out"] + w[f"{MLP}.b_out"]
    return ((middle + mlp) @ w["unembed.W_U"] + w["unembed.b_U"]).amax(dim=1)
