"""Direct logit attribution: the logits as a sum of what each part of the model adds."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.attention import PATTERN
from analyses.circuits import LN_FINAL_SCALE
from analyses.interventions import RESID_PRE
from models.problem import Problem

VALUES = "blocks.0.attn.hook_v"
CACHED = [
    RESID_PRE,
    VALUES,
    PATTERN,
    LN_FINAL_SCALE,
]


class Attribution(NamedTuple):
    """Terms that add up to the logits of an attention-only, one-layer model."""

    direct: Float[Tensor, "batch pos d_vocab_out"]
    """From the embeddings (token and position) straight to the logits."""
    heads: Float[Tensor, "batch head pos d_vocab_out"]
    """From each head."""
    bias: Float[Tensor, " d_vocab_out"]
    """Of the unembedding."""
    output_bias: Float[Tensor, "batch pos d_vocab_out"]
    """From the attention layer's output bias `b_O`."""

    def total(self) -> Float[Tensor, "batch pos d_vocab_out"]:
        """The sum of all terms: the model's logits."""
        return self.direct + self.heads.sum(dim=1) + self.output_bias + self.bias


@torch.no_grad()
def direct_logit_attribution(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]
) -> Attribution:
    """Split the logits into direct path, heads and biases.

    The final LayerNorm divides by the scale that the whole residual stream has, so the
    terms add up exactly.
    """
    model = problem.model
    cache = _cache(problem, tokens)
    scale = cache[LN_FINAL_SCALE]
    z = torch.einsum("bhqk,bkhd->bhqd", cache[PATTERN], cache[VALUES])
    heads = torch.einsum("bhqd,hdm->bhqm", z, model.W_O[0]) / scale.unsqueeze(1)
    return Attribution(
        direct=cache[RESID_PRE] / scale @ model.W_U,
        heads=heads @ model.W_U,
        bias=model.b_U,
        output_bias=model.b_O[0] / scale @ model.W_U,
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
    _, cache = problem.model.run_with_cache(tokens, names_filter=CACHED)
    return {name: cache[name] for name in CACHED}
