"""Terms of a transformer, read off its weights.

Head indices run over the heads of one layer, which `Reads` name. The weights are those of
`Problem.model`: if it has LayerNorm, LayerNorm's own weights are folded in, writes to the residual
stream are centred and value biases are part of the output bias; else they are as trained. What
LayerNorm does beyond that is to divide by the standard deviation of the residual stream. Before
layer 0 that is exact for each token and position (`reads`); later it depends on the whole sequence
and is approximated by its typical value (`typical_scale`, `typical_final_scale`).

What the heads of a later layer read is a sum: the embeddings, what earlier heads moved there
(`moved`) and what depends on no head, biases and MLPs, for which there is no term here. Every
docstring says what is left out. Source of the formulas: Elhage et al., A Mathematical Framework
for Transformer Circuits (2021), sections One-Layer and Two-Layer Attention-Only Transformers.
"""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.activations import LN1_SCALE, LN_FINAL_SCALE, activations
from analyses.instruments.heads import Head, check_head, layer_of
from models.problem import Problem


class Reads(NamedTuple):
    """What the heads of a layer read, in two terms that add up: a row for each token (`reads`), or
    for each position (`reads_by_position`).
    """

    token: Float[Tensor, "row d_model"]
    """From the token's embedding."""
    position: Float[Tensor, "row d_model"]
    """From the positional embedding; differs by token because LayerNorm's scale does."""
    layer: int
    """Whose heads read it."""
    through: tuple[Head, ...] = ()
    """The earlier heads that moved it, the first first; none: the embeddings of the position at
    which it is read.
    """

    def total(self) -> Float[Tensor, "row d_model"]:
        """The sum of both."""
        return self.token + self.position


def reads(
    problem: Problem[Any],
    positions: int | slice,
    layer: int | None = None,
    scale: float | None = None,
) -> Reads:
    """`LN(W_E + mean W_pos)`: what heads read of each token at some positions, their positional
    embeddings averaged.

    Exact for a single position in layer 0. Over several, how their embeddings differ is left out;
    in a later layer also how LayerNorm's scale varies, and all that earlier layers wrote (see
    `moved`).

    Args:
        problem: whose weights are read.
        positions: where the tokens stand: at one, or at each of several.
        layer: whose heads read; None: the only one.
        scale: what LayerNorm divides by (`typical_scale`). None: in layer 0, what it divides each
            token by.

    Raises:
        ValueError: if no layer is given and the model has several, or no scale for LayerNorm
            before a later one.
        IndexError: if the model does not have the layer.
    """
    model, layer = problem.model, layer_of(problem, layer)
    token = model.W_E
    position = model.W_pos[positions].reshape(-1, token.shape[1]).mean(dim=0).expand_as(token)
    if problem.architecture.normalization is None:
        return Reads(token, position, layer)
    token, position = (part - part.mean(dim=-1, keepdim=True) for part in (token, position))
    if layer == 0 and scale is None:
        variance = (token + position).square().mean(dim=-1, keepdim=True)
        exact = (variance + model.cfg.eps).sqrt()
        return Reads(token / exact, position / exact, layer)
    typical = _known(problem, layer, scale)
    return Reads(token / typical, position / typical, layer)


