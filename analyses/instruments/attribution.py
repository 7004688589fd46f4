"""Direct logit attribution: the logits as a sum of what each part of the model adds."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.activations import NEURONS, PATTERN, RESID_PRE, VALUES
from analyses.instruments.circuits import LN_FINAL_SCALE
from models.problem import Problem


class Attribution(NamedTuple):
    """Terms that add up to the logits of a one-layer model."""

    direct: Float[Tensor, "batch pos d_vocab_out"]
    """From the embeddings (token and position) straight to the logits."""
    heads: Float[Tensor, "batch head pos d_vocab_out"]
    """From each head."""
    bias: Float[Tensor, " d_vocab_out"]
    """Of the unembedding."""
    output_bias: Float[Tensor, "batch pos d_vocab_out"]
    """From the attention layer's output bias `b_O`."""
    neurons: Float[Tensor, "batch neuron pos d_vocab_out"]
    """From each neuron of the MLP; no neurons in an attention-only model."""
    mlp_bias: Float[Tensor, "batch pos d_vocab_out"]
    """From the MLP's output bias `b_out`; zero in an attention-only model."""

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
    `W_out W_U`.
    """
    model = problem.model
    cache = _cache(problem, tokens)
    scale = cache[LN_FINAL_SCALE]
    direct = cache[RESID_PRE] / scale @ model.W_U
    z = torch.einsum("bhqk,bkhd->bhqd", cache[PATTERN], cache[VALUES])
    heads = torch.einsum("bhqd,hdm->bhqm", z, model.W_O[0]) / scale.unsqueeze(1)
    neurons, mlp_bias = direct.new_zeros(len(direct), 0, *direct.shape[1:]), direct.new_zeros(())
    if not problem.architecture.attn_only:
        active = (cache[NEURONS] / scale).mT.unsqueeze(-1)
        neurons = active * (model.W_out[0] @ model.W_U)[:, None, :]
        mlp_bias = model.b_out[0] / scale @ model.W_U
    return Attribution(
        direct=direct,
        heads=heads @ model.W_U,
        bias=model.b_U,
        output_bias=model.b_O[0] / scale @ model.W_U,
        neurons=neurons,
        mlp_bias=mlp_bias.expand_as(direct),
    )


class Terms(NamedTuple):
    """Terms that add up to the residual stream at one position of each sequence, in units of the
    residual stream, before the final LayerNorm. Of an attention-only model.
    """

    heads: Float[Tensor, "batch head key d_model"]
    """What each head moves there from each position that it reads."""
    direct: Float[Tensor, "batch d_model"]
    """The embeddings of token and position."""
    output_bias: Float[Tensor, " d_model"]
    """Of the attention layer."""
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
    model = problem.model
    cache = _cache(problem, tokens)
    rows = torch.arange(len(tokens), device=tokens.device)
    moved = cache[PATTERN][rows, :, query].unsqueeze(-1) * cache[VALUES].transpose(1, 2)
    return Terms(
        heads=torch.einsum("bhkd,hdm->bhkm", moved, model.W_O[0]),
        direct=cache[RESID_PRE][rows, query],
        output_bias=model.b_O[0],
        final_scale=cache[LN_FINAL_SCALE][rows, query].squeeze(-1),
    )


def _cache(problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]) -> dict[str, Tensor]:
    names = [RESID_PRE, VALUES, PATTERN]
    names += [] if problem.architecture.attn_only else [NEURONS]
    names += [] if problem.architecture.normalization is None else [LN_FINAL_SCALE]
    _, cache = problem.model.run_with_cache(tokens, names_filter=names)
    found = {name: cache[name] for name in names}
    # Without LayerNorm nothing is divided by.
    return {LN_FINAL_SCALE: torch.ones_like(found[RESID_PRE][..., :1])} | found
