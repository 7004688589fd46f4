"""The analyse stage: execute a problem's pages, unless nothing they depend on changed."""

import shutil
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


def analyse(slug: str, device: str | None, update: bool) -> Outcome:
    """Bring `build/analyses/<slug>/` up to date.

    With `device` None, products of any device count, so that what a GPU analysed can be
    rendered where there is none; what is not up to date, or damaged, is executed on the CPU.
    The results are judged every time, executed or not, and compared with the committed
    `analyses/<slug>/results.json`; with `update`, they are written there instead. Products
    that are refused stay in `build/refused/<slug>/`, and the former ones in their place.

    Raises:
        PageError: a cell raised, or prose names an unknown number.
        ClaimsDoNotStand: a claim fails, or one of its controls passes.
        ResultsError: a number is not finite, or drifted from the committed results.
        ClockError: the time that the environment gives is none.
    """
    day = today()
    card = read_card(slug)
    weights = committed_weights(card)
    target, committed = BUILD / slug, committed_results(slug)
    devices = (device,) if device else DEVICES
    found = current(slug, devices, BUILD)
    folder = found or refused(target)
    if found is None:
        # Of the files as they are read, not as they may be changed meanwhile.
        stamp = {"fingerprint": fingerprint(slug, devices[0])}
        pages = execute(slug, None, devices[0])
        results = results_of(card, pages, devices[0], sha256_of(weights), day)
        write_products(folder, pages, results, stamp)
    results = judge(folder, None if update else committed)
    if folder != target:
        with replaced(target) as fresh:
            folder.rename(fresh)
    shutil.rmtree(refused(target), ignore_errors=True)
    return Outcome(found is None, update and _write(results, committed))


def execute(
    slug: str, checkpoint: Path | None, device: str, rows: Rows | None = None
) -> dict[str, Page]:
    """Execute a problem's pages; on another checkpoint, its solution alone."""
    pages = {name: Page.read(path) for name, path in sources(slug).items()}
    if checkpoint is not None:
        pages.pop("problem", None)
    for page in pages.values():
        path = str(checkpoint) if checkpoint else None
        # Somebody else's checkpoint may lie anywhere.
        page.confined_to = None if checkpoint else slug
        page.set_parameters(checkpoint=path, device=device, rows=rows)
    cells = sum(cell.cell_type == "code" for page in pages.values() for cell in page.notebook.cells)
    with Progress(f"analyse {slug}", total=cells) as progress:
        execute_all(list(pages.values()), progress.advance)
        progress.note(f"{cells} cells of {len(pages)} pages executed")
    return pages


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