@torch.no_grad()
def reads_by_position(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"], layer: int | None = None
) -> Reads:
    """What heads read at each position, mean over sequences: row `p` of `token` comes from the
    embeddings of what stands at `p`, row `p` of `position` from the positional embedding.

    LayerNorm's scale is that of each sequence and position. With one sequence this is what is read
    of it; over several, how they differ is left out. In a later layer what earlier layers wrote is
    left out too (see `moved`).

    Raises:
        ValueError: if no layer is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    model, layer = problem.model, layer_of(problem, layer)
    tokens = tokens.to(problem.device)
    token, position = model.W_E[tokens], model.W_pos.expand(*tokens.shape, -1)
    if problem.architecture.normalization is not None:
        scale = activations(problem, tokens, LN1_SCALE, layer)
        token, position = (
            (part - part.mean(dim=-1, keepdim=True)) / scale for part in (token, position)
        )
    return Reads(token.mean(dim=0), position.mean(dim=0), layer)


def moved(
    problem: Problem[Any], sources: Reads, head: Head, layer: int, scale: float | None = None
) -> Reads:
    """What the heads of a later layer read of each row of `sources` if an earlier head moved it:
    `sources W_OV[head] / scale`, for each unit of attention that the head paid.

    In place of `reads` on either side of `full_qk` this gives the full QK circuit through that
    head (Q- and K-composition), in `full_ov` that of a virtual head (V-composition).

    The value bias of the head is part of the token's term. Left out: how LayerNorm's scale at the
    position of the later head varies; and what MLPs in between make of it.

    Args:
        problem: whose weights are read.
        sources: what the earlier head reads, itself perhaps moved by one before it.
        head: the earlier head.
        layer: that of the heads which read what it wrote.
        scale: what LayerNorm divides by before that layer, where it is read (`typical_scale`).

    Raises:
        ValueError: if `sources` are read in another layer than that of the head, the head is not
            before `layer`, or the model has LayerNorm and no scale is given.
        IndexError: if the model has no such head or layer.
    """
    check_head(problem, head)
    layer = layer_of(problem, layer)
    if sources.layer != head.layer:
        raise ValueError(
            f"head {head} does not read what is read in layer {sources.layer}; "
            f"give the reads of layer {head.layer}"
        )
    _check_before(problem, head, layer)
    model, divisor = problem.model, _known(problem, layer, scale)
    values, out = model.W_V[head.layer][head.number], model.W_O[head.layer][head.number]
    token = sources.token @ values
    if not sources.through:
        token = token + model.b_V[head.layer][head.number]
    return Reads(
        token=token @ out / divisor,
        position=sources.position @ values @ out / divisor,
        layer=layer,
        through=(*sources.through, head),
    )


@torch.no_grad()
def typical_scales(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"], layer: int | None = None
) -> Float[Tensor, " n_ctx"]:
    """What LayerNorm divides by before the attention of a layer, by position, mean over
    sequences; 1 without LayerNorm.

    Raises:
        ValueError: if no layer is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    layer = layer_of(problem, layer)
    if problem.architecture.normalization is None:
        return torch.ones(tokens.shape[1], device=problem.device)
    return activations(problem, tokens, LN1_SCALE, layer).mean(dim=0).squeeze(-1)


def typical_scale(
    problem: Problem[Any],
    tokens: Int[Tensor, "batch n_ctx"],
    layer: int | None = None,
    positions: slice = slice(None),
) -> float:
    """The mean of `typical_scales` over some positions, or all.

    Raises:
        ValueError: if no layer is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    return float(typical_scales(problem, tokens, layer)[positions].mean())


@torch.no_grad()
def typical_final_scale(problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]) -> float:
    """What the final LayerNorm divides by, mean over label positions; 1 without LayerNorm."""
    if problem.architecture.normalization is None:
        return 1.0
    _, cache = problem.model.run_with_cache(tokens, names_filter=[LN_FINAL_SCALE])
    return float(cache[LN_FINAL_SCALE][:, problem.task.label_positions].mean())


def w_qk(problem: Problem[Any], layer: int | None = None) -> Float[Tensor, "head d_model d_model"]:
    """`W_QK[h] = W_Q W_K^T`, before the division by sqrt(d_head).

    Raises:
        ValueError: if no layer is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    model, layer = problem.model, layer_of(problem, layer)
    return model.W_Q[layer] @ model.W_K[layer].mT


