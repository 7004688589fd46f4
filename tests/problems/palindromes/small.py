"""Small Palindromes problems with random weights, and all their sequences."""

from typing import Literal

import torch
from torch import Tensor

from models.card import Architecture, read_card
from models.palindromes.task import Palindromes
from models.problem import Problem, assemble
from tests.analyses.problems import CPU, shapes


def made(
    task: Palindromes,
    n_heads: int = 2,
    n_layers: int = 2,
    normalization: Literal["LN"] | None = "LN",
) -> Problem[Palindromes]:
    """A problem that was trained on one sequence, by its card, so that all others are fresh."""
    sizes = Architecture(
        n_layers=n_layers,
        n_heads=n_heads,
        d_model=8,
        d_head=4,
        d_mlp=None,
        act_fn=None,
        d_vocab=task.d_vocab,
        d_vocab_out=task.d_vocab_out,
        n_ctx=task.n_ctx,
        normalization=normalization,
    )
    card = read_card("palindromes")
    training = card.training.model_copy(update={"n_sequences": 1})
    card = card.model_copy(update={"architecture": sizes, "training": training})
    return assemble(card, task, sizes, shapes(sizes), None, CPU)


def every(task: Palindromes) -> Tensor:
    """All sequences of a task."""
    values = torch.cartesian_prod(*[torch.arange(task.max_value + 1)] * task.length)
    return task.encode(values.tolist())
