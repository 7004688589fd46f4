"""What the margins of the Sorted List model are made of, exactly.

LayerNorm before the attention layer sees one position at a time, and there only a token and a
position; so queries, keys and values are functions of these two, and so is every attention score
of a query's and a key's. What is left is an average: the final LayerNorm divides all logits by
the same number, `scale`, and

    scale * (logit of y - logit of t)
        = direct + sum over heads of (sum over keys of a w) + scale * (b_U[y] - b_U[t]),

where a is a head's attention and w what it writes to the difference of the two logits where it
attends to that key alone.

The weights are those of `Problem.model`, as they are stored in float32: LayerNorm's own are
folded in. Everything is computed in float64; `rounding` bounds how far that is off.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from models.problem import Problem
from models.sorted_list.task import SortedList


class Weights(NamedTuple):
    """The folded weights in float64, on the CPU."""

    embed: Float[Tensor, "d_vocab d_model"]
    pos: Float[Tensor, "n_ctx d_model"]
    q: Float[Tensor, "head d_model d_head"]
    k: Float[Tensor, "head d_model d_head"]
    v: Float[Tensor, "head d_model d_head"]
    o: Float[Tensor, "head d_head d_model"]
    q_bias: Float[Tensor, "head d_head"]
    k_bias: Float[Tensor, "head d_head"]
    v_bias: Float[Tensor, "head d_head"]
    o_bias: Float[Tensor, " d_model"]
    u: Float[Tensor, "d_model d_vocab_out"]
    u_bias: Float[Tensor, " d_vocab_out"]
    eps: float
    """What LayerNorm adds to the variance."""


class Activations(NamedTuple):
    """What the layer computes of each token at each position."""

    residual: Float[Tensor, "n_ctx d_vocab d_model"]
    normalised: Float[Tensor, "n_ctx d_vocab d_model"]
    q: Float[Tensor, "head n_ctx d_vocab d_head"]
    k: Float[Tensor, "head n_ctx d_vocab d_head"]
    v: Float[Tensor, "head n_ctx d_vocab d_head"]


class Terms(NamedTuple):
    """What margins are made of; a label is a query at one of the label positions."""

    scores: Float[Tensor, "head label d_vocab n_ctx d_vocab"]
    """The attention score of a query, by label and token, for a key, by position and token."""
    writes: Float[Tensor, "head n_ctx d_vocab d_vocab_out"]
    """What a head adds to each logit times `scale`, attending to one key alone."""
    direct: Float[Tensor, "label d_vocab d_vocab_out"]
    """What the query's embedding and the output bias add to each logit times `scale`."""
    scale: Float[Tensor, "label d_vocab"]
    """The final LayerNorm divides by no more than this."""
    bias: Float[Tensor, " d_vocab_out"]
    """b_U, which is not divided."""


def unsuited(problem: Problem[SortedList]) -> str | None:
    """Why the formulas do not describe a model, or None."""
    sizes = problem.architecture
    if sizes.n_layers == 1 and sizes.attn_only and sizes.normalization == "LN":
        return None
    return (
        f"the model has {sizes.n_layers} layers, attn_only={sizes.attn_only} and normalization "
        f"{sizes.normalization!r}; the proof is for one layer of attention with LayerNorm."
    )


def folded(problem: Problem[SortedList]) -> Weights:
    """The weights that the proof is about.

    Raises:
        ValueError: if the model is `unsuited`, or something of LayerNorm was left unfolded.
    """
    model = problem.model
    if reason := unsuited(problem):
        raise ValueError(reason)
    for name, tensor in model.state_dict().items():
        if "ln" in name and not torch.all(tensor == (1.0 if name.endswith("weight") else 0.0)):
            raise ValueError(f"{name} is not folded: expected nothing but ones or zeros")
    q, k, v, o, q_bias, k_bias, v_bias, o_bias = (
        tensor[0].detach().cpu().double()
        for tensor in (
            *(model.W_Q, model.W_K, model.W_V, model.W_O),
            *(model.b_Q, model.b_K, model.b_V, model.b_O),
        )
    )
    embed, pos, u, u_bias = (
        tensor.detach().cpu().double() for tensor in (model.W_E, model.W_pos, model.W_U, model.b_U)
    )
    eps = float(model.cfg.eps)
    return Weights(embed, pos, q, k, v, o, q_bias, k_bias, v_bias, o_bias, u, u_bias, eps)


def occurring(task: SortedList) -> Bool[Tensor, "n_ctx d_vocab"]:
    """Which token may stand at which position: SEP in the middle, values everywhere else."""
    sep = torch.arange(task.d_vocab) == task.sep
    middle = torch.arange(task.n_ctx) == task.label_positions.start
    return middle.unsqueeze(1) == sep


def centred(rows: Float[Tensor, "*row d_model"]) -> Float[Tensor, "*row d_model"]:
    """Rows less their mean, which LayerNorm takes away."""
    return rows - rows.mean(dim=-1, keepdim=True)


def activations(weights: Weights) -> Activations:
    """Compute queries, keys and values of all tokens at all positions."""
    residual = weights.pos.unsqueeze(1) + weights.embed
    variance = centred(residual).square().mean(dim=-1, keepdim=True)
    normalised = centred(residual) / (variance + weights.eps).sqrt()

    def read(
        matrix: Float[Tensor, "head d_model d_head"], bias: Float[Tensor, "head d_head"]
    ) -> Float[Tensor, "head n_ctx d_vocab d_head"]:
        return torch.einsum("ptd,hde->hpte", normalised, matrix) + bias[:, None, None]

    return Activations(
        residual,
        normalised,
        read(weights.q, weights.q_bias),
        read(weights.k, weights.k_bias),
        read(weights.v, weights.v_bias),
    )


def terms(problem: Problem[SortedList]) -> Terms:
    """Read off the weights what margins are made of."""
    weights, labels = folded(problem), problem.task.label_positions
    found = activations(weights)
    scores = torch.einsum("hpte,hqse->hptqs", found.q[:, labels], found.k)
    written = centred(torch.einsum("hpte,hed->hptd", found.v, weights.o))
    direct = centred(found.residual[labels] + weights.o_bias)
    # The residual stream is the direct part and an average of what each head may write, so that
    # its norm is at most the sum of the norm of one and the largest norms of the others.
    sizes = rms(written) * occurring(problem.task)
    size = rms(direct) + sizes.flatten(start_dim=1).amax(dim=1).sum()
    return Terms(
        scores=scores / found.q.shape[-1] ** 0.5,
        writes=written @ weights.u,
        direct=direct @ weights.u,
        scale=(size.square() + weights.eps).sqrt(),
        bias=weights.u_bias,
    )


def rms(rows: Float[Tensor, "*row d_model"]) -> Float[Tensor, "*row"]:
    """Root of the mean square of each row."""
    return rows.square().mean(dim=-1).sqrt()
