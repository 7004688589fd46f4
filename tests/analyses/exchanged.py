"""The same function of the same inputs, its parts in another order."""

from typing import TypeVar

import torch

from models.problem import Problem
from models.task import Task

Any_ = TypeVar("Any_", bound=Task)


def heads_turned(problem: Problem[Any_], layer: int = 0) -> Problem[Any_]:
    """With the heads of a layer in the reverse order."""
    first = f"blocks.{layer}.attn."
    turned = {
        name: tensor.flip(0)
        for name, tensor in problem.weights.items()
        if name.startswith(first) and not name.endswith("b_O")
    }
    return problem.with_weights(dict(problem.weights) | turned)


def neurons_turned(problem: Problem[Any_]) -> Problem[Any_]:
    """With the neurons of the only MLP in the reverse order."""
    first = "blocks.0.mlp."
    turned = {
        name: torch.flip(tensor, (1,) if name.endswith("W_in") else (0,))
        for name, tensor in problem.weights.items()
        if name.startswith(first) and not name.endswith("b_out")
    }
    return problem.with_weights(dict(problem.weights) | turned)
