"""What separates the model from what is enumerated, over all inputs.

Three things do. *Attention* is not exactly what the enumeration takes it for: uniform, or the same
for equal tokens wherever they stand. How far it can be off follows from the attention scores, of
which there are only as many as pairs of a query and a key, each a token at a position. The
enumeration is computed in *float64*, and the model itself runs in *float32*: both round.

What moves is always a difference of two logits, and each pair of classes has a bound of its own.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.cumulative_sum.kernel import NEURONS
from analyses.cumulative_sum.uniform import uniform
from analyses.evidence.bounds import (
    EXP_UNITS,
    ROUNDOFF_32,
    ROUNDOFF_64,
    Weights,
    float64,
    gamma,
    softmax_rounding,
    tilted,
)
from models.card import Architecture
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem

ATTN, MLP = "blocks.0.attn", "blocks.0.mlp"
CLOSER = 64
"""By how much, at most, the terms of a lower bound in `closer` are larger than those of a logit:
two logits, each with slopes four times as steep as the neurons' own at most, offsets five times
as large, and neurons' ranges, which are such bounds too and enter twice into each offset."""


def from_uniform(
    attention: Float[Tensor, "batch head query key"],
) -> Float[Tensor, "batch head query key"]:
    """The distance of each attention probability from 1 / position; 0 for keys to come."""
    keys = torch.ones(attention.shape[-2:], device=attention.device).tril()
    return (attention - keys / keys.sum(dim=-1, keepdim=True)).abs() * keys


def nested_32(sizes: Architecture) -> int:
    """Operations that are nested in a difference of logits as the model computes it.

    Products of matrices for the values, their mean over keys, the head's output, the neurons,
    the MLP's output and the logits; and nine additions: embedding and position, a bias for
    each of five products, what head and MLP add to the residual stream, and the difference.
    """
    d_mlp = sizes.d_mlp or 0
    return 3 * sizes.d_model + sizes.n_ctx + sizes.d_head + d_mlp + 9


def nested_64(sizes: Architecture) -> int:
    """The same in the enumeration, along the longest way: that of the positions' embeddings.

    They are added up over positions, divided, sent through the OV circuit (a product of its
    own) and into neurons and logits; biases have a product of their own too. Then come sums
    over the tokens read, with weights, and over neurons, each of which the kernel takes apart
    into two terms; what a neuron adds to the logits is a product as well.
    """
    place = sizes.n_ctx + 2 * (sizes.d_head + sizes.d_model) + sizes.d_model + 8
    read = 2 * sizes.d_vocab + 10
    neurons = 2 * max(sizes.d_mlp or 0, NEURONS) + sizes.d_model + 8
    return place + read + neurons


def nested_score(sizes: Architecture) -> int:
    """Operations that are nested in an attention score.

    Two additions of embeddings and biases, the products of both sides of the score, and the
    difference from the largest score.
    """
    return 2 * (sizes.d_model + 2) + sizes.d_head + 4


class AttentionBound(NamedTuple):
    """How far attention can be from what it is taken for, over all inputs, by position and token
    of the query.
    """

    spread: Float[Tensor, "n_ctx d_vocab"]
    """The range of what the scores of one query have beside those it is taken for, rounding
    included."""
    score_error: float
    """How far a score that is computed in float32 can be from the exact one."""
    weights: Float[Tensor, "n_ctx d_vocab d_vocab"]
    """What it is taken for: the attention of each query (position, token) to each token, up to a
    factor; the largest is 1."""

    @property
    def largest(self) -> Float[Tensor, " n_ctx"]:
        """For uniform attention, a bound on `|a - 1 / n|` of a single key: see `bounds.tilted`,
        with a set of one key.
        """
        p = 1 / torch.arange(1, len(self.spread) + 1, dtype=torch.float64)
        up, down = (sign * self.spread.amax(dim=1) for sign in (1, -1))
        apart = [(p * r.exp() / (1 + p * r.expm1()) - p).abs() for r in (up, down)]
        return torch.maximum(*apart)

    @property
    def weights_spread(self) -> Float[Tensor, "n_ctx d_vocab"]:
        """The range of the logarithms of the weights of one query."""
        return -self.weights.amin(dim=-1).log()


