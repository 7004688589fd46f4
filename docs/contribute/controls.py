"""Models that could fool a claim, more than one that was never trained does."""

import hashlib
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from safetensors.torch import save
from torch import Tensor

from models.checkpoint import NamedWeights
from models.problem import Problem

SEED = 7
OV = (".attn.W_V", ".attn.b_V", ".attn.W_O")


class Control(NamedTuple):
    """A model made from the committed one, by exchanging what it consists of."""

    problem: Problem[Any]
    exchanged: str
    """What was exchanged, in words."""


def with_hash(problem: Problem[Any]) -> Problem[Any]:
    """The problem, its checkpoint's hash that of its own weights, as if it had been saved."""
    weights = {name: tensor.contiguous() for name, tensor in problem.weights.items()}
    return replace(problem, sha256=hashlib.sha256(save(weights)).hexdigest())


def exchanged(problem: Problem[Any]) -> Control:
    """The same parts put together wrongly, with a hash of its own.

    The OV circuits of each layer's heads change places, or, with one head to a layer, what the
    neurons write does, or, without neurons, the rows of the embedding.
    """
    sizes, weights = problem.architecture, dict(problem.weights)
    if sizes.n_heads > 1:
        what = "heads with their OV circuits exchanged"
        changed = {name: weights[name].roll(1, dims=0) for name in weights if name.endswith(OV)}
    elif (sizes.d_mlp or 0) > 1:
        what = "neurons with their output weights exchanged"
        changed = _permuted(weights, ".mlp.W_out")
    else:
        what = "tokens with their embeddings exchanged"
        changed = _permuted(weights, "embed.W_E")
    return Control(with_hash(problem.with_weights(weights | changed)), what)


def _permuted(weights: NamedWeights, ending: str) -> NamedWeights:
    return {name: _other_order(weights[name]) for name in weights if name.endswith(ending)}


def _other_order(rows: Tensor) -> Tensor:
    """The same rows, none of them at its place."""
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(SEED))
    # Each row goes where the next of a random round stood.
    moved = rows.clone()
    moved[order] = rows[order.roll(1)]
    return moved
