"""The Palindromes task: read twenty numbers, say whether they are the same backwards."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

CLASSES = ("not a palindrome", "palindrome")
"""What the model can say, in the order of its logits."""
NO, YES = range(len(CLASSES))

_MULTIPLIER = 0x5851F42D4C957F2D
"""Of `keys`: odd, so that multiplying by it modulo 2^64 loses nothing."""


@dataclass(frozen=True)
class Palindromes:
    """Sequences `[START, a1 .. an, END]`, half of which are the same read backwards.

    The token of a value is the value itself, from 0 to `max_value`; START and END are the two
    tokens after the largest. At END, and nowhere else, the model says whether the values are a
    palindrome: 0 if not, 1 if they are. Positions count tokens, with START at 0; a position and its
    `mirror` add up to the position of END, and together are a pair, named after the later of the
    two (`places`).

    Worked example, with six values; the second sequence is no palindrome since 9 is not 2:

    >>> small = Palindromes(length=6)
    >>> tokens = small.encode([[11, 2, 5, 5, 2, 11], [11, 2, 5, 5, 9, 11]])
    >>> tokens.tolist()
    [[31, 11, 2, 5, 5, 2, 11, 32], [31, 11, 2, 5, 5, 9, 11, 32]]
    >>> small.answers(tokens).tolist()
    [[1], [0]]
    >>> list(small.places), small.differs(tokens)[1].tolist()
    ([4, 5, 6], [False, True, False])
    """

    length: int = 20
    """Number of values, even."""
    max_value: int = 30
    """Largest value; the smallest is 0."""
    most_changes: int | None = None
    """How `sample` makes the half that are no palindromes. None: as the problem poses it, by
    keeping or redrawing each value of the second half of a palindrome, with probability 1/2 each.
    A number: by changing from one to so many of them."""

    @property
    def start(self) -> int:
        """Token id of START."""
        return self.max_value + 1

    @property
    def end(self) -> int:
        """Token id of END."""
        return self.max_value + 2

    @property
    def d_vocab(self) -> int:
        """Number of tokens: every value, START and END."""
        return self.max_value + 3

    @property
    def d_vocab_out(self) -> int:
        """Number of classes predicted: not a palindrome, palindrome."""
        return len(CLASSES)

    @property
    def n_ctx(self) -> int:
        """Length of a sequence in tokens."""
        return self.length + 2

    @property
    def label_positions(self) -> slice:
        """Positions whose prediction is judged: END."""
        return slice(self.n_ctx - 1, self.n_ctx)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What each token is called in tables and figures."""
        return (*(str(value) for value in range(self.max_value + 1)), "START", "END")

    @property
    def classes(self) -> tuple[str, ...]:
        """What each class predicted is called in tables and figures."""
        return CLASSES

    @property
    def places(self) -> range:
        """Positions of the second half of the values, where a pair is complete."""
        return range(self.length // 2 + 1, self.length + 1)

    @property
    def _second(self) -> slice:
        return slice(self.places.start, self.places.stop)

    def mirror(self, position: int) -> int:
        """The position that has to hold the same value.

        Raises:
            ValueError: if no value stands at `position`.
        """
        if not 1 <= position <= self.length:
            raise ValueError(
                f"position {position} holds no value; choose one from 1 to {self.length}."
            )
        return self.length + 1 - position

    def encode(self, sequences: Sequence[Sequence[int]]) -> Int[Tensor, "batch n_ctx"]:
        """Put START and END around your own values.

        Raises:
            ValueError: if a sequence has the wrong length, or a value that is not an integer from
                0 to `max_value`.
        """
        for number, values in enumerate(sequences):
            where = f"sequence {number}, {list(values)}"
            if len(values) != self.length:
                raise ValueError(
                    f"{where}: has {len(values)} values, expected {self.length}; START and END are "
                    "added here."
                )
            for value in values:
                if not isinstance(value, int) or isinstance(value, bool):
                    raise ValueError(f"{where}: {value!r} is not an integer.")
                if not 0 <= value <= self.max_value:
                    raise ValueError(
                        f"{where}: the value {value} is outside 0 to {self.max_value}; "
                        "choose values the model has a token for."
                    )
        rows = torch.tensor([list(values) for values in sequences], dtype=torch.int64)
        return self._enclosed(rows.reshape(len(sequences), self.length))

    def _enclosed(self, values: Int[Tensor, "batch length"]) -> Int[Tensor, "batch n_ctx"]:
        column = values.new_ones((len(values), 1))
        return torch.cat([self.start * column, values, self.end * column], dim=1)

    def sample(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """Draw `n` sequences, each made to be a palindrome with probability 1/2.

        Redrawing may give back the value that was there. What was to be no palindrome then is one
        now and again (of the problem's length, 0.13 %), and `answers` calls it so.
        """
        palindromes = self.palindromes(n, generator)
        if self.most_changes is None:
            shape = (n, len(self.places))
            redrawn = torch.randint(self.max_value + 1, shape, generator=generator)
            keep = torch.rand(shape, generator=generator) < 0.5
            others = palindromes.clone()
            others[:, self._second] = torch.where(keep, palindromes[:, self._second], redrawn)
        else:
            changes = torch.randint(1, self.most_changes + 1, (n,), generator=generator)
            others = self.with_changes(palindromes, changes, generator)
        kept = torch.rand(n, 1, generator=generator) < 0.5
        return torch.where(kept, palindromes, others)

    def palindromes(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """Draw `n` palindromes, every one equally likely."""
        half = torch.randint(self.max_value + 1, (n, self.length // 2), generator=generator)
        return self._enclosed(torch.cat([half, half.flip(1)], dim=1))

    def with_changes(
        self,
        tokens: Int[Tensor, "batch n_ctx"],
        changes: Int[Tensor, " batch"],
        generator: torch.Generator,
    ) -> Int[Tensor, "batch n_ctx"]:
        """Change the values at `changes` random `places` of each sequence, to other values.

        Of a palindrome this makes a sequence in which exactly so many pairs differ.
        """
        shape = (len(tokens), len(self.places))
        rank = torch.rand(shape, generator=generator).argsort(dim=1).argsort(dim=1)
        step = torch.randint(1, self.max_value + 1, shape, generator=generator)
        half = tokens[:, self._second]
        other = (half + step) % (self.max_value + 1)
        changed = tokens.clone()
        changed[:, self._second] = torch.where(rank < changes[:, None], other, half)
        return changed

    def single_changes(
        self, tokens: Int[Tensor, "batch n_ctx"], position: int
    ) -> Int[Tensor, "batch other n_ctx"]:
        """Each sequence with each other value in the place of the one at `position`.

        The other values of a sequence are in the order in which they follow on its own, and after
        `max_value` from 0 on.
        """
        steps = torch.arange(1, self.max_value + 1, device=tokens.device)
        changed = tokens[:, None].repeat(1, self.max_value, 1)
        changed[:, :, position] = (tokens[:, position, None] + steps) % (self.max_value + 1)
        return changed

    def differs(self, tokens: Int[Tensor, "batch n_ctx"]) -> Bool[Tensor, "batch place"]:
        """Whether the value at each of the `places` differs from the one at its mirror."""
        values = tokens[:, 1:-1]
        return (values != values.flip(1))[:, self.length // 2 :]

    def answers(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "batch label"]:
        """Ground truth: 1 for each sequence in which no pair differs, else 0."""
        return (~self.differs(tokens).any(dim=1, keepdim=True)).long()

    def keys(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """One integer per sequence; equal sequences always have equal keys.

        There are more sequences than integers of 64 bits, so different ones may share a key: not if
        they have the same first or the same second half, and else with a chance of about 2^-64.
        Used to prove evaluation data disjoint from training data: where no key is shared, no
        sequence is, and a key that is shared by chance only makes one more be left out. True of
        halves of up to 12 values.
        """
        base = self.max_value + 1
        powers = base ** torch.arange(self.length // 2, device=tokens.device)
        first, second = tokens[:, 1:-1].unflatten(1, (2, -1)).mul(powers).sum(dim=2).unbind(dim=1)
        # Integers wrap around: this is arithmetic modulo 2^64.
        return first * _MULTIPLIER + second


def task() -> Palindromes:
    """The task as the July 2023 problem poses it."""
    return Palindromes()
