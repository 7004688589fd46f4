"""The analyse stage: execute a problem's pages, unless nothing they depend on changed."""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import jupytext

from analyses.write_ups.clock import today
from analyses.write_ups.notebook import Page, execute_all
from analyses.write_ups.outputs import PICTURE
from analyses.write_ups.products import (
    BUILD,
    DEVICES,
    committed_results,
    current,
    fingerprint,
    judge,
    refused,
    seal,
    sources,
)
from analyses.write_ups.results import Results, ResultsError
from models.card import Card, Rows, committed_weights, read_card, sha256_of
from models.folders import replaced
from models.progress import Progress


class Outcome(NamedTuple):
    """What bringing a problem up to date took."""

    executed: bool
    """Whether the pages were executed."""
    written: bool
    """Whether the committed results were rewritten."""


@dataclass(frozen=True)
class _Stale:
    """A problem whose pages have to be executed."""

    card: Card
    sha256: str
    """Of the checkpoint."""
    stamp: dict[str, Any]
    pages: dict[str, Page]


def analyse(
    slugs: Sequence[str],
    device: str | None,
    update: bool,
    report: Callable[[str, Outcome], None] = lambda slug, outcome: None,
) -> None:
    """Bring `build/analyses/<slug>/` of some problems up to date.

    With `device` None, products of any device count, so that what a GPU analysed can be
    rendered where there is none; what is not up to date, or damaged, is executed on the CPU.
    The results are judged every time, executed or not, and compared with the committed
    `analyses/<slug>/results.json`; with `update`, they are written there instead. Products
    that are refused stay in `build/refused/<slug>/`, and the former ones in their place.

    What is up to date is judged first; the pages of all others are executed side by side.

    Args:
        slugs: of the problems.
        device: kind of the device.
        update: whether to write the committed results.
        report: called for each problem, as soon as it is up to date.

    Raises:
        PageError: a cell raised, or prose names an unknown number.
        ClaimsDoNotStand: a claim fails, or one of its controls passes.
        ResultsError: a number is not finite, or drifted from the committed results.
        ClockError: the time that the environment gives is none.
    """
    day = today()
    devices = (device,) if device else DEVICES
    stale: dict[str, _Stale] = {}
    for slug in slugs:
        card = read_card(slug)
        sha256 = sha256_of(committed_weights(card))
        if found := current(slug, devices, BUILD):
            report(slug, Outcome(False, _accept(slug, found, update)))
        else:
            # Of the files as they are read, not as they may be changed meanwhile.
            stamp = {"fingerprint": fingerprint(slug, devices[0])}
            stale[slug] = _Stale(card, sha256, stamp, read_pages(slug, None, devices[0]))

    def finish(slug: str) -> None:
        month = stale[slug]
        results = results_of(month.card, month.pages, devices[0], month.sha256, day)
        folder = refused(BUILD / slug)
        write_products(folder, month.pages, results, month.stamp)
        report(slug, Outcome(True, _accept(slug, folder, update)))

    if stale:
        execute({slug: month.pages for slug, month in stale.items()}, finish)


def _accept(slug: str, folder: Path, update: bool) -> bool:
    """Put products in their place if they can stand; gives whether results were written."""
    target, committed = BUILD / slug, committed_results(slug)
    results = judge(folder, None if update else committed)
    if folder != target:
        with replaced(target) as fresh:
            folder.rename(fresh)
    shutil.rmtree(refused(target), ignore_errors=True)
    return update and _write(results, committed)


def read_pages(
    slug: str, checkpoint: Path | None, device: str, rows: Rows | None = None
) -> dict[str, Page]:
    """The pages of a problem, to be executed; on another checkpoint, its solution alone."""
    pages = {name: Page.read(path) for name, path in sources(slug).items()}
    if checkpoint is not None:
        pages.pop("problem", None)
    for page in pages.values():
        path = str(checkpoint) if checkpoint else None
        # Somebody else's checkpoint may lie anywhere.
        page.confined_to = None if checkpoint else slug
        page.set_parameters(checkpoint=path, device=device, rows=rows)
    return pages


