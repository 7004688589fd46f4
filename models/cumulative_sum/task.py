"""The Cumulative Sum task: read whole numbers, say at each the sign of the sum so far."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

CLASSES = ("negative", "zero", "positive")
"""What the model can say, in the order of its logits."""
NEGATIVE, ZERO, POSITIVE = range(len(CLASSES))


@dataclass(frozen=True)
class CumulativeSum:
    """Sequences of whole numbers from `-max_value` to `max_value`.

    The token of a value is the value plus `max_value`. At every position the model is asked
    for the sign of the sum so far: 0 where it is negative, 1 where it is zero, 2 where it is
    positive.

    Worked example, with six values:

    >>> six = CumulativeSum(length=6)
    >>> tokens = six.encode([[0, +1, -3, +2, +1, +1]])
    >>> tokens.tolist()
    [[5, 6, 2, 7, 6, 6]]
    >>> six.sums(tokens).tolist()
    [[0, 1, -2, 0, 1, 2]]
    >>> six.answers(tokens).tolist()
    [[1, 2, 0, 1, 2, 2]]
    """

    length: int = 20
    """Number of values in a sequence."""
    max_value: int = 5
    """Largest value; the smallest is its negative."""
    towards_zero: float = 0.7
    """Probability, in sampling, that a value's sign is opposite to that of the sum."""

    @property
    def d_vocab(self) -> int:
        """Number of tokens, one for each value."""
        return 2 * self.max_value + 1

    @property
    def d_vocab_out(self) -> int:
        """Number of classes predicted: negative, zero, positive."""
        return len(CLASSES)

    @property
    def n_ctx(self) -> int:
        """Length of a sequence in tokens."""
        return self.length

    @property
    def label_positions(self) -> slice:
        """Positions whose prediction is judged: all."""
        return slice(0, self.length)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What each token is called in tables and figures, with its sign."""
        return tuple(
            f"{value:+d}" if value else "0" for value in range(-self.max_value, self.max_value + 1)
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """What each class predicted is called in tables and figures."""
        return CLASSES

    def encode(self, sequences: Sequence[Sequence[int]]) -> Int[Tensor, "batch n_ctx"]:
        """Turn your own sequences of values into tokens.

        Raises:
            ValueError: if a sequence has the wrong length, or holds something that is not an
                integer from `-max_value` to `max_value`.
        """
        for number, values in enumerate(sequences):
            self._check(number, list(values))
        rows = torch.tensor([list(values) for values in sequences], dtype=torch.int64)
        return rows.reshape(len(sequences), self.length) + self.max_value

    def _check(self, number: int, values: list[int]) -> None:
        where = f"sequence {number}, {values}"
        if len(values) != self.length:
            raise ValueError(
                f"{where}: has {len(values)} values, expected {self.length}; add or remove "
                f"values, or use CumulativeSum(length={len(values)}) for a task of that length."
            )
        for value in values:
            if not isinstance(value, int) or isinstance(value, bool):
                raise ValueError(f"{where}: {value!r} is not an integer.")
            if abs(value) > self.max_value:
                raise ValueError(
                    f"{where}: the value {value} is outside -{self.max_value} to "
                    f"{self.max_value}; choose values the model has a token for."
                )

    def values(self, tokens: Int[Tensor, "*batch"]) -> Int[Tensor, "*batch"]:
        """The whole number that each token stands for."""
        return tokens - self.max_value

    def sums(self, tokens: Int[Tensor, "batch pos"]) -> Int[Tensor, "batch pos"]:
        """The sum of the values up to and including each position."""
        return self.values(tokens).cumsum(dim=1)

    def sample(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """Draw `n` sequences in which sums of zero are commoner than by chance.

        The first value is uniform. Each later one has a magnitude uniform in
        0 .. `max_value`, and with probability `towards_zero` the sign opposite to that of the
        sum so far, where a sum of zero counts as not positive.
        """
        values = torch.randint(
            -self.max_value, self.max_value + 1, (n, self.length), generator=generator
        )
        magnitudes = torch.randint(self.max_value + 1, (n, self.length), generator=generator)
        opposite = torch.rand(n, self.length, generator=generator) < self.towards_zero
        total = values[:, 0]
        for position in range(1, self.length):
            negative = (total > 0) == opposite[:, position]
            values[:, position] = torch.where(negative, -1, 1) * magnitudes[:, position]
            total = total + values[:, position]
        return values + self.max_value

    def answers(self, tokens: Int[Tensor, "batch pos"]) -> Int[Tensor, "batch pos"]:
        """Ground truth: the right class at every position."""
        return self.sums(tokens).sign() + 1

    def keys(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """One integer per sequence: its tokens as digits of a number, modulo 2 ** 64.

        Used to prove evaluation data disjoint from training data. Equal sequences have equal
        keys; two different ones may share a key by chance, since there are more sequences
        than integers, and then count as one.
        """
        keys = torch.zeros_like(tokens[:, 0])
        for digit in tokens.unbind(dim=1):
            keys = keys * self.d_vocab + digit
        return keys


def task() -> CumulativeSum:
    """The task as the November 2023 problem poses it."""
    return CumulativeSum()
