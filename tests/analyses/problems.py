"""Problems for tests: small ones, hand-made ones, and ones whose answers are given."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from models import checkpoint
from models.card import Activation, Architecture, read_card
from models.problem import Problem, assemble
from models.sorted_list.task import SortedList
from models.transformer import initialise

CPU = torch.device("cpu")


def architecture(
    task: SortedList,
    d_model: int = 6,
    d_head: int = 3,
    n_heads: int = 2,
    normalization: Literal["LN"] | None = "LN",
    d_mlp: int | None = None,
    n_layers: int = 1,
    act_fn: Activation = "relu",
) -> Architecture:
    """Sizes for a task, attention-only unless there are neurons."""
    return Architecture(
        n_layers=n_layers,
        n_heads=n_heads,
        d_model=d_model,
        d_head=d_head,
        d_mlp=d_mlp,
        act_fn=None if d_mlp is None else act_fn,
        d_vocab=task.d_vocab,
        d_vocab_out=task.d_vocab_out,
        n_ctx=task.n_ctx,
        normalization=normalization,
    )


def shapes(sizes: Architecture) -> dict[str, Tensor]:
    """Weights of the right names and shapes, all of them biased and scaled at random."""
    state = initialise(sizes, 0, CPU).state_dict()
    generator = torch.Generator().manual_seed(13)
    # Zero biases and unit scales would hide a bias or a scale that is left out.
    return {
        name: torch.randn(tensor.shape, generator=generator)
        for name, tensor in checkpoint.named(state, sizes.n_heads).items()
    }


def made_of(
    task: SortedList, sizes: Architecture, weights: dict[str, Tensor]
) -> Problem[SortedList]:
    """A problem with these weights."""
    card = read_card("sorted_list").model_copy(update={"architecture": sizes})
    return assemble(card, task, sizes, weights, None, CPU)


def answering(
    problem: Problem[SortedList], answer: Callable[[Tensor], Tensor]
) -> Problem[SortedList]:
    """The same problem with a function from tokens to predicted tokens for a model.

    Each prediction has a logit of 1 above all others.
    """

    class Answering(Problem[SortedList]):
        def logits(self, tokens: Tensor) -> Tensor:
            return torch.nn.functional.one_hot(answer(tokens), self.task.d_vocab_out).float()

    return Answering(**vars(problem))