def execute(
    problems: Mapping[str, Mapping[str, Page]],
    finish: Callable[[str], None] = lambda slug: None,
) -> None:
    """Execute the pages of problems, and show how far that is.

    Args:
        problems: their pages by slug.
        finish: called for each problem as soon as its pages are executed.
    """
    # What takes longest first: else a core would have nothing to do while the last one runs.
    lengths = {slug: sum(map(_cells, pages.values())) for slug, pages in problems.items()}
    ordered = [
        page
        for slug in sorted(problems, key=lambda slug: -lengths[slug])
        for page in sorted(problems[slug].values(), key=lambda page: -_cells(page))
    ]
    of_page = {id(page): slug for slug, pages in problems.items() for page in pages.values()}
    left = Counter(of_page.values())

    def on_page(page: Page) -> None:
        slug = of_page[id(page)]
        left[slug] -= 1
        if not left[slug]:
            finish(slug)

    what = f"{len(problems)} problems" if len(problems) > 1 else next(iter(problems))
    cells = sum(lengths.values())
    with Progress(f"analyse {what}", total=cells) as progress:
        execute_all(ordered, progress.advance, on_page)
        progress.note(f"{cells} cells of {len(ordered)} pages executed")


def _cells(page: Page) -> int:
    return sum(cell.cell_type == "code" for cell in page.notebook.cells)


def results_of(
    card: Card, pages: dict[str, Page], device: str, sha256: str, day: date | None = None
) -> Results:
    """Put together what the pages recorded.

    Args:
        card: of the problem.
        pages: executed.
        device: the kind of device that they ran on.
        sha256: of the checkpoint.
        day: when that was; None: today.

    Raises:
        ResultsError: if two pages use one name.
    """
    numbers, facts, claims, explanations, data = {}, {}, [], [], ""
    for name, page in pages.items():
        twice = (numbers.keys() | facts.keys()) & (page.numbers.keys() | page.facts.keys())
        if twice:
            raise ResultsError(
                f"{card.slug}: {', '.join(sorted(twice))} recorded by two pages, the second is "
                f"{name}; give each number one name."
            )
        numbers |= page.numbers
        facts |= page.facts
        claims += page.claims
        explanations += page.explanations
        data = page.data_sha256 or data
    return Results(
        slug=card.slug,
        title=card.title,
        month=card.month,
        device=device,
        date=(day or today()).isoformat(),
        checkpoint_sha256=sha256,
        data_sha256=data,
        numbers=dict(sorted(numbers.items())),
        facts=dict(sorted(facts.items())),
        claims=claims,
        explanations=explanations,
    )


def write_products(
    target: Path, pages: dict[str, Page], results: Results, stamp: dict[str, Any]
) -> None:
    """Write a folder of products whole, then put it in place of the old one."""
    with replaced(target) as folder:
        folder.mkdir()
        for name, page in pages.items():
            jupytext.write(page.notebook, folder / f"{name}.ipynb", fmt="ipynb")
            for cell in page.notebook.cells:
                for output in cell.get("outputs", []):
                    if PICTURE in output.get("data", {}):
                        (folder / "picture.svg").write_text(output.data[PICTURE], encoding="utf-8")
        declared = [packed for page in pages.values() for packed in page.data]
        for number, packed in enumerate(declared):
            (folder / f"evaluation-{number}.npz").write_bytes(packed)
        results.write(folder / "results.json")
        seal(folder, stamp)


def _write(results: Results, committed: Path) -> bool:
    """Write results where they are committed, unless nothing but their day would change."""
    if committed.is_file():
        try:
            former = Results.read(committed)
        except ResultsError:
            former = None
        if former and results.model_copy(update={"date": former.date}) == former:
            return False
    results.write(committed)
    return True
