"""What the site knows about each problem: its card, and what the analyse stage left for it."""

import calendar
import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from analyses.evidence.explained import Explained
from analyses.evidence.findings import ClaimsDoNotStand, Finding
from analyses.seeds.others import Others, others_of
from analyses.write_ups.products import (
    BUILD,
    DEVICES,
    committed_results,
    damaged,
    fingerprint,
    judge,
    read_stamp,
)
from analyses.write_ups.results import Results, ResultsError
from docs.render import RenderError
from docs.render.notebooks import recorded_names
from docs.render.submissions import Event, Submission, events, read_submissions
from models.card import MODELS, Card, committed_weights, read_card, slugs
from models.errors import CheckpointError

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
    def start(self) -> str:
        """What the notebook is called that needs no clone of the repository."""
        return f"{self.slug}-start.ipynb"

    @property
    def task(self) -> Path:
        """The code of the task."""
        return MODELS / self.slug / "task.py"

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
            Download(self.task, "vocabulary, sampling and ground truth"),
        ]

    @cached_property
    def results(self) -> dict[str, Any]:
        """Numbers, claims and where they were computed, as the analyse stage wrote them.

        The day is that of the committed results: it does not change with every build.
        """
        committed = Results.read(committed_results(self.slug))
        found = Results.read(self.products / "results.json")
        return found.model_dump(mode="json") | {"date": committed.date}

    @cached_property
    def recorded(self) -> dict[str, str]:
        """Which page shows the cell that recorded a number or fact, by its name."""
        executed = {page: nbformat.read(path, as_version=4) for page, path in self.pages.items()}
        return {name: page for page, cells in executed.items() for name in recorded_names(cells)}

    @property
    def claims(self) -> list[Finding]:
        """Claims of the published solution."""
        if self.card.state != "solved":
            return []
        return [Finding.model_validate(found) for found in self.results["claims"]]

    @cached_property
    def others(self) -> Others | None:
        """Other models that the claims of the published solution were judged on, if any were."""
        return others_of(self.slug) if self.card.state == "solved" else None

    @property
    def explanations(self) -> list[Explained]:
        """Explanations of the published solution, put to the test."""
        if self.card.state != "solved":
            return []
        return [Explained.model_validate(found) for found in self.results["explanations"]]

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


def read_months(analyses: Path = BUILD, problems: Path = PROBLEMS) -> list[Month]:
    """All problems, newest first.

    Raises:
        CardError: if a card is faulty.
        RenderError: if a problem has not been analysed as it is, what that gave cannot stand,
            or a submission is faulty.
    """
    months = []
    for slug in slugs():
        card = read_card(slug)
        # Those of an open problem are checked too, so that its solution can come out at once.
        received = read_submissions(problems / slug / "submissions")
        published = received if card.state == "solved" else ()
        months.append(Month(card, analyses / slug, published))
    for month in months:
        _check(month)
    return months


def _check(month: Month) -> None:
    """Make sure that what the analyse stage left is whole, up to date, and can stand.

    Raises:
        RenderError: if it is not; says what to do.
    """
    folder, again = month.products, f"Run `python -m analyses {month.slug}` first."
    stamp = read_stamp(folder)
    missing = [
        name
        for name in PRODUCTS
        if not (folder / name).is_file()
        and (name != "solution.ipynb" or month.card.state == "solved")
    ]
    if not stamp:
        lacking = ", ".join(missing) or "a readable stamp.json"
        raise RenderError(
            f"{month.slug} has not been analysed: {lacking} missing in {folder}. {again}"
        )
    if stamp.get("fingerprint") not in [fingerprint(month.slug, device) for device in DEVICES]:
        raise RenderError(
            f"{month.slug}: the products in {folder} were not made from the files as they are, "
            f"by the Python that runs. {again}"
        )
    if spoilt := damaged(folder):
        raise RenderError(
            f"{month.slug}: {', '.join(spoilt)} in {folder} is not as it was written. {again}"
        )
    if missing:
        raise RenderError(
            f"{month.slug}: its pages left no {', '.join(missing)}; a problem has its two pages, "
            "and one of them calls `picture(svg)`."
        )
    try:
        committed_weights(month.card)
        results = judge(folder, committed_results(month.slug))
    except (CheckpointError, ClaimsDoNotStand, ResultsError) as error:
        raise RenderError(str(error)) from error
    if month.card.weights is None or results.checkpoint_sha256 != month.card.weights.sha256:
        raise RenderError(
            f"{month.slug}: the products in {folder} are those of another checkpoint, of sha256 "
            f"{results.checkpoint_sha256}, than its card describes. {again}"
        )
