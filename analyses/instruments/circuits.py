"""Terms of a one-layer transformer, read off its weights.

Head indices run over the heads of layer 0. The weights are those of `Problem.model`: if it has
LayerNorm, LayerNorm's own weights are folded in, writes to the residual stream are centred and
value biases are part of the output bias; else they are as trained. What LayerNorm does beyond
that before the attention layer, dividing by the standard deviation of the residual stream, is
exact for each token and position (`reads`); after it, it depends on the whole sequence and is
approximated by its typical value (`typical_final_scale`). Every docstring says what is left out.
Source of the formulas: Elhage et al., A Mathematical Framework for Transformer Circuits
(2021), section One-Layer Attention-Only Transformers.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.problem import Problem

LN_FINAL_SCALE = "ln_final.hook_scale"


class Reads(NamedTuple):
    """What the heads of layer 0 read of every token, in two terms that add up."""

    token: Float[Tensor, "d_vocab d_model"]
    """From the token's embedding."""
    position: Float[Tensor, "d_vocab d_model"]
    """From the positional embedding; differs by token because LayerNorm's scale does."""

    def total(self) -> Float[Tensor, "d_vocab d_model"]:
        """The sum of both."""
        return self.token + self.position


def reads(problem: Problem[Any], positions: slice) -> Reads:
    """`LN(W_E + mean W_pos)`: what heads read of each token at some positions, their positional
    embeddings averaged.

    Exact for a single position. Over several, how their embeddings differ is left out.
    """
    model = problem.model
    token = model.W_E
    position = model.W_pos[positions].mean(dim=0).expand_as(token)
    if problem.architecture.normalization is None:
        return Reads(token, position)
    token, position = (part - part.mean(dim=-1, keepdim=True) for part in (token, position))
    variance = (token + position).square().mean(dim=-1, keepdim=True)
    scale = (variance + model.cfg.eps).sqrt()
    return Reads(token / scale, position / scale)


@torch.no_grad()
def typical_final_scale(problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]) -> float:
    """What the final LayerNorm divides by, mean over label positions; 1 without LayerNorm."""
    if problem.architecture.normalization is None:
        return 1.0
    _, cache = problem.model.run_with_cache(tokens, names_filter=[LN_FINAL_SCALE])
    return float(cache[LN_FINAL_SCALE][:, problem.task.label_positions].mean())


def w_qk(problem: Problem[Any]) -> Float[Tensor, "head d_model d_model"]:
    """`W_QK[h] = W_Q W_K^T`, before the division by sqrt(d_head)."""
    model = problem.model
    return model.W_Q[0] @ model.W_K[0].mT


def w_ov(problem: Problem[Any]) -> Float[Tensor, "head d_model d_model"]:
    """`W_OV[h] = W_V W_O`, reading from the left."""
    model = problem.model
    return model.W_V[0] @ model.W_O[0]


def full_ov(
    problem: Problem[Any], sources: Reads, final_scale: float
) -> Float[Tensor, "head d_vocab d_vocab_out"]:
    """`LN(W_E + mean W_pos) W_OV W_U`: entry `[h, s, t]` is what head `h` adds to the logit of
    `t` for each unit of attention that it pays to token `s`, in logits. Value biases are kept.

    Left out: variation of the final scale, which stretches all logits of a prediction alike;
    and the output bias, which no head writes.
    """
    model = problem.model
    values = sources.total() @ model.W_V[0] + model.b_V[0].unsqueeze(1)
    return values @ model.W_O[0] @ model.W_U / final_scale


def full_qk(
    problem: Problem[Any], queries: Reads, keys: Reads
) -> Float[Tensor, "head d_vocab d_vocab"]:
    """`LN(W_E + mean W_pos) W_QK LN(W_E + mean W_pos)^T`: entry `[h, q, k]` is the attention
    score that a query token `q` gives to a key token `k` in head `h`, before softmax.

    Both biases are kept, so that at single positions these are the model's own scores.
    """
    return _scores(problem, queries.total(), keys, bias=True)


def position_qk(
    problem: Problem[Any], queries: Reads, keys: Reads
) -> Float[Tensor, "head d_vocab d_vocab"]:
    """The part of `full_qk` that the query's position decides: the score that the positional
    term of a query token `q` gives to a key token `k`.

    The query bias belongs to the rest, which the query's token decides.
    """
    return _scores(problem, queries.position, keys, bias=False)


def _scores(
    problem: Problem[Any], queries: Float[Tensor, "query d_model"], keys: Reads, bias: bool
) -> Float[Tensor, "head query d_vocab"]:
    model = problem.model
    asked = queries @ model.W_Q[0]
    if bias:
        asked = asked + model.b_Q[0].unsqueeze(1)
    shown = keys.total() @ model.W_K[0] + model.b_K[0].unsqueeze(1)
    return asked @ shown.mT / problem.architecture.d_head**0.5


def direct_path(problem: Problem[Any], final_scale: float) -> Float[Tensor, "d_vocab d_vocab_out"]:
    """`W_E W_U`: what a token adds to each logit at its own position without any head, in
    logits. Left out: the positional embedding, biases, variation of the final scale.
    """
    return problem.model.W_E @ problem.model.W_U / final_scale


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
