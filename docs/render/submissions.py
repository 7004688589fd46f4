"""Submissions: one YAML file for each, and how they are ranked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from math import sqrt
from pathlib import Path
from statistics import median
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    PositiveInt,
    StringConstraints,
    ValidationError,
    field_validator,
)

from docs.render import RenderError
from models.card import faults

Criterion = Literal[
    "Novelty", "Reproducibility", "Generality", "ML safety", "Mechanistic interpretability"
]
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)

FORMULA = r"\text{raw} \cdot \sqrt{\frac{\min(\tilde n, n)}{\tilde n}}"
"""TeX of `adjusted`."""

FILE_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.yaml")
"""The name is an anchor of the page too."""


def adjusted(raw: float, n: int, median: float) -> float:
    """A mean rating, lowered where few judges gave it.

    Args:
        raw: mean of the ratings, from 1 to 5.
        n: how many ratings the submission got.
        median: of the number of ratings, over all submissions of the event.

    >>> round(adjusted(4.5, n=2, median=3), 3)
    3.674
    """
    return raw * sqrt(min(median, n) / median)


def _as_written(value: Any) -> Any:
    # YAML reads a full date as a date, but leaves a month a text.
    return value.isoformat() if type(value) is date else value


def _on_the_calendar(text: str) -> str:
    year, month, *day = map(int, text.split("-"))
    date(year, month, *(day or [1]))
    return text


Day = Annotated[
    str,
    BeforeValidator(_as_written),
    Field(pattern=r"^\d{4}-\d\d(-\d\d)?$"),
    AfterValidator(_on_the_calendar),
]
"""A day, `2023-10-31`, or where no more is known a month, `2023-10`."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Judging(_Strict):
    """What the judges of an event, who stay anonymous, gave a submission."""

    event: Text
    n: PositiveInt
    """Number of ratings."""
    median: Annotated[float, Field(ge=1)] | None = None
    """Of the number of ratings over all submissions of the event, for an event of which not
    all submissions are here; null: over those that are."""
    ratings: Annotated[dict[Criterion, Annotated[float, Field(ge=1, le=5)]], Field(min_length=1)]
    """Mean rating by criterion."""
    feedback: tuple[Text, ...] = ()


class Submission(_Strict):
    """One submission; its texts are a stranger's, and pages show them as plain text."""

    file: str
    """Name of the file without its suffix."""
    title: Text
    authors: Annotated[tuple[Text, ...], Field(min_length=1)]
    link: HttpUrl | None = None
    date: Day
    format: Text | None = None
    """Such as `notebook` or `text`; null where it is not known."""
    summary: Text
    judging: Judging | None = None
    best: bool = False
    """Whether it is a winner of its month."""

    @field_validator("authors")
    @classmethod
    def _named_once(cls, authors: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(authors)) < len(authors):
            raise ValueError("an author is named twice")
        return authors


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice[0]!r} is given twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


def read_submissions(folder: Path) -> tuple[Submission, ...]:
    """Read and check the submissions in a folder: the best first, then by date.

    Raises:
        RenderError: if a file is not a valid submission; names the file and each faulty key.
    """
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    found = [_read(path) for path in paths]
    events = {each.judging.event for each in found if each.judging}
    for event in events:
        stated = {each.judging.median for each in _of(event, found) if each.judging} - {None}
        if len(stated) > 1:
            raise RenderError(
                f"{folder}: judging.median of {event!r} is {' and '.join(map(str, stated))}; an "
                "event has one median number of ratings."
            )
    return tuple(sorted(found, key=lambda each: (not each.best, each.date, each.file)))


def _read(path: Path) -> Submission:
    if not FILE_NAME.fullmatch(path.name):
        raise RenderError(
            f"{path} is not called like a submission: expected small letters, digits and "
            "hyphens, such as jane-doe.yaml."
        )
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise RenderError(f"{path} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise RenderError(f"{path} is not a valid submission: expected keys, such as `title: ...`.")
    if "file" in content:
        raise RenderError(f"{path} is not a valid submission:\n  file: the file's name says it.")
    try:
        return Submission.model_validate({**content, "file": path.stem})
    except ValidationError as error:
        wrong = faults(error, "submission")
        raise RenderError(f"{path} is not a valid submission:\n{wrong}") from error


def _of(event: str, submissions: tuple[Submission, ...] | list[Submission]) -> list[Submission]:
    return [each for each in submissions if each.judging and each.judging.event == event]


@dataclass(frozen=True)
class Place:
    """Where a submission stands by one criterion."""

    rank: int
    """From 1; equals share a rank, and the next are as far down as if they did not."""
    submission: Submission
    raw: float
    n: int
    adjusted: float


@dataclass(frozen=True)
class Event:
    """A judging of submissions of one problem."""

    name: str
    median: float
    """Number of ratings."""
    submissions: list[Submission]

    def ranking(self, criterion: Criterion) -> list[Place]:
        """The submissions that were rated by a criterion, highest adjusted score first."""
        scored = sorted(self._scores(criterion), key=lambda score: -score[0])
        return [
            Place(1 + sum(other > score for other, *_ in scored), submission, raw, n, score)
            for score, submission, raw, n in scored
        ]

    def _scores(self, criterion: Criterion) -> Iterator[tuple[float, Submission, float, int]]:
        for submission in self.submissions:
            judging = submission.judging
            if judging and criterion in judging.ratings:
                raw = judging.ratings[criterion]
                # Rounded, or equals would not be equal.
                yield round(adjusted(raw, judging.n, self.median), 9), submission, raw, judging.n

    @property
    def rankings(self) -> dict[Criterion, list[Place]]:
        """All rankings by their criterion, in the order of `CRITERIA`."""
        return {
            criterion: ranking for criterion in CRITERIA if (ranking := self.ranking(criterion))
        }


def events(submissions: tuple[Submission, ...]) -> list[Event]:
    """The events at which submissions of a problem were judged, in the order of their names."""
    names = sorted({each.judging.event for each in submissions if each.judging})
    return [_event(name, _of(name, submissions)) for name in names]


def _event(name: str, submissions: list[Submission]) -> Event:
    judgings = [each.judging for each in submissions if each.judging]
    stated = next((judging.median for judging in judgings if judging.median), None)
    return Event(name, stated or median(judging.n for judging in judgings), submissions)
