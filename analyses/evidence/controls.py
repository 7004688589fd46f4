"""Models that could fool a claim, more than one that was never trained does.

Each is made of the committed model's own parts, put together wrongly. What is true of it as well
does not rest on how these fit together.
"""

from functools import cache
from typing import Any

import torch
from torch import Tensor

from analyses.evidence.claims import Control
from models.problem import Problem

SEED = 7
OV = (".attn.W_V", ".attn.b_V", ".attn.W_O")


@cache
def ov_exchanged(problem: Problem[Any]) -> Problem[Any]:
    """The model with the OV circuits of each layer's heads moved on by one head.

    Raises:
        ValueError: if a layer has one head only.
    """
    if problem.architecture.n_heads < 2:
        raise ValueError(f"{problem.card.slug}: one head has no other to exchange OV circuits with")
    weights = problem.weights
    moved = {name: weights[name].roll(1, dims=0) for name in weights if name.endswith(OV)}
    return problem.with_weights(dict(weights) | moved)


@cache
def neurons_exchanged(problem: Problem[Any]) -> Problem[Any]:
    """The model with what its neurons write dealt to other neurons of the same layer."""
    return _dealt_anew(problem, ".mlp.W_out")


@cache
def embeddings_exchanged(problem: Problem[Any]) -> Problem[Any]:
    """The model with the embeddings of its tokens dealt to other tokens."""
    return _dealt_anew(problem, "embed.W_E")


OV_EXCHANGED = Control("heads with their OV circuits exchanged", model=ov_exchanged)
NEURONS_EXCHANGED = Control("neurons with their output weights exchanged", model=neurons_exchanged)
EMBEDDINGS_EXCHANGED = Control("tokens with their embeddings exchanged", model=embeddings_exchanged)


def exchanged(problem: Problem[Any]) -> Control:
    """The one of these that takes apart most of what a model may consist of."""
    if problem.architecture.n_heads > 1:
        return OV_EXCHANGED
    return NEURONS_EXCHANGED if (problem.architecture.d_mlp or 0) > 1 else EMBEDDINGS_EXCHANGED


def _dealt_anew(problem: Problem[Any], ending: str) -> Problem[Any]:
    weights = problem.weights
    dealt = {name: _other_order(weights[name]) for name in weights if name.endswith(ending)}
    return problem.with_weights(dict(weights) | dealt)


def _other_order(rows: Tensor) -> Tensor:
    """The same rows, none of them at its place."""
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(SEED))
    # Each row goes where the next of a random round stood.
    moved = rows.clone()
    moved[order] = rows[order.roll(1)]
    return moved