def attention(problem: Problem[CumulativeSum], by_token: bool = False) -> AttentionBound:
    """Bound the distance of attention from uniform, or from one that depends on tokens alone, by
    all the scores that there can be.
    """
    sizes = problem.architecture
    scores, size = (_scores(float64(problem, absolute), sizes.d_head) for absolute in (False, True))
    nested, largest = nested_score(sizes), float(size.max())
    rounding = 2 * gamma(nested, ROUNDOFF_64) * largest + gamma(2 * EXP_UNITS + 8, ROUNDOFF_64)
    n_ctx, d_vocab = scores.shape[:2]
    spread = torch.zeros(n_ctx, d_vocab, dtype=torch.float64)
    weights = torch.ones(n_ctx, d_vocab, d_vocab, dtype=torch.float64)
    # A single key gets all attention, whatever its score.
    for query in range(1, n_ctx):
        if by_token:
            spread[query], weights[query] = _by_token(scores[query], query)
        else:
            seen = scores[query][:, : query + 1].flatten(start_dim=1)
            spread[query] = seen.amax(dim=1) - seen.amin(dim=1)
        spread[query] += rounding
    return AttentionBound(spread, gamma(nested, ROUNDOFF_32) * largest, weights)


def _by_token(
    scores: Float[Tensor, "last n_ctx token"], query: int
) -> tuple[Float[Tensor, " last"], Float[Tensor, "last token"]]:
    """What the scores of a query spread over the positions of equal tokens, and the weights that
    the middles of these ranges give.
    """
    seen = scores[:, : query + 1]
    high, low = seen.amax(dim=1), seen.amin(dim=1)
    middle = (high + low) / 2
    weights = (middle - middle.amax(dim=1, keepdim=True)).exp()
    return (high - low).amax(dim=1), weights


def _scores(weights: Weights, d_head: int) -> Float[Tensor, "n_ctx d_vocab n_ctx d_vocab"]:
    """The score of every query (position, token) for every key."""
    inputs = weights["pos_embed.W_pos"].unsqueeze(1) + weights["embed.W_E"]
    q, k = (inputs @ weights[f"{ATTN}.W_{x}"][0] + weights[f"{ATTN}.b_{x}"][0] for x in "QK")
    return torch.einsum("ptd,qsd->ptqs", q, k) / d_head**0.5


class Errors(NamedTuple):
    """Bounds on how far a difference of two logits can be apart, by position, last token and both
    classes; over all inputs, in logits.
    """

    attention: Float[Tensor, "n_ctx d_vocab right other"]
    """Between the model in exact arithmetic and the one that is enumerated."""
    float32: Float[Tensor, "n_ctx d_vocab right other"]
    """Between the model as it runs, in float32, and the one that is enumerated."""
    float64: Float[Tensor, "n_ctx 1 1 1"]
    """Between the one that is enumerated and its enumeration."""

    @property
    def total(self) -> Float[Tensor, "n_ctx d_vocab right other"]:
        """Between enumeration and model, in exact arithmetic or in float32."""
        return self.float64 + torch.maximum(self.attention, self.float32)


def errors(problem: Problem[CumulativeSum], by_token: bool = False) -> Errors:
    """Bound what separates the model from the enumeration, which takes its attention to be
    uniform, or to depend on tokens alone.
    """
    bound = attention(problem, by_token)
    sizes = logit_sizes(problem).reshape(-1, 1, 1, 1)
    ranges, whole, places = (table.unsqueeze(1) for table in moved(problem))
    softmax = softmax_rounding(problem.architecture.n_ctx)
    rounded = _rounded(problem, sizes)

    def times(spread: Float[Tensor, "n_ctx d_vocab"], table: Tensor) -> Tensor:
        return tilted(spread)[..., None, None] * table

    # The mean over positions is not weighted by the tokens that stand there.
    unweighted = times(bound.weights_spread, places) if by_token else 0.0
    spread_32 = bound.spread + 2 * bound.score_error
    # Of a single key the score does not matter, in float32 either.
    spread_32[0] = 0.0
    return Errors(
        attention=times(bound.spread, ranges) + unweighted,
        float32=times(spread_32, ranges) + unweighted + softmax * whole + rounded,
        # The kernel's two terms of a neuron may be twice as large as what it is taken of.
        float64=4 * gamma(nested_64(problem.architecture), ROUNDOFF_64) * sizes,
    )


