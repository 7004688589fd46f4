"""What heads look at."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.activations import PATTERN, activations
from analyses.instruments.heads import Head, check_head
from models.problem import BATCH, Problem


def patterns(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"], layer: int | None = None
) -> Float[Tensor, "batch head query key"]:
    """Attention probabilities of every head of a layer.

    Args:
        problem: whose model is run.
        tokens: what it reads.
        layer: where; None: the only one.

    Raises:
        ValueError: if no layer is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    return activations(problem, tokens, PATTERN, layer)


def head_pattern(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"], head: Head
) -> Float[Tensor, "batch query key"]:
    """Attention probabilities of one head.

    Raises:
        IndexError: if the model does not have it.
    """
    check_head(problem, head)
    return patterns(problem, tokens, head.layer)[:, head.number]


def mean_pattern(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"], layer: int | None = None
) -> Float[Tensor, "head query key"]:
    """Attention by position: the mean of `patterns` over sequences, in batches, so that there may
    be more of them than fit into memory with their patterns.

    Raises:
        ValueError: if no layer is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    # Sums of many float32 numbers would lose digits.
    sums = [patterns(problem, part, layer).double().sum(dim=0) for part in tokens.split(BATCH)]
    return (torch.stack(sums).sum(dim=0) / len(tokens)).float()


def label_patterns(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"], layer: int | None = None
) -> Float[Tensor, "batch head label key"]:
    """The rows of `patterns` from which an answer is predicted."""
    return patterns(problem, tokens, layer)[:, :, problem.task.label_positions]


def most_attended(
    attention: Float[Tensor, "batch head label key"], tokens: Int[Tensor, "batch n_ctx"]
) -> Int[Tensor, "batch head label"]:
    """The token that gets the largest attention probability."""
    return torch.stack(
        [tokens.gather(1, attention[:, head].argmax(-1)) for head in range(attention.shape[1])], 1
    )


def attention_to(
    attention: Float[Tensor, "batch head label key"],
    tokens: Int[Tensor, "batch n_ctx"],
    wanted: Int[Tensor, "batch label"],
) -> Float[Tensor, "batch head label"]:
    """Attention probability paid to a wanted token, wherever it stands."""
    here = (tokens[:, None, :] == wanted[:, :, None]).to(attention.dtype)
    return (attention * here.unsqueeze(1)).sum(-1)


def attention_to_position(
    attention: Float[Tensor, "batch head label key"], wanted: Int[Tensor, "*batch label"]
) -> Float[Tensor, "batch head label"]:
    """Attention probability paid to a wanted position, whatever stands there.

    Args:
        attention: of some queries, such as `patterns` or `label_patterns`.
        wanted: the position that is meant, for each query, and for each sequence if it is not the
            same for all.
    """
    batch, heads, labels, _ = attention.shape
    index = wanted.to(attention.device).expand(batch, labels)[:, None, :, None]
    return attention.gather(-1, index.expand(-1, heads, -1, -1)).squeeze(-1)
