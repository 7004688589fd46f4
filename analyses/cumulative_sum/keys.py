"""What a query sees in its keys: how much attention each gets, and what it writes.

A score is a query times a key, and a key is a sum of what its token adds and what its position
adds. So a score is such a sum as well, and the weight that it gives, its `exp`, a product of a
factor that knows the token and one that knows the position. What a key writes is again a sum of
both. Nothing is left out here; everything is float64.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.cumulative_sum.bounds import ATTN, MLP
from analyses.cumulative_sum.uniform import uniform
from analyses.evidence.bounds import float64
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem

Array = np.ndarray


class Keys(NamedTuple):
    """The keys of all queries at one position, which differ in their token, the last one.

    Columns are the neurons' pre-activations, then the logits without the neurons.
    """

    weights: Float[Array, "last place token"]
    """The attention of each query to a token at a position up to its own, up to a factor; the
    largest is 1."""
    token: Float[Array, "token column"]
    """What a token writes at full attention."""
    place: Float[Array, "place column"]
    """What a position writes at full attention."""
    here: Float[Array, "last column"]
    """What is there whatever is attended to: the query's own embeddings, and all biases."""
    out: Float[Array, "d_mlp class"]
    """What a unit of each neuron's activation adds to the logits."""

    @property
    def n(self) -> int:
        """How many keys there are, the query's own included."""
        return len(self.place)

    @property
    def own(self) -> Float[Array, " last"]:
        """The weight of the query's own key."""
        lasts = np.arange(len(self.here))
        return self.weights[lasts, -1, lasts]

    @property
    def sums(self) -> tuple[Float[Array, " last"], Float[Array, " last"]]:
        """The smallest and the largest sum of all weights that there can be."""
        before = self.weights[:, :-1]
        low, high = before.min(axis=2).sum(axis=1), before.max(axis=2).sum(axis=1)
        return low + self.own, high + self.own

    def columns(
        self, last: Int[Array, " row"], before: Int[Array, "row place"]
    ) -> Float[Array, "row column"]:
        """Of some sequences: the last token of each, and the tokens before it in their order."""
        tokens = np.concatenate([before, last[:, None]], axis=1)
        weights = self.weights[last[:, None], np.arange(self.n), tokens]
        weights = weights / weights.sum(axis=1, keepdims=True)
        read = np.einsum("rp,rpc->rc", weights, self.token[tokens]) + weights @ self.place
        return read + self.here[last]

    def strays(self) -> float:
        """The largest distance of an attention probability from uniform, over all sequences."""
        return max(map(self._strays, range(self.n)))

    def _strays(self, place: int) -> float:
        # The key at one position is favoured most if all others are favoured least.
        low, high = self.weights.min(axis=2), self.weights.max(axis=2)
        low[:, -1] = high[:, -1] = self.own
        found = []
        for mine, others in ((high, low), (low, high)):
            rest = others.sum(axis=1) - others[:, place]
            found.append(np.abs(mine[:, place] / (mine[:, place] + rest) - 1 / self.n).max())
        return float(max(found))


@torch.no_grad()
def keys(problem: Problem[CumulativeSum]) -> tuple[Keys, ...]:
    """Read them off the weights, for the positions from the first.

    Raises:
        CheckpointError: if the model has more than one head.
    """
    w, terms = float64(problem), uniform(problem)
    w_ov = w[f"{ATTN}.W_V"][0] @ w[f"{ATTN}.W_O"][0]
    into = torch.cat([w[f"{MLP}.W_in"], w["unembed.W_U"]], dim=1)
    w_e, w_pos = w["embed.W_E"], w["pos_embed.W_pos"]
    bias = w[f"{ATTN}.b_V"][0] @ w[f"{ATTN}.W_O"][0] + w[f"{ATTN}.b_O"]
    rest = torch.cat([w[f"{MLP}.b_in"], w[f"{MLP}.b_out"] @ w["unembed.W_U"] + w["unembed.b_U"]])
    queries = (w_pos.unsqueeze(1) + w_e) @ w[f"{ATTN}.W_Q"][0] + w[f"{ATTN}.b_Q"][0]
    # A key's bias is the same for all keys, and does not matter.
    of_token, of_place = (
        queries @ (part @ w[f"{ATTN}.W_K"][0]).T / problem.architecture.d_head**0.5
        for part in (w_e, w_pos)
    )
    found = []
    for n in range(1, problem.task.length + 1):
        scores = of_place[n - 1, :, :n].unsqueeze(2) + of_token[n - 1].unsqueeze(1)
        here = (w_pos[n - 1] + w_e + bias) @ into + rest
        found.append(
            Keys(
                weights=_array((scores - scores.amax(dim=(1, 2), keepdim=True)).exp()),
                token=_array(terms.token),
                place=_array(w_pos[:n] @ w_ov @ into),
                here=_array(here),
                out=_array(terms.out),
            )
        )
    return tuple(found)


def _array(tensor: Tensor) -> Array:
    return tensor.numpy()
