"""Change one thing inside the model, run it, see what becomes of the logits."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.problem import Problem

Logits = Float[Tensor, "batch pos d_vocab_out"]
Tokens = Int[Tensor, "batch n_ctx"]
Hook = tuple[str | Callable[..., Any], Callable[..., Any]]
Z = "blocks.0.attn.hook_z"
RESID_PRE = "blocks.0.hook_resid_pre"
RESID_POST = "blocks.0.hook_resid_post"


@torch.no_grad()
def mean_ablate_head(problem: Problem[Any], tokens: Tokens, head: int) -> Logits:
    """Replace what a head writes by its mean over `tokens`, position by position.

    Only `hook_z` is edited: what the head writes is linear in it, so averaging z averages
    the output.
    """

    def replace(z: Tensor, hook: object) -> Tensor:
        edited = z.clone()
        edited[:, :, head] = z[:, :, head].mean(dim=0, keepdim=True)
        return edited

    return _run(problem, tokens, [(Z, replace)])


@torch.no_grad()
def ablate_direct_path(problem: Problem[Any], tokens: Tokens) -> Logits:
    """Replace what the embeddings add to the final residual stream by its mean over
    `tokens`, position by position. The heads still read the true embeddings.
    """
    seen: dict[str, Tensor] = {}

    def remember(resid: Tensor, hook: object) -> Tensor:
        seen["embeddings"] = resid
        return resid

    def replace(resid: Tensor, hook: object) -> Tensor:
        embeddings = seen["embeddings"]
        return resid - embeddings + embeddings.mean(dim=0, keepdim=True)

    return _run(problem, tokens, [(RESID_PRE, remember), (RESID_POST, replace)])


def _run(problem: Problem[Any], tokens: Tokens, hooks: list[Hook]) -> Logits:
    # In one batch, since a mean over the data must see all of it.
    return problem.model.run_with_hooks(tokens.to(problem.device), fwd_hooks=hooks)
