"""Terms of a one-layer transformer, read off its weights.

Head indices run over the heads of layer 0. The weights are those of `Problem.model`: if it has
LayerNorm, LayerNorm's own weights are folded in, writes to the residual stream are centred and
value biases are part of the output bias; else they are as trained. What LayerNorm does beyond
that, dividing by the standard deviation of the residual stream, is approximated by its typical
value (`typical_scales`); every docstring says what is left out.
Source of the formulas: Elhage et al., A Mathematical Framework for Transformer Circuits
(2021), section One-Layer Attention-Only Transformers.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.problem import Problem

LN1_SCALE = "blocks.0.ln1.hook_scale"
LN_FINAL_SCALE = "ln_final.hook_scale"


class Scales(NamedTuple):
    """What LayerNorm divides by, averaged over sequences and positions."""

    ln1: float
    """Before the attention layer."""
    ln_final: float
    """Before the unembedding."""


@torch.no_grad()
def typical_scales(problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]) -> Scales:
    """Mean LayerNorm scales over the label positions; 1 for a model without LayerNorm."""
    if problem.architecture.normalization is None:
        return Scales(1.0, 1.0)
    _, cache = problem.model.run_with_cache(tokens, names_filter=[LN1_SCALE, LN_FINAL_SCALE])
    positions = problem.task.label_positions
    return Scales(float(cache[LN1_SCALE].mean()), float(cache[LN_FINAL_SCALE][:, positions].mean()))


def w_qk(problem: Problem[Any]) -> Float[Tensor, "head d_model d_model"]:
    """`W_QK[h] = W_Q W_K^T`, before the division by sqrt(d_head)."""
    model = problem.model
    return model.W_Q[0] @ model.W_K[0].mT


def w_ov(problem: Problem[Any]) -> Float[Tensor, "head d_model d_model"]:
    """`W_OV[h] = W_V W_O`, reading from the left."""
    model = problem.model
    return model.W_V[0] @ model.W_O[0]


def full_ov(problem: Problem[Any], scales: Scales) -> Float[Tensor, "head d_vocab d_vocab_out"]:
    """`W_E W_OV W_U`: entry `[h, s, t]` is what head `h` adds to the logit of `t` for each
    unit of attention it pays to token `s`, in logits.

    Left out: positional embeddings, value and output biases, variation of the LayerNorm scales.
    """
    return problem.model.W_E @ w_ov(problem) @ problem.model.W_U / (scales.ln1 * scales.ln_final)


def full_qk(problem: Problem[Any], scales: Scales) -> Float[Tensor, "head d_vocab d_vocab"]:
    """`W_E W_QK W_E^T`: entry `[h, q, k]` is the attention score that a query token `q`
    gives to a key token `k` in head `h`, before softmax.

    The query bias is kept, since it prefers some keys over others; terms that are the same
    for all keys are left out, and so are positional embeddings and variation of the scale.
    """
    return _scores(problem, problem.model.W_E, scales)


def position_qk(problem: Problem[Any], scales: Scales) -> Float[Tensor, "head n_ctx d_vocab"]:
    """`W_pos W_QK W_E^T`: entry `[h, p, k]` is the part of the score between a query at
    position `p` and a key token `k` that the query's position alone decides.

    The bias belongs to `full_qk` and is left out here, so the two add up.
    """
    return _scores(problem, problem.model.W_pos, scales, bias=False)


def _scores(
    problem: Problem[Any],
    queries: Float[Tensor, "query d_model"],
    scales: Scales,
    bias: bool = True,
) -> Float[Tensor, "head query d_vocab"]:
    model = problem.model
    reads = (queries / scales.ln1) @ model.W_Q[0]
    if bias:
        reads = reads + model.b_Q[0].unsqueeze(1)
    keys = (model.W_E / scales.ln1) @ model.W_K[0]
    return reads @ keys.mT / problem.architecture.d_head**0.5


def direct_path(problem: Problem[Any], scales: Scales) -> Float[Tensor, "d_vocab d_vocab_out"]:
    """`W_E W_U`: what a token adds to each logit at its own position without any head, in
    logits. Left out: the positional embedding, biases.
    """
    return problem.model.W_E @ problem.model.W_U / scales.ln_final


def copying_heads(ov: Float[Tensor, "head d_vocab d_vocab"]) -> Int[Tensor, " d_vocab"]:
    """For each token, the head whose OV circuit adds most to that token's own logit."""
    return ov.diagonal(dim1=1, dim2=2).argmax(dim=0)


def copied_sets(ov: Float[Tensor, "head d_vocab d_vocab"]) -> list[list[int]]:
    """For each head, the tokens it copies: attending to one raises that token's own logit
    above every other logit.
    """
    is_copied = ov.argmax(dim=-1) == torch.arange(ov.shape[1], device=ov.device)
    return [row.nonzero().flatten().tolist() for row in is_copied]


def runs(values: list[int]) -> list[tuple[int, int]]:
    """Group ascending integers into runs of neighbours, as (first, last).

    >>> runs([0, 1, 2, 7, 9, 10])
    [(0, 2), (7, 7), (9, 10)]
    """
    found: list[tuple[int, int]] = []
    for value in values:
        if found and value == found[-1][1] + 1:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return found
