"""What every problem's task offers."""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor

MOST_DRAWS = 1000
"""How often `fresh` draws again before it gives up."""


@runtime_checkable
class Task(Protocol):
    """A family of token sequences with a right answer at some positions.

    A task owns its vocabulary and its length. It keeps *encoding* (your own sequences,
    checked) apart from *sampling* (random ones, from a generator you pass), and has the
    ground truth as a function.
    """

    @property
    def d_vocab(self) -> int:
        """Number of tokens."""
        ...

    @property
    def d_vocab_out(self) -> int:
        """Number of classes predicted."""
        ...

    @property
    def n_ctx(self) -> int:
        """Length of a sequence in tokens."""
        ...

    @property
    def label_positions(self) -> slice:
        """Positions whose prediction is judged."""
        ...

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What each token is called in tables and figures."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """What each class predicted is called in tables and figures."""
        ...

    def sample(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """Draw `n` sequences (int64, on the CPU, whatever the device of the model)."""
        ...

    def answers(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "batch label"]:
        """The right prediction at each of the `label_positions`."""
        ...

    def keys(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """One integer per sequence, equal for two that count as the same input."""
        ...


@runtime_checkable
class Finite(Task, Protocol):
    """A task with so few sequences that a model can be run on all of them."""

    def every(self) -> Int[Tensor, "sequence n_ctx"]:
        """All sequences, each once, in an order of the task's own."""
        ...


@runtime_checkable
class Worded(Task, Protocol):
    """A task whose sequences are sentences, which a model can be given the beginning of."""

    def token(self, word: str) -> int:
        """The token of a word within a sentence.

        Raises:
            ValueError: if it is not a token by itself.
        """
        ...

    def prompt(self, text: str) -> Int[Tensor, "1 pos"]:
        """The tokens of the beginning of a sentence, with what stands before all sentences.

        Raises:
            ValueError: if it has a word that no token stands for, or too many.
        """
        ...


def unseen(task: Finite, seen: Int[Tensor, " known"]) -> Int[Tensor, "left n_ctx"]:
    """All sequences of a task whose keys are not in `seen`."""
    every = task.every()
    return every[~torch.isin(task.keys(every), seen)]


def fresh(
    task: Task, n: int, generator: torch.Generator, seen: Int[Tensor, " sequence"]
) -> Int[Tensor, "n n_ctx"]:
    """Draw `n` sequences none of which has a key in `seen`; of a finite task, none twice.

    Raises:
        ValueError: if hardly any sequence of the task is left outside `seen`, or of a finite
            task fewer than `n`.
    """
    if isinstance(task, Finite):
        left = unseen(task, seen)
        if n > len(left):
            raise ValueError(
                f"{n} fresh sequences were asked for, but this task has only {len(left)} besides "
                f"the {len(seen)} known ones; ask for fewer."
            )
        return left[torch.randperm(len(left), generator=generator)[:n]]
    kept = task.sample(0, generator)
    for _ in range(MOST_DRAWS):
        drawn = task.sample(n - len(kept), generator)
        kept = torch.cat([kept, drawn[~torch.isin(task.keys(drawn), seen)]])
        if len(kept) == n:
            return kept
    raise ValueError(
        f"only {len(kept)} of {n} fresh sequences found in {MOST_DRAWS} draws; the "
        f"{len(seen)} known ones leave too few of this task: train on fewer."
    )
