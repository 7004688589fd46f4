"""What the model says at END, and nothing else that it computes: for very many sequences.

The same function of the same weights as `Problem.logits`, several times as fast. Queries, keys and
values of layer 0 depend on token and position alone and are looked up; of layer 1 only END's
attention is computed, with keys never written out: a score is END's query, taken back through W_K,
times what is read at a position, and what a head moves is W_OV of a mean of what is read.
"""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from analyses.instruments.circuits import reads
from analyses.instruments.read_out import normalised
from analyses.palindromes.samples import Model, Tokens
from models.palindromes.task import NO, YES

BATCH = 1024
"""Sequences at a time; what they need stays in the processor's cache."""


class _First(NamedTuple):
    """Layer 0 by position and token, a row for each pair."""

    residual: Float[Tensor, "row d_model"]
    """Embeddings, and the output bias."""
    queries: Float[Tensor, "row head d_head"]
    keys: Float[Tensor, "row head d_head"]
    values: Float[Tensor, "row head d_head"]


@torch.no_grad()
def above_at_end(problem: Model, tokens: Tokens) -> Float[Tensor, " batch"]:
    """How far yes is above no at END, in logits.

    Raises:
        ValueError: if the model is not of two layers, attention-only and with LayerNorm.
    """
    sizes = problem.architecture
    if sizes.n_layers != 2 or not sizes.attn_only or sizes.normalization is None:
        raise ValueError(
            f"{problem.card.slug}: expected an attention-only model of two layers with LayerNorm; "
            "use Problem.logits"
        )
    return torch.cat([_above(problem, part) for part in tokens.to(problem.device).split(BATCH)])


def _above(problem: Model, tokens: Tokens) -> Float[Tensor, " batch"]:
    model, sizes, first = problem.model, problem.architecture, _first(problem)
    length = tokens.shape[1]
    positions = torch.arange(length, device=tokens.device)
    rows = positions * sizes.d_vocab + tokens
    q, k, v = (side[rows].transpose(1, 2) for side in (first.queries, first.keys, first.values))
    z = scaled_dot_product_attention(q, k, v, is_causal=True)
    residual = first.residual[rows] + z.transpose(1, 2).flatten(2) @ model.W_O[0].flatten(0, 1)
    read = normalised(problem, residual)
    query = torch.einsum("bm,hmd->bhd", read[:, -1], model.W_Q[1]) + model.b_Q[1]
    # The key bias gives all positions the same.
    asked = torch.einsum("bhd,hmd->bhm", query, model.W_K[1]) / sizes.d_head**0.5
    mean = (asked @ read.mT).softmax(dim=2) @ read
    moved = torch.einsum("bhm,hmd->bhd", mean, model.W_V[1]) + model.b_V[1]
    written = moved.flatten(1) @ model.W_O[1].flatten(0, 1) + model.b_O[1]
    yes, bias = (w[..., YES] - w[..., NO] for w in (model.W_U, model.b_U))
    return normalised(problem, residual[:, -1] + written) @ yes + bias


@cache
@torch.no_grad()
def _first(problem: Model) -> _First:
    model, sizes = problem.model, problem.architecture
    read = torch.cat([reads(problem, p, layer=0).total() for p in range(sizes.n_ctx)])
    embedded = (model.W_E + model.W_pos[:, None]).flatten(0, 1)

    def side(w: Tensor, b: Tensor) -> Float[Tensor, "row head d_head"]:
        return torch.einsum("rm,hmd->rhd", read, w[0]) + b[0]

    return _First(
        embedded + model.b_O[0],
        side(model.W_Q, model.b_Q),
        side(model.W_K, model.b_K),
        side(model.W_V, model.b_V),
    )
