"""The Sorted List task: read ten distinct numbers, write them in order."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class SortedList:
    """Sequences `[a1 .. an, SEP, b1 .. bn]`, where `b` is `a` sorted.

    The values are drawn without replacement from 0 to `max_value`; the token of a
    value is the value itself, and SEP is the token after the largest one. The model
    reads the whole sequence and is judged on n of its predictions: `b1` at SEP, `b2`
    at `b1`, and so on. Nothing is asked at the last token.

    Worked example, with six values:

    >>> SortedList(list_length=6, max_value=50).encode([[11, 2, 5, 0, 3, 9]]).tolist()
    [[11, 2, 5, 0, 3, 9, 51, 0, 2, 3, 5, 9, 11]]

    (51 is SEP. At SEP the answer is 0, at 0 it is 2, ... and at 9 it is 11.)
    """

    list_length: int = 10
    """Number of values to sort."""
    max_value: int = 50
    """Largest value; the smallest is 0."""

    @property
    def sep(self) -> int:
        """Token id of SEP."""
        return self.max_value + 1

    @property
    def d_vocab(self) -> int:
        """Number of tokens: every value, and SEP."""
        return self.max_value + 2

    @property
    def d_vocab_out(self) -> int:
        """Number of classes predicted: the vocabulary."""
        return self.d_vocab

    @property
    def n_ctx(self) -> int:
        """Length of a sequence in tokens."""
        return 2 * self.list_length + 1

    @property
    def label_positions(self) -> slice:
        """Positions whose prediction is judged: SEP and all that follow but the last."""
        return slice(self.list_length, 2 * self.list_length)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What each token is called in tables and figures."""
        return (*(str(value) for value in range(self.max_value + 1)), "SEP")

    @property
    def classes(self) -> tuple[str, ...]:
        """What each class predicted is called in tables and figures."""
        return self.vocabulary

    def encode(self, lists: Sequence[Sequence[int]]) -> Int[Tensor, "batch n_ctx"]:
        """Turn your own lists, unsorted, into sequences.

        Raises:
            ValueError: if a list has the wrong length, or a value that is not an
                integer, is repeated, or lies outside 0 to `max_value`.
        """
        for number, values in enumerate(lists):
            self._check(number, list(values))
        rows = torch.tensor([list(values) for values in lists], dtype=torch.int64)
        return self.complete(rows.reshape(len(lists), self.list_length))

    def _check(self, number: int, values: list[int]) -> None:
        where = f"list {number}, {values}"
        if len(values) != self.list_length:
            raise ValueError(
                f"{where}: has {len(values)} values, expected {self.list_length}; "
                f"add or remove values, or use SortedList(list_length={len(values)}) "
                "for a task of that length."
            )
        for value in values:
            if not isinstance(value, int) or isinstance(value, bool):
                raise ValueError(f"{where}: {value!r} is not an integer.")
            if not 0 <= value <= self.max_value:
                raise ValueError(
                    f"{where}: the value {value} is outside 0 to {self.max_value}; "
                    "choose values the model has a token for."
                )
            if values.count(value) > 1:
                raise ValueError(
                    f"{where}: the value {value} is repeated; "
                    "the task draws without replacement, make all values distinct."
                )

    def complete(self, values: Int[Tensor, "batch list"]) -> Int[Tensor, "batch n_ctx"]:
        """Append SEP and the sorted values to lists that are known to be valid."""
        sep = values.new_full((len(values), 1), self.sep)
        return torch.cat([values, sep, values.sort(dim=1).values], dim=1)

    def sample(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """Draw `n` random sequences, every ordered list equally likely."""
        noise: Float[Tensor, "n value"] = torch.rand(n, self.max_value + 1, generator=generator)
        return self.complete(noise.argsort(dim=1)[:, : self.list_length])

    def answers(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "batch label"]:
        """Ground truth: the right prediction at each of the `label_positions`."""
        return tokens[:, : self.list_length].sort(dim=1).values

    def keys(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """One integer per *set* of values, equal for two lists exactly if one is a
        reordering of the other. Used to prove evaluation data disjoint from training
        data; exact while `(max_value + 1) ** list_length < 2 ** 63`.
        """
        digits = self.answers(tokens)
        base = self.max_value + 1
        return sum(
            (digits[:, i] * base**i for i in range(self.list_length)),
            torch.zeros_like(digits[:, 0]),
        )


def task() -> SortedList:
    """The task as the October 2023 problem poses it."""
    return SortedList()
