"""Hold something in place while the rest of the model runs."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.instruments.activations import (
    KEYS,
    NEURONS,
    PATTERN,
    PRE_ACTIVATIONS,
    QUERIES,
    VALUES,
    point,
)
from analyses.instruments.circuits import reads
from analyses.instruments.parts import Neurons
from analyses.instruments.positions import chosen
from analyses.instruments.replacing import (
    Hook,
    Replacement,
    Tokens,
    belonging,
    mean_values,
    run,
)
from models.problem import BATCH, Problem


@torch.no_grad()
def average_positions(
    problem: Problem[Any], tokens: Tokens, parts: Sequence[slice], queries: bool = False
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """Let the heads read each token of some parts of the sequence at the mean positional
    embedding of its part, as the circuits do (`circuits.reads`).

    Keys and values are those of the mean; the queries with `queries` only. What the direct path
    adds is left as it is.

    Raises:
        ValueError: if the model has several layers: what later ones read is not the embeddings.
    """
    model, n_layers = problem.model, problem.architecture.n_layers
    if n_layers > 1:
        raise ValueError(
            f"{problem.card.slug} has {n_layers} layers; only the heads of the first read the "
            "embeddings, which are averaged here"
        )
    weights = {KEYS: (model.W_K[0], model.b_K[0]), VALUES: (model.W_V[0], model.b_V[0])}
    if queries:
        weights[QUERIES] = (model.W_Q[0], model.b_Q[0])
    read = [(part, reads(problem, part).total()) for part in parts]

    def hook(weight: Tensor, bias: Tensor, batch: Tokens) -> Callable[..., Tensor]:
        def replace(heads: Tensor, hook: object) -> Tensor:
            edited = heads.clone()
            for part, at_mean in read:
                projected = torch.einsum("tm,hmd->thd", at_mean, weight) + bias
                edited[:, part] = projected[batch[:, part]]
            return edited

        return replace

    return torch.cat(
        [
            model.run_with_hooks(
                batch,
                fwd_hooks=[
                    (point(problem, name), hook(*pair, batch)) for name, pair in weights.items()
                ],
            )
            for batch in tokens.to(problem.device).split(BATCH)
        ]
    )


@torch.no_grad()
def fix_attention(problem: Problem[Any], tokens: Tokens) -> Float[Tensor, "batch pos d_vocab_out"]:
    """Replace the attention pattern of every head of every layer by its mean over `tokens`, query
    by query.

    What stands at each position still counts; where a head looks depends on it no more.
    """
    layers = range(problem.architecture.n_layers)
    mean = mean_values(problem, tokens, [point(problem, PATTERN, layer) for layer in layers])
    hooks: list[Hook] = [(name, _hold(pattern)) for name, pattern in mean.items()]
    parts = tokens.to(problem.device).split(BATCH)
    return torch.cat([problem.model.run_with_hooks(part, fwd_hooks=hooks) for part in parts])


def hold_neurons(
    problem: Problem[Any],
    tokens: Tokens,
    neurons: Neurons,
    at: Float[Tensor, "batch pos d_mlp"],
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """Put given activations in place of those of some neurons.

    Raises:
        IndexError: if the model does not have the layer or one of the neurons.
        ValueError: if it has no MLP.
    """
    name = point(problem, NEURONS, neurons.layer)
    tokens, at = tokens.to(problem.device), at.to(problem.model.W_U)
    which = belonging(problem, neurons)
    held = Replacement(which, lambda rows: {name: at[rows]}, chosen(None, tokens))
    return run(problem, tokens, [held])


@torch.no_grad()
def without_relu(
    problem: Problem[Any], tokens: Tokens, layer: int | None = None
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """Put the identity in place of the ReLU of a layer's MLP: in a model of one layer everything
    is linear behind the attention pattern.

    Raises:
        ValueError: if no layer is given and the model has several, or if it has no ReLU.
    """
    if problem.architecture.act_fn != "relu":
        has = problem.architecture.act_fn or "no MLP"
        raise ValueError(f"{problem.card.slug}: there is no ReLU to take out; the model has {has}")
    seen: dict[str, Tensor] = {}

    def remember(before: Tensor, hook: object) -> None:
        seen["before"] = before

    hooks: list[Hook] = [
        (point(problem, PRE_ACTIVATIONS, layer), remember),
        (point(problem, NEURONS, layer), lambda active, hook: seen["before"]),
    ]
    parts = tokens.to(problem.device).split(BATCH)
    return torch.cat([problem.model.run_with_hooks(part, fwd_hooks=hooks) for part in parts])


def _hold(value: Tensor) -> Callable[..., Tensor]:
    return lambda passing, hook: value.to(passing).expand_as(passing)
