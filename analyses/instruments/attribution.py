"""Direct logit attribution: the logits as a sum of what each part of the model adds."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.activations import (
    LN_FINAL_SCALE,
    NEURONS,
    PATTERN,
    RESID_PRE,
    VALUES,
    point,
)
from models.problem import Problem


class Attribution(NamedTuple):
    """Terms that add up to the logits, of a model of any depth."""

    direct: Float[Tensor, "batch pos d_vocab_out"]
    """From the embeddings (token and position) straight to the logits."""
    heads: Float[Tensor, "batch head pos d_vocab_out"]
    """From each head of every layer, in order of `heads.heads`."""
    bias: Float[Tensor, " d_vocab_out"]
    """Of the unembedding."""
    output_bias: Float[Tensor, "batch pos d_vocab_out"]
    """From the output biases `b_O` of all attention layers."""
    neurons: Float[Tensor, "batch neuron pos d_vocab_out"]
    """From each neuron of the MLPs, layer by layer; no neurons in an attention-only model."""
    mlp_bias: Float[Tensor, "batch pos d_vocab_out"]
    """From the output biases `b_out` of all MLPs; zero in an attention-only model."""

    def total(self) -> Float[Tensor, "batch pos d_vocab_out"]:
        """The sum of all terms: the model's logits."""
        attention = self.direct + self.heads.sum(dim=1) + self.output_bias + self.bias
        return attention + self.neurons.sum(dim=1) + self.mlp_bias


@torch.no_grad()
def direct_logit_attribution(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]
) -> Attribution:
    """Split the logits into direct path, heads, neurons and biases.

    The final LayerNorm, if there is one, divides by the scale that the whole residual
    stream has, so the terms add up exactly. What a neuron adds is its activation times
    `W_out W_U`. What a part adds through later layers counts as theirs.
    """
    model = problem.model
    layers = range(problem.architecture.n_layers)
    cache = _cache(problem, tokens)
    scale = cache.final_scale
    direct = cache.embeddings / scale @ model.W_U
    heads = []
    for layer in layers:
        z = torch.einsum("bhqk,bkhd->bhqd", cache.patterns[layer], cache.values[layer])
        written = torch.einsum("bhqd,hdm->bhqm", z, model.W_O[layer]) / scale.unsqueeze(1)
        heads.append(written @ model.W_U)
    neurons, mlp_bias = [direct.new_zeros(len(direct), 0, *direct.shape[1:])], direct.new_zeros(())
    if not problem.architecture.attn_only:
        for layer in layers:
            active = (cache.neurons[layer] / scale).mT.unsqueeze(-1)
            neurons.append(active * (model.W_out[layer] @ model.W_U)[:, None, :])
        mlp_bias = torch.stack([model.b_out[layer] for layer in layers]).sum(dim=0)
        mlp_bias = mlp_bias / scale @ model.W_U
    return Attribution(
        direct=direct,
        heads=torch.cat(heads, dim=1),
        bias=model.b_U,
        output_bias=_output_bias(problem) / scale @ model.W_U,
        neurons=torch.cat(neurons, dim=1),
        mlp_bias=mlp_bias.expand_as(direct),
    )


def logit_difference(
    logits: Float[Tensor, "*place d_vocab_out"], of: int, against: int
) -> Float[Tensor, "*place"]:
    """How far the logit of one class is above that of another; of logits, or of any term of an
    `Attribution`, whose differences add up as the terms do.

    Args:
        logits: with the classes along the last axis.
        of: the class that counts positive.
        against: the class that counts negative.

    Raises:
        IndexError: if there is no such class.

    >>> logit_difference(torch.tensor([[1.0, 3.0], [2.0, 0.5]]), of=1, against=0).tolist()
    [2.0, -1.5]
    """
    for named in (of, against):
        if not 0 <= named < logits.shape[-1]:
            raise IndexError(f"no class {named}; there are {logits.shape[-1]}, counted from 0")
    return logits[..., of] - logits[..., against]


class Shares(NamedTuple):
    """Terms that add up to a difference of two logits at the last position of each sequence, of a
    model of any depth.
    """

    embedding: Float[Tensor, " batch"]
    """Of token and position there."""
    heads: Float[Tensor, "batch head"]
    """From each head of every layer, in order of `heads.heads`."""
    mlps: Float[Tensor, "batch layer"]
    """From the MLP of each layer without its output bias; of no layer if attention-only."""
    biases: Float[Tensor, " batch"]
    """Of the attention layers, the MLPs and the unembedding."""

    def total(self) -> Float[Tensor, " batch"]:
        """The sum of all terms: the difference."""
        return self.embedding + self.heads.sum(dim=1) + self.mlps.sum(dim=1) + self.biases


