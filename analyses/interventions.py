"""Change one thing inside the model, run it, see what becomes of the logits."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.activations import BEFORE_RELU, MLP_OUT, NEURONS, RESID_POST, RESID_PRE, Z
from models.problem import Problem

Logits = Float[Tensor, "batch pos d_vocab_out"]
Tokens = Int[Tensor, "batch n_ctx"]
Hook = tuple[str | Callable[..., Any], Callable[..., Any]]
WRITES = re.compile(r"embed\.W_E|pos_embed\.W_pos|blocks\.\d+\.(attn\.[Wb]_O|mlp\.[Wb]_out)")
"""Names of the weights and biases that write to the residual stream."""


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


def ablate_neurons(
    problem: Problem[Any], tokens: Tokens, neurons: Sequence[int], mean: bool = False
) -> Logits:
    """Switch neurons of the MLP off: put 0 in place of their activations, or with `mean` their
    mean over `tokens`, position by position.

    Raises:
        IndexError: if the MLP has no such neuron.
    """
    return _replace_neurons(
        problem,
        tokens,
        neurons,
        lambda active: active.mean(dim=0) if mean else torch.zeros_like(active[0]),
    )


def hold_neurons(
    problem: Problem[Any],
    tokens: Tokens,
    neurons: Sequence[int],
    at: Float[Tensor, "batch pos d_mlp"],
) -> Logits:
    """Put given activations in place of those of some neurons of the MLP.

    Raises:
        IndexError: if the MLP has no such neuron.
    """
    return _replace_neurons(problem, tokens, neurons, lambda active: at.to(active))


@torch.no_grad()
def _replace_neurons(
    problem: Problem[Any],
    tokens: Tokens,
    neurons: Sequence[int],
    put: Callable[[Tensor], Tensor],
) -> Logits:
    n_neurons = problem.architecture.d_mlp or 0
    if wrong := [neuron for neuron in neurons if not 0 <= neuron < n_neurons]:
        raise IndexError(f"no neuron {wrong[0]}; the MLP has {n_neurons}, counted from 0")
    chosen = torch.zeros(n_neurons, dtype=torch.bool)
    chosen[list(neurons)] = True

    def replace(active: Tensor, hook: object) -> Tensor:
        return torch.where(chosen.to(active.device), put(active), active)

    return _run(problem, tokens, [(NEURONS, replace)])


@torch.no_grad()
def ablate_mlp(problem: Problem[Any], tokens: Tokens, mean: bool = True) -> Logits:
    """Replace what the MLP writes, output bias included, by its mean over `tokens`, position
    by position; without `mean`, by 0.

    Raises:
        ValueError: if the model has no MLP.
    """
    if problem.architecture.attn_only:
        raise ValueError(f"{problem.card.slug}: the model is attention-only; no MLP to ablate")

    def replace(written: Tensor, hook: object) -> Tensor:
        put = written.mean(dim=0) if mean else torch.zeros_like(written[0])
        return put.expand_as(written)

    return _run(problem, tokens, [(MLP_OUT, replace)])


@torch.no_grad()
def without_relu(problem: Problem[Any], tokens: Tokens) -> Logits:
    """Put the identity in place of the MLP's ReLU: the whole model is linear behind the
    attention pattern.
    """
    seen: dict[str, Tensor] = {}

    def remember(before: Tensor, hook: object) -> Tensor:
        seen["before"] = before
        return before

    return _run(
        problem, tokens, [(BEFORE_RELU, remember), (NEURONS, lambda active, hook: seen["before"])]
    )


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


def centre_writes(problem: Problem[Any]) -> Problem[Any]:
    """The problem with all that writes to the residual stream centred over `d_model`, as
    TransformerLens's `center_writing_weights` does.

    A model with LayerNorm gives the same probabilities afterwards, since LayerNorm takes the
    mean out anyway. One without becomes another model.
    """
    return problem.with_weights(
        {
            name: weight - weight.mean(dim=-1, keepdim=True) if WRITES.fullmatch(name) else weight
            for name, weight in problem.weights.items()
        }
    )


def centre_unembedding(problem: Problem[Any]) -> Problem[Any]:
    """The problem with unembedding and its bias centred over the classes, as TransformerLens's
    `center_unembed` does: all logits of a position shift alike, so no probability changes.
    """
    weights = dict(problem.weights)
    for name in ("unembed.W_U", "unembed.b_U"):
        weights[name] = weights[name] - weights[name].mean(dim=-1, keepdim=True)
    return problem.with_weights(weights)


def _run(problem: Problem[Any], tokens: Tokens, hooks: list[Hook]) -> Logits:
    # In one batch, since a mean over the data must see all of it.
    return problem.model.run_with_hooks(tokens.to(problem.device), fwd_hooks=hooks)