def w_ov(problem: Problem[Any], layer: int | None = None) -> Float[Tensor, "head d_model d_model"]:
    """`W_OV[h] = W_V W_O`, reading from the left.

    Raises:
        ValueError: if no layer is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    model, layer = problem.model, layer_of(problem, layer)
    return model.W_V[layer] @ model.W_O[layer]


def virtual_ov(
    problem: Problem[Any], earlier: Head, later: Head
) -> Float[Tensor, "d_model d_model"]:
    """`W_OV[earlier] W_OV[later]`: what the virtual head of two heads moves, which attends to what
    the earlier one attends to from where the later one attends to.

    The division of LayerNorm between the two is left out. From tokens to logits, with it:
    `full_ov` of what was `moved`.

    Raises:
        ValueError: if one head is not in an earlier layer than the other.
        IndexError: if the model does not have one of them.
    """
    check_head(problem, earlier)
    check_head(problem, later)
    _check_before(problem, earlier, later.layer)
    first, second = w_ov(problem, earlier.layer), w_ov(problem, later.layer)
    return first[earlier.number] @ second[later.number]


def full_ov(
    problem: Problem[Any], sources: Reads, final_scale: float
) -> Float[Tensor, "head row d_vocab_out"]:
    """`LN(W_E + mean W_pos) W_OV W_U`: entry `[h, s, t]` is what head `h` of the layer that reads
    adds to the logit of `t` for each unit of attention that it pays to row `s` of `sources`, in
    logits. Value biases are kept, but not of a head that reads what another one moved: its bias
    belongs to what it reads directly.

    Left out: what later layers make of it; variation of the final scale, which stretches all
    logits of a prediction alike; and the output bias, which no head writes.
    """
    model, layer = problem.model, sources.layer
    values = sources.total() @ model.W_V[layer]
    if not sources.through:
        values = values + model.b_V[layer].unsqueeze(1)
    return values @ model.W_O[layer] @ model.W_U / final_scale


def full_qk(
    problem: Problem[Any], queries: Reads, keys: Reads
) -> Float[Tensor, "head query_row key_row"]:
    """`LN(W_E + mean W_pos) W_QK LN(W_E + mean W_pos)^T`: entry `[h, q, k]` is the attention
    score that row `q` of the queries gives to row `k` of the keys in head `h`, before softmax.

    Both biases are kept, so that in layer 0 at single positions these are the model's own scores.
    Where heads before moved what is asked or shown (`moved`), these are terms of the scores, for
    each unit of attention there, and the bias of that side belongs to what is read directly.

    Raises:
        ValueError: if queries and keys are not read in the same layer.
    """
    return _scores(problem, queries, queries.total(), keys, bias=not queries.through)


def position_qk(
    problem: Problem[Any], queries: Reads, keys: Reads
) -> Float[Tensor, "head query_row key_row"]:
    """The part of `full_qk` that the query's position decides: the score that the positional
    term of row `q` of the queries gives to row `k` of the keys.

    The query bias belongs to the rest, which the query's token decides.

    Raises:
        ValueError: if queries and keys are not read in the same layer.
    """
    return _scores(problem, queries, queries.position, keys, bias=False)


def _scores(
    problem: Problem[Any],
    queries: Reads,
    asking: Float[Tensor, "query_row d_model"],
    keys: Reads,
    bias: bool,
) -> Float[Tensor, "head query_row key_row"]:
    if queries.layer != keys.layer:
        raise ValueError(
            f"the queries are read in layer {queries.layer}, the keys in layer {keys.layer}; "
            "one head has both in its own"
        )
    model, layer = problem.model, queries.layer
    asked = asking @ model.W_Q[layer]
    if bias:
        asked = asked + model.b_Q[layer].unsqueeze(1)
    shown = keys.total() @ model.W_K[layer]
    if not keys.through:
        shown = shown + model.b_K[layer].unsqueeze(1)
    return asked @ shown.mT / problem.architecture.d_head**0.5


def direct_path(problem: Problem[Any], final_scale: float) -> Float[Tensor, "d_vocab d_vocab_out"]:
    """`W_E W_U`: what a token adds to each logit at its own position without any head, in
    logits. Left out: the positional embedding, biases, MLPs, variation of the final scale.
    """
    return problem.model.W_E @ problem.model.W_U / final_scale


def _known(problem: Problem[Any], layer: int, scale: float | None) -> float:
    if scale is not None:
        return scale
    if problem.architecture.normalization is None:
        return 1.0
    raise ValueError(
        f"{problem.card.slug}: what LayerNorm divides by before layer {layer} depends on the whole "
        f"sequence; give its typical value: scale=typical_scale(problem, tokens, layer={layer})"
    )


def _check_before(problem: Problem[Any], head: Head, layer: int) -> None:
    if head.layer >= layer:
        raise ValueError(
            f"{problem.card.slug}: layer {layer} reads nothing that head {head} writes; "
            "expected a head of an earlier layer"
        )


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
