"""What rounding can do to a margin of the Sorted List model, over all inputs.

Two computations round: the model as it runs, in float32, and the bounds, in float64. For both,
errors are followed forward: a product of matrices takes over the error of what it reads, times
the sizes of the weights, and adds `gamma_k` times the same product in absolute values (Higham,
Accuracy and Stability of Numerical Algorithms (2002), chapter 3; see `analyses.evidence.bounds`).
Sizes are the largest over all tokens at all positions where they may stand.

Attention is kept apart: each `exp(score)` is off by a factor, and what all keys have in common of
such factors cancels. `cases` are bounded with every key's factor at its worst.

A LayerNorm multiplies what it has centred by one number. The variance that it takes the number
from is off, to first order, by no more than `n u mean(x^2)` for n entries, whether it is computed
in two passes, updated entry by entry or as a difference of means (Chan, Golub and LeVeque,
Algorithms for Computing the Sample Variance (1983)); four times that is allowed here. For the
final LayerNorm the number does not matter but for b_U: no logit is right or wrong because all
were multiplied by it.

Left out is underflow: it adds less than 1e-30.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.evidence.bounds import EXP_UNITS, ROUNDOFF_32, ROUNDOFF_64, gamma
from analyses.sorted_list.terms import activations, centred, folded, occurring, rms, terms
from models.problem import Problem
from models.sorted_list.task import SortedList


class Reading(NamedTuple):
    """How far what depends on a token and a position alone is off where it is rounded."""

    v: Float[Tensor, "head n_ctx d_vocab d_head"]
    """A value."""
    weight: Float[Tensor, "head label d_vocab"]
    """Every key's `exp(score)` for a query, relative, beside a factor that all keys share."""


class Rounding(NamedTuple):
    """What separates margins of the model as it runs from what their bounds are made of."""

    weight: Float[Tensor, "head label d_vocab"]
    """As in `Reading`, float32 and float64 together."""
    logit: Float[Tensor, "label d_vocab d_vocab_out"]
    """Everything else: a margin times `scale` is off by this at the right class and this at the
    other one together."""
    scale: Float[Tensor, "label d_vocab"]
    """The final LayerNorm divides by no more than this, in exact arithmetic or in float32."""


def product(
    size: Float[Tensor, "*rows row inner"],
    error: Float[Tensor, "*rows row inner"],
    matrix: Float[Tensor, "*heads inner column"],
    bias: Float[Tensor, "*heads column"],
    roundoff: float,
) -> Float[Tensor, "*all row column"]:
    """How far `x @ matrix + bias` is off, if x, of this size, is off by `error`."""
    rounded = (size + error) @ matrix.abs() + bias.abs().unsqueeze(-2)
    return error @ matrix.abs() + gamma(matrix.shape[-2] + 2, roundoff) * rounded


def variance_error(
    square: Float[Tensor, "*row"], entries: int, roundoff: float
) -> Float[Tensor, "*row"]:
    """How far a variance is off, of so many entries with this mean square."""
    return 4 * gamma(entries, roundoff) * square


