"""The hall of fame: who solved what, over all months."""

from dataclasses import dataclass, field

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
        for submission in month.submissions:
            deed = Deed(month, submission, _firsts(month, submission))
            for name in submission.authors:
                found.setdefault(name, Person(name)).deeds.append(deed)
    return sorted(
        found.values(), key=lambda person: (-person.wins, -len(person.deeds), person.name)
    )


def _firsts(month: Month, submission: Submission) -> list[str]:
    return [
        criterion
        for event in month.events
        for criterion, places in event.rankings.items()
        if any(place.rank == 1 and place.submission is submission for place in places)
    ]
