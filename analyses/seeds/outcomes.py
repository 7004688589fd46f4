"""On how many of the other models a claim comes out as stated, and what was expected.

Needs no torch.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from analyses.instruments.statistics import Interval, proportion_interval
from analyses.seeds.others import Others

UNIVERSAL, USUAL = 95, 50
"""Per cent of the models that learned the task on which a claim comes out as stated at least, to
be called so. Fixed before any sweep."""

Kind = Literal["universal", "usual", "particular", "never"]
KINDS: tuple[Kind, ...] = ("universal", "usual", "particular", "never")
"""From the claims that come out as stated most often to those that never do."""


class Share(NamedTuple):
    """Models on which a claim comes out as stated, among those on which it was judged."""

    hits: int
    n: int

    @classmethod
    def of(cls, came_out: Iterable[bool]) -> "Share":
        """The share of models of which it is true."""
        answers = list(came_out)
        return cls(sum(answers), len(answers))

    @property
    def interval(self) -> Interval:
        """Wilson's 95 % interval, for models drawn by their seeds; of no models, 0 to 1."""
        return proportion_interval(self.hits, self.n) if self.n else Interval(0.0, 1.0)

    @property
    def kind(self) -> Kind | None:
        """What such a share is called; None of no models.

        >>> [Share(hits, 40).kind for hits in (40, 38, 37, 20, 19, 0)]
        ['universal', 'universal', 'usual', 'usual', 'particular', 'never']
        """
        if not self.n:
            return None
        if not self.hits:
            return "never"
        if 100 * self.hits >= UNIVERSAL * self.n:
            return "universal"
        return "usual" if 100 * self.hits >= USUAL * self.n else "particular"

    def __str__(self) -> str:
        return f"{self.hits} of {self.n}"


class Mark(NamedTuple):
    """What a claim gave on one of the models."""

    value: float | None
    """None where no number came out."""
    as_stated: bool
    learned: bool
    """Whether the model learned the task."""
    empty: bool = False
    """Whether the claim is met there, and by one of its controls as well."""


@dataclass(frozen=True)
class Outcome:
    """What a claim gave on the other models."""

    name: str
    marks: tuple[Mark, ...]
    """One for each model on which it was judged, by seed; what could not be measured is judged:
    it does not come out as stated."""

    @classmethod
    def of(cls, name: str, others: Others) -> "Outcome":
        """That of one claim."""
        marks = []
        for line in others.lines:
            judged = line.claims.get(name)
            if judged is not None:
                learned = line.seed in others.learned
                empty = judged.verdict == "empty"
                marks.append(Mark(judged.value, judged.as_stated, learned, empty))
            elif name in line.failures:
                marks.append(Mark(None, False, line.seed in others.learned))
        return cls(name, tuple(marks))

    @property
    def learned(self) -> Share:
        """Among the models that learned the task."""
        return Share.of(mark.as_stated for mark in self.marks if mark.learned)

    @property
    def everywhere(self) -> Share:
        """Among all of them."""
        return Share.of(mark.as_stated for mark in self.marks)

    @property
    def empty(self) -> int:
        """Models that learned the task on which the claim is met, and by a control as well."""
        return sum(mark.learned and mark.empty for mark in self.marks)

    @property
    def kind(self) -> Kind | None:
        """By the models that learned the task."""
        return self.learned.kind
