"""What the site knows about each problem: its card, and what the analyse stage left for it."""

import calendar
import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from docs.render import RenderError
from docs.render.submissions import Event, Submission, events, read_submissions
from models.card import MODELS, Card, read_card, slugs

ANALYSES = Path(__file__).parents[2] / "build" / "analyses"
PROBLEMS = Path(__file__).parents[1] / "problems"

PRODUCTS = ("problem.ipynb", "solution.ipynb", "results.json", "picture.svg")


@dataclass(frozen=True)
class Download:
    """A file that a solver is given."""

    path: Path
    what: str

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the file as it is served."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def size(self) -> str:
        """Size in the unit that reads best."""
        size = self.path.stat().st_size
        return f"{size / 1000:,.0f} kB" if size >= 10_000 else f"{size / 1000:.1f} kB"


@dataclass(frozen=True)
class Month:
    """One problem of the periodical."""

    number: int
    """Counted from 1, oldest first."""
    card: Card
    products: Path
    """Folder with the products of the analyse stage."""
    submissions: tuple[Submission, ...] = ()
    """None while the problem is open: they would tell the solution."""

    @property
    def slug(self) -> str:
        """Names the problem in folders and URLs."""
        return self.card.slug

    @property
    def name(self) -> str:
        """The month in words, such as `October 2023`."""
        return in_words(self.card.month)

    @property
    def deadline(self) -> str | None:
        """The last day for submissions in words, such as `30 November 2023`."""
        return in_words(self.card.deadline.isoformat()) if self.card.deadline else None

    @property
    def pages(self) -> dict[str, Path]:
        """Executed notebooks by the name of their page."""
        pages = {"index": self.products / "problem.ipynb"}
        if self.card.state == "solved":
            pages["solution"] = self.products / "solution.ipynb"
        return pages

    def notebook(self, page: str) -> str:
        """What the executed notebook of a page is called when it is downloaded."""
        return f"{self.slug}-{self.pages[page].name}"

    @property
    def downloads(self) -> list[Download]:
        """What a solver is given, in the order of the page."""
        weights = self.card.weights
        if weights is None:
            raise RenderError(
                f"The card of {self.slug} has no weights; train it: {self.card.training.command}"
            )
        folder = MODELS / self.slug
        return [
            Download(folder / weights.file, "the trained weights"),
            Download(folder / "card.json", "architecture, recipe and numbers"),
            Download(folder / "task.py", "vocabulary, sampling and ground truth"),
        ]

    @cached_property
    def results(self) -> dict[str, Any]:
        """Numbers, claims and where they were computed, as the analyse stage wrote them."""
        return json.loads((self.products / "results.json").read_text(encoding="utf-8"))

    @property
    def claims(self) -> list[dict[str, Any]]:
        """Claims of the published solution."""
        return self.results["claims"] if self.card.state == "solved" else []

    @cached_property
    def events(self) -> list[Event]:
        """Events at which submissions were judged."""
        return events(self.submissions)

    @property
    def best(self) -> list[Submission]:
        """The winning submissions."""
        return [submission for submission in self.submissions if submission.best]

    @cached_property
    def picture(self) -> str:
        """The model's own picture, SVG to be inlined; its colours are the page's."""
        svg = (self.products / "picture.svg").read_text(encoding="utf-8")
        return svg[svg.index("<svg") :]


def in_words(day: str) -> str:
    """A day or a month as a reader would write it.

    >>> in_words("2023-10"), in_words("2023-11-30")
    ('October 2023', '30 November 2023')
    """
    year, month, *rest = day.split("-")
    words = f"{calendar.month_name[int(month)]} {year}"
    return f"{date.fromisoformat(day).day} {words}" if rest else words


def read_months(analyses: Path = ANALYSES, problems: Path = PROBLEMS) -> list[Month]:
    """All problems, newest first.

    Raises:
        CardError: if a card is faulty.
        RenderError: if a problem has not been analysed, or a submission is faulty.
    """
    known = slugs()
    months = []
    for place, slug in enumerate(known):
        card = read_card(slug)
        # Those of an open problem are checked too, so that its solution can come out at once.
        received = read_submissions(problems / slug / "submissions")
        published = received if card.state == "solved" else ()
        months.append(Month(len(known) - place, card, analyses / slug, published))
    for month in months:
        missing = [
            name
            for name in PRODUCTS
            if not (month.products / name).is_file()
            and (name != "solution.ipynb" or month.card.state == "solved")
        ]
        if missing:
            raise RenderError(
                f"{month.slug} has not been analysed: {', '.join(missing)} missing in "
                f"{month.products}. Run `python -m analyses {month.slug}` first."
            )
    return months
