"""The task of Template Title.

Still to be written: your task. This one is as small as a task can be, so that all else runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

CLASSES = ("small", "large")
"""What the model can say, in the order of its logits."""


@dataclass(frozen=True)
class TemplateSlug:
    """Sequences of four digits; at the last one, and nowhere else, the model says whether the first
    is small, from 0 to 4, or large.

    Worked example:

    >>> digits = TemplateSlug()
    >>> tokens = digits.encode([[7, 1, 9, 4]])
    >>> digits.answers(tokens).tolist()
    [[1]]
    >>> digits.classes[1]
    'large'
    """

    length: int = 4
    """Digits in a sequence."""

    @property
    def d_vocab(self) -> int:
        """Number of tokens: the digits."""
        return 10

    @property
    def d_vocab_out(self) -> int:
        """Number of classes predicted: small, large."""
        return len(CLASSES)

    @property
    def n_ctx(self) -> int:
        """Length of a sequence in tokens."""
        return self.length

    @property
    def label_positions(self) -> slice:
        """Positions whose prediction is judged: the last."""
        return slice(self.length - 1, self.length)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What each token is called in tables and figures."""
        return tuple(str(digit) for digit in range(10))

    @property
    def classes(self) -> tuple[str, ...]:
        """What each class predicted is called in tables and figures."""
        return CLASSES

    def encode(self, sequences: Sequence[Sequence[int]]) -> Int[Tensor, "batch n_ctx"]:
        """Turn your own sequences of digits into tokens.

        Raises:
            ValueError: if a sequence has the wrong length, or holds something else than digits.
        """
        for number, digits in enumerate(sequences):
            if len(digits) != self.length or not set(digits) <= set(range(10)):
                raise ValueError(
                    f"sequence {number}, {list(digits)}: expected {self.length} digits from 0 to 9."
                )
        return torch.tensor([list(digits) for digits in sequences], dtype=torch.int64)

    def sample(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """Draw `n` random sequences, every one equally likely."""
        return torch.randint(10, (n, self.length), generator=generator)

    def answers(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "batch label"]:
        """Ground truth: the right prediction at each of the `label_positions`."""
        return (tokens[:, :1] >= 5).long()

    def keys(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """One integer per sequence: its digits, read as a number.

        Used to prove evaluation data disjoint from training data.
        """
        powers = 10 ** torch.arange(self.length, device=tokens.device)
        return (tokens * powers).sum(dim=1)


def task() -> TemplateSlug:
    """The task as the problem poses it."""
    return TemplateSlug()
