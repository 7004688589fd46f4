"""What the site knows about each problem: its card, and what the analyse stage left for it."""

import calendar
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from docs.render import RenderError
from models.card import MODELS, Card, read_card, slugs

ANALYSES = Path(__file__).parents[2] / "build" / "analyses"

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

    @property
    def slug(self) -> str:
        """Names the problem in folders and URLs."""
        return self.card.slug

    @property
    def name(self) -> str:
        """The month in words, such as `October 2023`."""
        year, month = self.card.month.split("-")
        return f"{calendar.month_name[int(month)]} {year}"

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

    @cached_property
    def picture(self) -> str:
        """The model's own picture, SVG to be inlined; its colours are the page's."""
        svg = (self.products / "picture.svg").read_text(encoding="utf-8")
        return svg[svg.index("<svg") :]


def read_months(analyses: Path = ANALYSES) -> list[Month]:
    """All problems, newest first.

    Raises:
        CardError: if a card is faulty.
        RenderError: if a problem has not been analysed.
    """
    known = slugs()
    months = [
        Month(len(known) - place, read_card(slug), analyses / slug)
        for place, slug in enumerate(known)
    ]
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
