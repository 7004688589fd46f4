"""The model as it would be if its attention were exactly uniform.

At position `n` (counted from 1) each of the `n` tokens read so far then gets the attention
`1 / n`, whatever it is and wherever it stands. So the residual stream between head and MLP is a
sum of two terms: the mean, over the tokens read, of what the OV circuit makes of each, and
what position and last token add. All that follows is linear but for the ReLU, so that both
terms are given here in the coordinates that matter: the neurons' pre-activations, and the
logits without the MLP's neurons. Everything is float64.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.cumulative_sum.task import CumulativeSum
from models.errors import CheckpointError
from models.problem import Problem

Weights = Float[Tensor, "n_ctx d_vocab token"]


class Uniform(NamedTuple):
    """Terms whose columns are the neurons' pre-activations, then the logits."""

    token: Float[Tensor, "d_vocab column"]
    """What a token adds at full attention, through the OV circuit."""
    place: Float[Tensor, "n_ctx d_vocab column"]
    """What position and last token add, embeddings and all biases included; the positions'
    own way through the OV circuit, averaged over those read so far, is part of it."""
    out: Float[Tensor, "d_mlp d_vocab_out"]
    """What a unit of each neuron's activation adds to the logits, `W_out W_U`."""

    @property
    def d_mlp(self) -> int:
        """Number of neurons; the columns after them are logits."""
        return self.out.shape[0]

    def columns(
        self,
        counts: Int[Tensor, "case d_vocab"],
        last: Int[Tensor, " case"],
        weights: Weights | None = None,
    ) -> Float[Tensor, "case column"]:
        """Pre-activations and logits without the neurons, for multisets of tokens.

        Args:
            counts: how often each token was read, the last one included.
            last: the last token; it has to be one of those read.
            weights: what each position and last token attends to the tokens, up to a factor, if
                not the same to all. What positions write is averaged without them.
        """
        n, shares = counts.sum(dim=1), counts.to(self.token.dtype)
        if weights is not None:
            shares = shares * weights[n - 1, last]
        mean = shares @ self.token / shares.sum(dim=1, keepdim=True)
        return mean + self.place[n - 1, last]

    def logits(
        self,
        counts: Int[Tensor, "case d_vocab"],
        last: Int[Tensor, " case"],
        weights: Weights | None = None,
    ) -> Float[Tensor, "case d_vocab_out"]:
        """The logits for multisets of tokens; arguments as for `columns`."""
        columns = self.columns(counts, last, weights)
        return columns[:, self.d_mlp :] + columns[:, : self.d_mlp].relu() @ self.out


@torch.no_grad()
def uniform(problem: Problem[CumulativeSum]) -> Uniform:
    """Read the terms off the weights (float64, on the CPU).

    Raises:
        CheckpointError: if the model has more than one head.
    """
    if problem.architecture.n_heads != 1:
        raise CheckpointError(
            f"the model has {problem.architecture.n_heads} heads, and this analysis is written for "
            "one; give a checkpoint with a single head."
        )
    weights = {name: tensor.double() for name, tensor in problem.weights.items()}
    attn, mlp = "blocks.0.attn", "blocks.0.mlp"
    w_ov = weights[f"{attn}.W_V"][0] @ weights[f"{attn}.W_O"][0]
    b_ov = weights[f"{attn}.b_V"][0] @ weights[f"{attn}.W_O"][0] + weights[f"{attn}.b_O"]
    w_in, b_in = weights[f"{mlp}.W_in"], weights[f"{mlp}.b_in"]
    w_u, b_u = weights["unembed.W_U"], weights["unembed.b_U"]
    into = torch.cat([w_in, w_u], dim=1)
    bias = torch.cat([b_in, weights[f"{mlp}.b_out"] @ w_u + b_u])
    w_e, w_pos = weights["embed.W_E"], weights["pos_embed.W_pos"]
    n = torch.arange(1, len(w_pos) + 1, dtype=torch.float64).unsqueeze(1)
    here = w_pos + w_pos.cumsum(dim=0) / n @ w_ov + b_ov
    return Uniform(
        token=w_e @ w_ov @ into,
        place=(w_e + here.unsqueeze(1)) @ into + bias,
        out=weights[f"{mlp}.W_out"] @ w_u,
    )
