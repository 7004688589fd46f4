"""Direct logit attribution: the logits as a sum of what each part of the model adds."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.activations import NEURONS, PATTERN, RESID_PRE, VALUES
from analyses.circuits import LN_FINAL_SCALE
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


@torch.no_grad()
def source_attribution(
    problem: Problem[Any],
    tokens: Int[Tensor, "batch n_ctx"],
    query: Int[Tensor, " batch"],
    sources: Int[Tensor, "batch source"],
    predictions: Int[Tensor, "batch prediction"],
) -> Float[Tensor, "batch head source prediction"]:
    """What each head moves from chosen source positions to chosen predictions, in logits.

    Entry `[b, h, s, t]` is the attention that position `query[b]` pays to position
    `sources[b, s]` in head `h`, times what head `h` writes from there in the direction of
    the logit of token `predictions[b, t]`.
    """
    model = problem.model
    cache = _cache(problem, tokens)
    rows = torch.arange(len(tokens), device=tokens.device)
    attention = cache[PATTERN][rows, :, query]
    attention = attention.gather(2, sources[:, None, :].expand(-1, attention.shape[1], -1))
    written = torch.einsum("bshd,hdm->bhsm", cache[VALUES][rows[:, None], sources], model.W_O[0])
    directions = model.W_U[:, predictions].permute(1, 2, 0)
    logits = torch.einsum("bhsm,btm->bhst", written, directions)
    return attention.unsqueeze(-1) * logits / cache[LN_FINAL_SCALE][rows, query][:, None, None, :]


def _cache(problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]) -> dict[str, Tensor]:
    names = [RESID_PRE, VALUES, PATTERN]
    names += [] if problem.architecture.attn_only else [NEURONS]
    names += [] if problem.architecture.normalization is None else [LN_FINAL_SCALE]
    _, cache = problem.model.run_with_cache(tokens, names_filter=names)
    found = {name: cache[name] for name in names}
    # Without LayerNorm nothing is divided by.
    return {LN_FINAL_SCALE: torch.ones_like(found[RESID_PRE][..., :1])} | found
