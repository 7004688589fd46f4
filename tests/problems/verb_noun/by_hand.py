"""The one-layer model once more, in plain torch from its weights as trained, with what its parts
write laid open and replaceable.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from models.plain import EPS, PlainTransformer
from models.problem import Problem


@dataclass(frozen=True)
class Run:
    """What passed in one run, in double precision."""

    before: Tensor
    """The residual stream before the layer, `[batch, pos, d_model]`."""
    scores: Tensor
    """`[batch, head, query, key]`; those of later keys are -inf."""
    written: Tensor
    """What each head writes, without any bias of the output, `[batch, pos, head, d_model]`."""
    active: Tensor | None
    """Neurons; of SoLU, behind its LayerNorm."""
    mlp: Tensor | None
    """What the MLP writes, with its bias."""
    scale: Tensor
    """What the final LayerNorm divides by, `[batch, pos]`."""
    logits: Tensor


class ByHand:
    """The model of a problem, without hooks."""

    def __init__(self, problem: Problem[Any]) -> None:
        self.plain = PlainTransformer(dict(problem.weights), problem.architecture).double()
        self.sizes = problem.architecture

    def of(self, name: str) -> Tensor:
        """A weight."""
        return self.plain.parameter(name)

    @torch.no_grad()
    def run(self, tokens: Tensor, **given: Tensor) -> Run:
        """A run with some of what parts write given: `before`, `written`, `active`, `mlp`; what
        the MLP reads (`read`); or what the final LayerNorm reads besides (`besides`).
        """
        plain, block = self.plain, "blocks.0"
        before = self.of("embed.W_E")[tokens] + self.of("pos_embed.W_pos")[: tokens.shape[1]]
        before = given.get("before", before)
        normal = plain.normalised(before, f"{block}.ln1")
        q, k, v = (
            torch.einsum("bpm,hmd->bhpd", normal, self.of(f"{block}.attn.W_{part}"))
            + self.of(f"{block}.attn.b_{part}").unsqueeze(1)
            for part in "QKV"
        )
        scores = q @ k.mT / sqrt(self.sizes.d_head)
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(future, -torch.inf)
        z = scores.softmax(dim=-1) @ v
        written = torch.einsum("bhpd,hdm->bphm", z, self.of(f"{block}.attn.W_O"))
        written = given.get("written", written)
        middle = before + written.sum(dim=2) + self.of(f"{block}.attn.b_O")
        active = mlp = None
        after = middle
        if not self.sizes.attn_only:
            read = plain.normalised(given.get("read", middle), f"{block}.ln2")
            w_in, b_in = self.of(f"{block}.mlp.W_in"), self.of(f"{block}.mlp.b_in")
            active = given.get("active", plain.active(read @ w_in + b_in, block))
            w_out, b_out = self.of(f"{block}.mlp.W_out"), self.of(f"{block}.mlp.b_out")
            mlp = given.get("mlp", active @ w_out + b_out)
            after = middle + mlp
        after = after + given.get("besides", torch.zeros(()))
        final = plain.normalised(after, "ln_final")
        scale = (after.var(dim=-1, correction=0) + EPS).sqrt()
        logits = final @ self.of("unembed.W_U") + self.of("unembed.b_U")
        return Run(before, scores, written, active, mlp, scale, logits)

    def middle(self, run: Run) -> Tensor:
        """The residual stream between attention and MLP."""
        return run.before + run.written.sum(dim=2) + self.of("blocks.0.attn.b_O")

    def reads(self, residual: Tensor) -> Tensor:
        """The directions of the residual stream that the logits are read along: logits without
        their bias, for a stream that the final LayerNorm has centred and divided.
        """
        centred = residual - residual.mean(dim=-1, keepdim=True)
        return centred * self.of("ln_final.w") @ self.of("unembed.W_U")


def once(residual: Tensor) -> Tensor:
    """LayerNorm without its weights."""
    return layer_norm(residual, residual.shape[-1:], eps=EPS)