def rounding(problem: Problem[CumulativeSum]) -> Float[Tensor, "n_ctx d_vocab right other"]:
    """Bound how far a difference of two logits of the model, as it runs in float32, can be from
    its lower bound in `closer`, which is exact but for rounding in float64; over all inputs.
    """
    sizes = logit_sizes(problem).reshape(-1, 1, 1, 1)
    ranges, whole, _ = (table.unsqueeze(1) for table in moved(problem))
    architecture = problem.architecture
    scores, size = (
        _scores(float64(problem, absolute), architecture.d_head) for absolute in (False, True)
    )
    queries = range(len(scores))
    largest = torch.stack([size[n, :, : n + 1].amax(dim=(1, 2)) for n in queries])
    apart = [scores[n, :, : n + 1].flatten(start_dim=1) for n in queries]
    # The bound divides by a sum of weights, of which it knows between which two others it is.
    ratio = torch.stack([(each.amax(dim=1) - each.amin(dim=1)).exp() for each in apart])
    nested = nested_score(architecture)
    # Two scores may be off in opposite directions.
    spread_32 = 2 * gamma(nested, ROUNDOFF_32) * largest
    # Of a single key the score does not matter.
    spread_32[0] = 0.0
    spread_64 = 2 * gamma(nested, ROUNDOFF_64) * largest + gamma(2 * EXP_UNITS + 8, ROUNDOFF_64)
    moves_32, moves_64 = (
        tilted(spread)[..., None, None] * ranges for spread in (spread_32, spread_64)
    )
    in_float32 = moves_32 + softmax_rounding(architecture.n_ctx) * whole
    nested = nested_64(architecture) + 4 * architecture.n_ctx
    in_float64 = moves_64 + gamma(nested, ROUNDOFF_64) * ratio[..., None, None] * sizes
    return in_float32 + _rounded(problem, sizes) + CLOSER * in_float64


def _rounded(
    problem: Problem[CumulativeSum], sizes: Float[Tensor, "n_ctx 1 1 1"]
) -> Float[Tensor, "n_ctx 1 1 1"]:
    """What float32 does to a difference of two logits after attention."""
    softmax = softmax_rounding(problem.architecture.n_ctx)
    return 2 * gamma(nested_32(problem.architecture), ROUNDOFF_32) * (1 + softmax) * sizes


class Moved(NamedTuple):
    """How far a difference of two logits moves, at most, by position, for a unit of attention."""

    ranges: Float[Tensor, "n_ctx right other"]
    """If attention is taken from one key and given to another."""
    whole: Float[Tensor, "n_ctx right other"]
    """If it is only taken away."""
    places: Float[Tensor, "n_ctx right other"]
    """As `ranges`, where keys differ in position only."""


def moved(problem: Problem[CumulativeSum]) -> Moved:
    """See `Moved`: from what a key writes to each neuron and to both logits; the ReLU makes no
    change larger.
    """
    weights, terms = float64(problem), uniform(problem)
    w_ov = weights[f"{ATTN}.W_V"][0] @ weights[f"{ATTN}.W_O"][0]
    into = torch.cat([weights[f"{MLP}.W_in"], weights["unembed.W_U"]], dim=1)
    places = (weights["pos_embed.W_pos"] @ w_ov @ into).unsqueeze(1)
    keys = terms.token + places
    bias = weights[f"{ATTN}.b_V"][0] @ weights[f"{ATTN}.W_O"][0] @ into
    return Moved(
        ranges=_reach(keys, terms.out, centred=True),
        whole=_reach(keys + bias, terms.out, centred=False),
        places=_reach(places, terms.out, centred=True),
    )


def _reach(
    writes: Float[Tensor, "n_ctx key column"], out: Float[Tensor, "d_mlp class"], centred: bool
) -> Float[Tensor, "n_ctx right other"]:
    """The range, or the largest size, of what keys up to each position write."""

    def reach(written: Float[Tensor, "n_ctx key ..."]) -> Float[Tensor, "n_ctx ..."]:
        high = written.amax(dim=1).cummax(dim=0).values
        low = written.amin(dim=1).cummin(dim=0).values
        return high - low if centred else torch.maximum(high.abs(), low.abs())

    neurons, logits = writes[..., : len(out)], writes[..., len(out) :]
    direct = reach(logits.unsqueeze(-1) - logits.unsqueeze(-2))
    lifts = (out.unsqueeze(-1) - out.unsqueeze(-2)).abs()
    return direct + torch.einsum("nj,jro->nro", reach(neurons), lifts)


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
