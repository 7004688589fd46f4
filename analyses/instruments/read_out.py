"""Logits of a residual stream that is given, whole or in terms."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.problem import Problem


@torch.no_grad()
def normalised(
    problem: Problem[Any], resid: Float[Tensor, "*row d_model"]
) -> Float[Tensor, "*row d_model"]:
    """A residual stream as LayerNorm leaves it, whose own weights are folded into what follows; of
    a model without LayerNorm, as it is.
    """
    if problem.architecture.normalization is None:
        return resid
    resid = resid - resid.mean(dim=-1, keepdim=True)
    variance = resid.square().mean(dim=-1, keepdim=True)
    return resid / (variance + problem.model.cfg.eps).sqrt()


@torch.no_grad()
def read_out(
    problem: Problem[Any], resid: Float[Tensor, "batch d_model"]
) -> Float[Tensor, "batch d_vocab_out"]:
    """The logits of a residual stream after the last layer: final LayerNorm and unembedding."""
    return normalised(problem, resid) @ problem.model.W_U + problem.model.b_U


@torch.no_grad()
def read_out_mid(
    problem: Problem[Any], resid: Float[Tensor, "batch d_model"]
) -> Float[Tensor, "batch d_vocab_out"]:
    """The logits of a residual stream after the attention of the only layer (`resid_mid`): the
    MLP, if there is one, and `read_out`.

    Raises:
        ValueError: if the model has more than one layer, or an MLP that reads through LayerNorm or
            has no ReLU.
    """
    sizes, model = problem.architecture, problem.model
    plain = sizes.normalization is None and sizes.act_fn == "relu"
    if sizes.n_layers > 1 or not (sizes.attn_only or plain):
        raise ValueError(
            f"{problem.card.slug}: resid_mid is read out of one layer, with an MLP only if that "
            "has a ReLU and reads without LayerNorm"
        )
    direct = read_out(problem, resid)
    if sizes.attn_only:
        return direct
    active = (resid @ model.W_in[0] + model.b_in[0]).relu()
    # Without LayerNorm what the MLP writes is read by itself: a few classes, not d_model.
    return direct + active @ (model.W_out[0] @ model.W_U) + model.b_out[0] @ model.W_U


@torch.no_grad()
def mean_ablate_term(
    problem: Problem[Any],
    resid: Float[Tensor, "batch d_model"],
    term: Float[Tensor, "batch d_model"],
    query: Int[Tensor, " batch"],
) -> Float[Tensor, "batch d_vocab_out"]:
    """Replace one term of the final residual stream by its mean over the sequences that are
    asked at the same position.

    Args:
        problem: whose unembedding reads the rest.
        resid: the residual stream at one position of each sequence, after the last layer.
        term: what is replaced; `resid` is the sum of this and others.
        query: the position of each sequence.

    Returns:
        The logits there.
    """
    places = torch.zeros(problem.task.n_ctx, len(term), dtype=term.dtype, device=term.device)
    places[query, torch.arange(len(term), device=term.device)] = 1
    mean = (places @ term) / places.sum(dim=1, keepdim=True).clamp_min(1)
    return read_out(problem, resid - term + mean[query])
