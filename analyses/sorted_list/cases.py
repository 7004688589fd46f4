"""What a case of the proof is: lists whose sorted values lie in given intervals.

The model's answer at a label depends on the list and on its order. A case says which label is
meant, the value d that is read there and the right answer y; of every other sorted value it says
no more than an interval. It covers every order of the lists that fit, so that counting lists
means counting sets of values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from models.sorted_list.task import SortedList


@dataclass(frozen=True)
class Case:
    """All lists whose sorted values, from the smallest up, lie in these intervals.

    >>> case = Case(label=1, low=(3, 5, 6), high=(3, 5, 9))
    >>> case.query, case.answer, case.lists
    (3, 5, 4)
    >>> [half.high[2] for half in case.halves(2)]
    [7, 9]
    """

    label: int
    """Which label is meant: 0 is the answer at SEP, 1 that at the smallest value, ..."""
    low: tuple[int, ...]
    high: tuple[int, ...]
    """The last value of each interval."""

    @property
    def query(self) -> int | None:
        """The value that is read at the label; None at SEP."""
        return None if self.label == 0 else self.low[self.label - 1]

    @property
    def answer(self) -> int:
        """The right answer."""
        return self.low[self.label]

    @property
    def lists(self) -> int:
        """Number of sets of values that fit."""
        ways = {-1: 1}
        for low, high in zip(self.low, self.high, strict=True):
            ways = {
                value: sum(count for below, count in ways.items() if below < value)
                for value in range(low, high + 1)
            }
        return sum(ways.values())

    def sets(self) -> Iterator[tuple[int, ...]]:
        """All sets of values that fit, sorted; only for few."""
        for values in combinations(range(min(self.low), max(self.high) + 1), len(self.low)):
            if all(
                low <= value <= high
                for low, value, high in zip(self.low, values, self.high, strict=True)
            ):
                yield values

    def tightened(self) -> "Case":
        """The same lists, in intervals without a value that no list of the case has."""
        low, high = list(self.low), list(self.high)
        for rank in range(1, len(low)):
            low[rank] = max(low[rank], low[rank - 1] + 1)
        for rank in reversed(range(len(low) - 1)):
            high[rank] = min(high[rank], high[rank + 1] - 1)
        return replace(self, low=tuple(low), high=tuple(high))

    def halves(self, rank: int) -> tuple["Case", "Case"]:
        """The lists with the smaller and with the larger values at a rank."""
        middle = (self.low[rank] + self.high[rank]) // 2
        lower, upper = list(self.high), list(self.low)
        lower[rank], upper[rank] = middle, middle + 1
        return (
            replace(self, high=tuple(lower)).tightened(),
            replace(self, low=tuple(upper)).tightened(),
        )


def roots(task: SortedList) -> Iterator[Case]:
    """The coarsest cases: by label, value read and answer; nothing else is known.

    >>> sum(1 for _ in roots(SortedList()))
    8169
    """
    n, largest = task.list_length, task.max_value
    free = tuple(range(n)), tuple(range(largest - n + 1, largest + 1))
    for label in range(n):
        for answer in range(label, largest - n + label + 2):
            for query in range(label - 1, answer) if label else [None]:
                low, high = (list(ends) for ends in free)
                low[label] = high[label] = answer
                if query is not None:
                    low[label - 1] = high[label - 1] = query
                yield Case(label, tuple(low), tuple(high)).tightened()
