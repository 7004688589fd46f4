"""What the heads of layer 0 look at."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.activations import PATTERN, activations
from models.problem import Problem


def patterns(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]
) -> Float[Tensor, "batch head query key"]:
    """Attention probabilities of every head."""
    return activations(problem, tokens, PATTERN)


def label_patterns(
    problem: Problem[Any], tokens: Int[Tensor, "batch n_ctx"]
) -> Float[Tensor, "batch head label key"]:
    """The rows of `patterns` from which an answer is predicted."""
    return patterns(problem, tokens)[:, :, problem.task.label_positions]


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
