"""The hall of fame: who solved what, over all months."""

from dataclasses import dataclass, field
from itertools import takewhile

from docs.render.months import Month
from docs.render.submissions import Submission


@dataclass(frozen=True)
class Deed:
    """A submission, seen by one of its authors."""

    month: Month
    submission: Submission
    firsts: list[str]
    """Criteria by which nobody ranked higher."""


@dataclass(frozen=True)
class Person:
    """Somebody who solved problems."""

    name: str
    deeds: list[Deed] = field(default_factory=list)
    """Newest first."""

    @property
    def wins(self) -> int:
        """How often theirs was the best submission."""
        return sum(deed.submission.best for deed in self.deeds)


def people(months: list[Month]) -> list[Person]:
    """Authors of published submissions: by wins, then by submissions, then by name."""
    found: dict[str, Person] = {}
    for month in months:
        firsts = _firsts(month)
        for submission in month.submissions:
            deed = Deed(month, submission, firsts.get(submission.file, []))
            for name in submission.authors:
                found.setdefault(name, Person(name)).deeds.append(deed)
    return sorted(
        found.values(), key=lambda person: (-person.wins, -len(person.deeds), person.name)
    )


def _firsts(month: Month) -> dict[str, list[str]]:
    """The criteria of every submission by which nobody ranked higher."""
    found: dict[str, list[str]] = {}
    for event in month.events:
        for criterion, places in event.rankings.items():
            for place in takewhile(lambda place: place.rank == 1, places):
                found.setdefault(place.submission.file, []).append(criterion)
    return found