@torch.no_grad()
def logit_difference_by_part(
    problem: Problem[Any], tokens: Int[Tensor, "batch pos"], of: int, against: int
) -> Shares:
    """Split a difference of two logits at the last position by the part that adds it.

    The same terms as `direct_logit_attribution`, of two classes alone: with a vocabulary of tens of
    thousands, all of them by neuron would fill the memory.

    Raises:
        IndexError: if there is no such class.
    """
    model, layers = problem.model, range(problem.architecture.n_layers)
    direction = logit_difference(model.W_U, of, against)
    cache = _cache(problem, tokens)
    scale = cache.final_scale[:, -1, 0]
    heads, mlps, biases = [], [], _output_bias(problem)
    for layer in layers:
        z = torch.einsum("bhk,bkhd->bhd", cache.patterns[layer][:, :, -1], cache.values[layer])
        heads.append(torch.einsum("bhd,hdm,m->bh", z, model.W_O[layer], direction))
    if not problem.architecture.attn_only:
        for layer in layers:
            mlps.append(cache.neurons[layer][:, -1] @ (model.W_out[layer] @ direction))
            biases = biases + model.b_out[layer]
    none = scale.new_zeros(len(scale), 0)
    return Shares(
        embedding=cache.embeddings[:, -1] @ direction / scale,
        heads=torch.cat(heads, dim=1) / scale[:, None],
        mlps=torch.stack(mlps, dim=1) / scale[:, None] if mlps else none,
        biases=biases @ direction / scale + logit_difference(model.b_U, of, against),
    )


class Terms(NamedTuple):
    """Terms that add up to the residual stream at one position of each sequence, in units of the
    residual stream, before the final LayerNorm. Of an attention-only model.
    """

    heads: Float[Tensor, "batch head key d_model"]
    """What each head of every layer moves there from each position that it reads, in order of
    `heads.heads`.
    """
    direct: Float[Tensor, "batch d_model"]
    """The embeddings of token and position."""
    output_bias: Float[Tensor, " d_model"]
    """Of all attention layers."""
    final_scale: Float[Tensor, " batch"]
    """What the final LayerNorm divides their sum by."""

    def total(self) -> Float[Tensor, "batch d_model"]:
        """The sum of all terms: the residual stream."""
        return self.heads.sum(dim=(1, 2)) + self.direct + self.output_bias


@torch.no_grad()
def terms(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"], query: Int[Tensor, " batch"]
) -> Terms:
    """Split the residual stream at position `query` of each sequence.

    Raises:
        ValueError: if the model has an MLP, whose terms are not among these.
    """
    if not problem.architecture.attn_only:
        raise ValueError(f"{problem.card.slug}: the model has an MLP; terms() has no term for it")
    cache = _cache(problem, tokens)
    rows = torch.arange(len(tokens), device=tokens.device)
    return Terms(
        heads=_moved(problem, cache, query),
        direct=cache.embeddings[rows, query],
        output_bias=_output_bias(problem),
        final_scale=cache.final_scale[rows, query].squeeze(-1),
    )


@torch.no_grad()
def attribution_by_source(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"], query: Int[Tensor, " batch"]
) -> Float[Tensor, "batch head key d_vocab_out"]:
    """Direct logit attribution of heads by the position that they moved it from, in logits at
    position `query` of each sequence; heads of every layer, in order of `heads.heads`.

    The sum over `key` is what the heads add in `direct_logit_attribution`. A position stands for
    all that the head read there, which in a later layer may have come from others.
    """
    cache = _cache(problem, tokens)
    rows = torch.arange(len(tokens), device=tokens.device)
    scale = cache.final_scale[rows, query][:, None, None]
    return _moved(problem, cache, query) / scale @ problem.model.W_U


class _Cache(NamedTuple):
    """What the terms are made of; lists run over layers."""

    embeddings: Float[Tensor, "batch pos d_model"]
    patterns: list[Float[Tensor, "batch head query key"]]
    values: list[Float[Tensor, "batch key head d_head"]]
    neurons: list[Float[Tensor, "batch pos neuron"]]
    """Of no layer in an attention-only model."""
    final_scale: Float[Tensor, "batch pos 1"]
    """Ones without LayerNorm."""


def _cache(problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]) -> _Cache:
    layers = range(problem.architecture.n_layers)
    embeddings = point(problem, RESID_PRE, 0)
    patterns, values, neurons = (
        [point(problem, name, layer) for layer in layers] for name in (PATTERN, VALUES, NEURONS)
    )
    neurons = [] if problem.architecture.attn_only else neurons
    final = [] if problem.architecture.normalization is None else [LN_FINAL_SCALE]
    _, cache = problem.model.run_with_cache(
        tokens, names_filter=[embeddings, *patterns, *values, *neurons, *final]
    )
    # Without LayerNorm nothing is divided by.
    ones = torch.ones_like(cache[embeddings][..., :1])
    return _Cache(
        embeddings=cache[embeddings],
        patterns=[cache[name] for name in patterns],
        values=[cache[name] for name in values],
        neurons=[cache[name] for name in neurons],
        final_scale=cache[LN_FINAL_SCALE] if final else ones,
    )


def _moved(
    problem: Problem[Any], cache: _Cache, query: Int[Tensor, " batch"]
) -> Float[Tensor, "batch head key d_model"]:
    rows = torch.arange(len(query), device=query.device)
    found = []
    for layer, (pattern, values) in enumerate(zip(cache.patterns, cache.values, strict=True)):
        weighted = pattern[rows, :, query].unsqueeze(-1) * values.transpose(1, 2)
        found.append(torch.einsum("bhkd,hdm->bhkm", weighted, problem.model.W_O[layer]))
    return torch.cat(found, dim=1)


def _output_bias(problem: Problem[Any]) -> Float[Tensor, " d_model"]:
    layers = range(problem.architecture.n_layers)
    return torch.stack([problem.model.b_O[layer] for layer in layers]).sum(dim=0)
