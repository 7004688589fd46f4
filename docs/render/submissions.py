"""Submissions: one YAML file for each, and how they are ranked."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
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
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from yaml.composer import ComposerError

from docs.render import RenderError
from docs.render.visible import VISIBLE
from models.card import faults

Criterion = Literal[
    "Novelty", "Reproducibility", "Generality", "ML safety", "Mechanistic interpretability"
]
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)

FORMULA = r"\text{raw} \cdot \sqrt{\frac{\min(\tilde n, n)}{\tilde n}}"
"""TeX of `adjusted`."""

FILE_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.yaml")
"""The name is an anchor of the page too."""
LARGEST = 100_000
"""Bytes of a file; all that it may say, in an alphabet of long characters, is less."""
DEEPEST = 4
"""Levels of a file; feedback, the deepest, is a list of texts in a mapping in a mapping."""


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
    Field(pattern=r"^\d{4}-\d\d(-\d\d)?$"),
    AfterValidator(_on_the_calendar),
    BeforeValidator(_as_written),
]
"""A day, `2023-10-31`, or where no more is known a month, `2023-10`."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=80), VISIBLE]
Title = Annotated[str, StringConstraints(min_length=1, max_length=120), VISIBLE]
Paragraph = Annotated[str, StringConstraints(min_length=1, max_length=2_000), VISIBLE]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Judging(_Strict):
    """What the judges of an event, who stay anonymous, gave a submission."""

    event: Title
    n: Annotated[int, Field(ge=1, le=1_000)]
    """Number of ratings."""
    median: Annotated[float, Field(ge=1, le=1_000)] | None = None
    """Of the number of ratings over all submissions of the event, for an event of which not
    all submissions are here; null: over those that are."""
    ratings: Annotated[dict[Criterion, Annotated[float, Field(ge=1, le=5)]], Field(min_length=1)]
    """Mean rating by criterion."""
    ranks: dict[Criterion, Annotated[int, Field(ge=1, le=10_000)]] | None = None
    """Rank by criterion, as the event gave it, of one of which not all submissions are here; null:
    counted over those that are."""
    feedback: Annotated[tuple[Paragraph, ...], Field(max_length=10)] = ()

    @model_validator(mode="after")
    def _ranked_where_rated(self) -> "Judging":
        if self.ranks is not None and self.ranks.keys() != self.ratings.keys():
            raise ValueError(
                f"ranks are given for {', '.join(self.ranks) or 'nothing'}, ratings for "
                f"{', '.join(self.ratings)}; give a rank for each rating, or none at all."
            )
        return self


class Submission(_Strict):
    """One submission; its texts are a stranger's, and pages show them as plain text."""

    file: str
    """Name of the file without its suffix."""
    title: Title
    authors: Annotated[tuple[Name, ...], Field(min_length=1, max_length=20)]
    link: HttpUrl | None = None
    date: Day
    format: Name | None = None
    """Such as `notebook` or `text`; null where it is not known."""
    summary: Paragraph
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
    """Refuses what a submission has no need of, and what could make much of a small file.

    A key that is given twice, of which YAML would keep the last; a part that stands for another,
    and with it for its size many times over; and levels below those that a submission has.
    """

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        mark = self.peek_event().start_mark
        if self.check_event(yaml.AliasEvent):
            raise ComposerError(None, None, "an alias; write the text out", mark)
        if self.depth == DEEPEST:
            raise ComposerError(None, None, "nested too deeply", mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        if twice := [key for key, times in keys.items() if times > 1]:
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
    for event, judged in _by_event(found).items():
        stated = {judging.median for _, judging in judged} - {None}
        if len(stated) > 1:
            raise RenderError(
                f"{folder}: judging.median of {event!r} is {' and '.join(map(str, stated))}; an "
                "event has one median number of ratings."
            )
        ranked = {judging.ranks is not None for _, judging in judged}
        if len(ranked) > 1:
            raise RenderError(
                f"{folder}: judging.ranks are given for some submissions of {event!r} and not for "
                "others; give them for all, or for none."
            )
    return tuple(sorted(found, key=lambda each: (not each.best, each.date, each.file)))


def _read(path: Path) -> Submission:
    if not FILE_NAME.fullmatch(path.name):
        raise RenderError(
            f"{path} is not called like a submission: expected small letters, digits and "
            "hyphens, such as jane-doe.yaml."
        )
    if (size := path.stat().st_size) > LARGEST:
        raise RenderError(
            f"{path} is not a valid submission: it has {size:,} bytes, at most {LARGEST:,} are "
            "read; what is long belongs to where `link` leads."
        )
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise RenderError(f"{path} is not plain YAML: {error}") from error
    if not isinstance(content, dict):
        raise RenderError(f"{path} is not a valid submission: expected keys, such as `title: ...`.")
    if "file" in content:
        raise RenderError(f"{path} is not a valid submission:\n  file: the file's name says it.")
    try:
        return Submission.model_validate({**content, "file": path.stem})
    except ValidationError as error:
        wrong = faults(error, "submission")
        raise RenderError(f"{path} is not a valid submission:\n{wrong}") from error


def _by_event(
    submissions: Iterable[Submission],
) -> dict[str, list[tuple[Submission, Judging]]]:
    """What was judged at each event, in the order of the names of the events."""
    found: dict[str, list[tuple[Submission, Judging]]] = {}
    for each in submissions:
        if each.judging:
            found.setdefault(each.judging.event, []).append((each, each.judging))
    return dict(sorted(found.items()))


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
    judged: list[tuple[Submission, Judging]]

    @property
    def elsewhere(self) -> bool:
        """Whether the event gave the ranks itself, among submissions that are not all here."""
        return any(judging.ranks is not None for _, judging in self.judged)

    def ranking(self, criterion: Criterion) -> list[Place]:
        """The submissions that were rated by a criterion, highest adjusted score first; by the
        ranks that the event gave, if it gave some.
        """
        if self.elsewhere:
            given = {each.file: (judging.ranks or {}) for each, judging in self.judged}
            places = [
                Place(given[submission.file][criterion], submission, raw, n, score)
                for score, submission, raw, n in self._scores(criterion)
            ]
            return sorted(places, key=lambda place: place.rank)
        places = []
        scores = sorted(self._scores(criterion), key=lambda score: -score[0])
        for position, (score, submission, raw, n) in enumerate(scores, 1):
            equal = places and places[-1].adjusted == score
            rank = places[-1].rank if equal else position
            places.append(Place(rank, submission, raw, n, score))
        return places

    def _scores(self, criterion: Criterion) -> Iterator[tuple[float, Submission, float, int]]:
        for submission, judging in self.judged:
            if criterion in judging.ratings:
                raw = judging.ratings[criterion]
                # Rounded, or equals would not be equal.
                yield round(adjusted(raw, judging.n, self.median), 9), submission, raw, judging.n

    @cached_property
    def rankings(self) -> dict[Criterion, list[Place]]:
        """All rankings by their criterion, in the order of `CRITERIA`."""
        return {
            criterion: ranking for criterion in CRITERIA if (ranking := self.ranking(criterion))
        }


def events(submissions: Iterable[Submission]) -> list[Event]:
    """The events at which submissions of a problem were judged, in the order of their names."""
    return [_event(name, judged) for name, judged in _by_event(submissions).items()]


def _event(name: str, judged: list[tuple[Submission, Judging]]) -> Event:
    stated = next((judging.median for _, judging in judged if judging.median), None)
    return Event(name, stated or median(judging.n for _, judging in judged), judged)