def reading(problem: Problem[SortedList], roundoff: float) -> Reading:
    """Bound the errors of queries, keys and values, and of what follows from the scores."""
    weights, labels = folded(problem), problem.task.label_positions
    found = activations(weights)
    d_model, d_head = found.residual.shape[-1], found.q.shape[-1]
    variance = centred(found.residual).square().mean(dim=-1) + weights.eps
    relative = variance_error(rms(found.residual).square(), d_model, roundoff) / variance
    relative = relative + 8 * roundoff
    # 1 / sqrt(1 - x) - 1 is at most x for x up to 1 / 2; beyond, nothing is promised.
    relative = torch.where(relative <= 0.5, relative, torch.inf)
    size = found.residual.abs()
    size = (size + size.mean(dim=-1, keepdim=True)) / variance.sqrt().unsqueeze(-1)
    allowed = (1 + relative) * (1 + gamma(d_model + 10, roundoff)) - 1
    error = size * allowed.unsqueeze(-1)

    def read(
        matrix: Float[Tensor, "head d_model d_head"], bias: Float[Tensor, "head d_head"]
    ) -> Float[Tensor, "head n_ctx d_vocab d_head"]:
        x = found.normalised.abs().unsqueeze(0), error.unsqueeze(0)
        return product(*x, matrix.unsqueeze(1), bias.unsqueeze(1), roundoff)

    q, k = read(weights.q, weights.q_bias)[:, labels], read(weights.k, weights.k_bias)
    size_q, size_k = found.q[:, labels].abs(), found.k.abs()
    off = _scores(size_q + q, k) + _scores(q, size_k)
    off = off + gamma(d_head + 4, roundoff) * _scores(size_q + q, size_k + k)
    # A score and the largest one are subtracted, which rounds once more.
    off = off + 2 * roundoff * (_scores(size_q, size_k) + off)
    worst = torch.where(occurring(problem.task), off.nan_to_num(torch.inf), 0.0).amax(dim=(3, 4))
    return Reading(
        v=read(weights.v, weights.v_bias),
        weight=worst.exp() * (1 + gamma(EXP_UNITS + 4, roundoff)) - 1,
    )


def _scores(
    q: Float[Tensor, "head label d_vocab d_head"], k: Float[Tensor, "head n_ctx d_vocab d_head"]
) -> Float[Tensor, "head label d_vocab n_ctx d_vocab"]:
    return torch.einsum("hpte,hqse->hptqs", q, k) / k.shape[-1] ** 0.5


def rounding(problem: Problem[SortedList]) -> Rounding:
    """Bound what rounding does, in the model as it runs and in the bounds together."""
    weights, labels, occurs = folded(problem), problem.task.label_positions, occurring(problem.task)
    model, bounds = reading(problem, ROUNDOFF_32), reading(problem, ROUNDOFF_64)
    found = activations(weights)
    n_ctx, d_model = weights.pos.shape
    # An average of values is no larger than the largest; [head * d_head] from here on.
    size_z = (found.v.abs() * occurs.unsqueeze(-1)).amax(dim=(1, 2)).flatten()
    error_v = (model.v * occurs.unsqueeze(-1)).amax(dim=(1, 2)).flatten()
    error_z = error_v + gamma(2 * n_ctx + 6, ROUNDOFF_32) * (size_z + error_v)
    w_o = weights.o.flatten(end_dim=1)
    error_out = product(size_z[None], error_z[None], w_o, weights.o_bias, ROUNDOFF_32)
    size_out = size_z @ w_o.abs() + weights.o_bias.abs()
    embedded = found.residual[labels].abs()
    error = error_out + gamma(4, ROUNDOFF_32) * (embedded + size_out + error_out)
    size = embedded + size_out + error
    # Centring may add the mean; then the final LayerNorm and the unembedding round.
    norms = gamma(2 * d_model + 20, ROUNDOFF_32) * _with_mean(size)
    scale = (terms(problem).scale + rms(_with_mean(error))).square()
    scale = scale + variance_error(rms(size).square(), d_model, ROUNDOFF_32)
    scale = scale.sqrt() * (1 + 16 * ROUNDOFF_32)
    bias = gamma(d_model + 2, ROUNDOFF_32) * scale.unsqueeze(-1) * weights.u_bias.abs()
    # The bounds go the same way in float64, and centre before they unembed.
    error_64 = (bounds.v * occurs.unsqueeze(-1)).amax(dim=(1, 2)).flatten()
    error_64 = product(size_z[None], error_64[None], w_o, weights.o_bias, ROUNDOFF_64)
    error_64 = _with_mean(error_64) + gamma(2 * d_model + 20, ROUNDOFF_64) * _with_mean(size)
    return Rounding(
        weight=(1 + model.weight) * (1 + bounds.weight) - 1,
        logit=(_with_mean(error) + norms + 2 * error_64) @ weights.u.abs() + bias,
        scale=scale,
    )


def _with_mean(rows: Float[Tensor, "*row d_model"]) -> Float[Tensor, "*row d_model"]:
    return rows + rows.mean(dim=-1, keepdim=True)
