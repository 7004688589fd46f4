"""What a case is, and what is found by going through all of them.

With uniform attention the logits at position n depend on three things: n, the last token, and
how often each token was read before it. A case is such a triple. It stands for as many sequences
as the tokens before the last can be ordered, so that few cases decide all sequences: of twenty
values from -5 to 5 there are 11^20, about 7e20, but no more than 2.2e8 cases.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb, factorial, prod

from models.cumulative_sum.task import CumulativeSum


@dataclass(frozen=True)
class Case:
    """All sequences with the same tokens before the last, in any order, and the same last.

    >>> case = Case(n=4, before=(1, 0, 2), last=2, margin=0.5)
    >>> case.values()
    (-1, 1, 1, 1)
    >>> case.orderings, case.right
    (3, 2)
    """

    n: int
    """Number of values, the last one included."""
    before: tuple[int, ...]
    """How often each token was read before the last one."""
    last: int
    """The last token."""
    margin: float
    """Logit of the right class less the largest other logit, at uniform attention."""

    @property
    def orderings(self) -> int:
        """Number of sequences that the case stands for."""
        return factorial(sum(self.before)) // prod(map(factorial, self.before))

    @property
    def right(self) -> int:
        """The right class: 0 negative, 1 zero, 2 positive."""
        total = sum(self.values())
        return (total > 0) - (total < 0) + 1

    def values(self) -> tuple[int, ...]:
        """One of the sequences, as values; those before the last in rising order."""
        max_value = len(self.before) // 2
        tokens = [token for token, count in enumerate(self.before) for _ in range(count)]
        return tuple(token - max_value for token in [*tokens, self.last])


@dataclass(frozen=True)
class Position:
    """What is found for the answers at position n, over all cases."""

    n: int
    cases: int
    """Number of cases."""
    wrong_cases: int
    """Cases whose margin is not above 0; a tie counts as wrong."""
    wrong_sequences: int
    """The sequences of n values that they stand for."""
    unproved_cases: int
    """Cases that do not win by more than the errors that were asked about, 0 if none were."""
    unproved_sequences: int
    """The sequences of n values that they stand for."""
    smallest: tuple[Case, ...]
    """For each right class that occurs, a case of smallest margin."""

    @property
    def smallest_margin(self) -> float:
        """Of all cases at this position, logits."""
        return min(case.margin for case in self.smallest)


@dataclass(frozen=True)
class Enumeration:
    """What is found, for n from 1 up."""

    positions: tuple[Position, ...]
    wrong: tuple[Case, ...]
    """Wrong cases, by n; as many as there are, or as many as were asked for."""
    seconds: float
    """Time it took, without compiling; that of interrupted runs is added."""
    device: str
    threads: int

    @property
    def cases(self) -> int:
        """Number of cases at all positions."""
        return sum(position.cases for position in self.positions)

    @property
    def wrong_cases(self) -> int:
        """Number of wrong cases at all positions."""
        return sum(position.wrong_cases for position in self.positions)

    @property
    def wrong_sequences(self) -> int:
        """Number of sequences, of all lengths, with a wrong last answer."""
        return sum(position.wrong_sequences for position in self.positions)

    @property
    def wrong_complete(self) -> bool:
        """Whether all wrong cases are listed."""
        return len(self.wrong) == self.wrong_cases

    @property
    def smallest_margin(self) -> float:
        """Of all cases, logits."""
        return min(position.smallest_margin for position in self.positions)


def multisets(size: int, kinds: int) -> int:
    """Number of multisets of so many things of so many kinds.

    >>> multisets(19, 11)
    20030010
    """
    return comb(size + kinds - 1, kinds - 1)


def count_cases(task: CumulativeSum, lengths: Iterable[int] | None = None) -> int:
    """Number of cases at some positions, or at all.

    >>> count_cases(CumulativeSum())
    600900300
    """
    wanted = range(1, task.length + 1) if lengths is None else lengths
    return sum(task.d_vocab * multisets(n - 1, task.d_vocab) for n in wanted)
