"""What executing a month's pages shows: time, claims, drift, figures."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat

from analyses.build import analyse
from analyses.findings import ClaimsDoNotStand
from analyses.notebook import PageError
from analyses.products import (
    BUILD,
    STAMP,
    committed_results,
    current,
    judge,
    read_stamp,
    refused,
)
from analyses.results import Results, ResultsError
from docs.contribute.month import Fault, Month
from docs.contribute.prose import Cell, cells
from docs.render.notebooks import CIRCUITSVIS, PLOTLY
from models.card import slugs
from models.errors import CardError, CheckpointError

SECONDS, CORES = 60, 2
"""How long the pages of a month may take, on how many cores."""


def execute(month: Month) -> Iterator[Fault]:
    """Bring the products of the pages up to date, on two cores; say what prevents it."""
    for products in (BUILD / month.slug, refused(BUILD / month.slug)):
        stamp = read_stamp(products)
        if stamp.get("cores", CORES) > CORES or stamp.get("seconds", 0) > SECONDS:
            # Measured on more cores, or perhaps on a busy machine: execute once more.
            (products / STAMP).unlink()
    try:
        with at_most(CORES):
            analyse(month.slug, "cpu", update=False)
    except (ClaimsDoNotStand, ResultsError) as error:
        # If the pages ran, their products tell more than the first error does.
        if products_of(month) is None:
            yield month.fault(month.solution, f"{error}")
    except (PageError, CardError, CheckpointError) as error:
        yield placed(month, error)


def others(month: Month) -> Iterator[Fault]:
    """Execute the pages of the other months, which the site needs; say what prevents it."""
    for slug in slugs():
        try:
            if slug != month.slug:
                analyse(slug, "cpu", update=False)
        except (ClaimsDoNotStand, ResultsError, PageError, CheckpointError) as error:
            yield placed(Month(slug, month.root), error)


def placed(month: Month, error: Exception) -> Fault:
    """An error as a fault: where its message says, else in the solution."""
    found = re.match(r"(\S+), line (\d+): (.*)", str(error), re.DOTALL)
    if found:
        return Fault(found[1], int(found[2]), found[3])
    return month.fault(month.solution, str(error))


def products_of(month: Month) -> Path | None:
    """What the pages gave as they are, refused or not; None if they did not run."""
    return current(month.slug, ["cpu"], BUILD)


def stand(month: Month, products: Path) -> bool:
    """Whether the site would show these products."""
    try:
        judge(products, committed_results(month.slug, month.root))
    except (ClaimsDoNotStand, ResultsError):
        return False
    return products == BUILD / month.slug


@contextmanager
def at_most(cores: int) -> Iterator[None]:
    """Use so many processor cores, here and in processes begun here, where this can be set."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(allowed)[:cores])
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def product_faults(month: Month, products: Path) -> Iterator[Fault]:
    """What the executed pages give cause to mend."""
    stamp = read_stamp(products)
    if stamp["seconds"] > SECONDS:
        text = (
            f"executing the pages took {stamp['seconds']:.0f} s on {stamp['cores']} cores, at most "
            f"{SECONDS} s are allowed; use fewer sequences, or compute things once (if the machine "
            "was busy with something else, check again)."
        )
        yield month.fault(month.solution, text)
    results = Results.read(products / "results.json")
    if not results.claims:
        yield month.fault(month.solution, "checks no claim; state some and `check` them.")
    for finding in results.claims:
        if complaint := finding.complaint():
            yield claim_fault(month, finding.name, complaint)
    yield from drift_faults(month, results)
    for name, page in month.pages.items():
        yield from figure_faults(month, page, products / f"{name}.ipynb")


def claim_fault(month: Month, name: str, complaint: str) -> Fault:
    """A fault where the claim is stated."""
    at = f'name="{name}"'
    modules = [path for path in month.analysis.glob("*.py") if at in path.read_text()]
    return month.fault((modules or [month.solution])[0], complaint, at=at)


def drift_faults(month: Month, results: Results) -> Iterator[Fault]:
    """Where the committed results are not what the pages give."""
    committed = month.analysis / "results.json"
    if not committed.is_file():
        return
    try:
        drifted = results.drift_from(Results.read(committed))
    except ResultsError as error:
        yield month.fault(committed, str(error))
        return
    for line in drifted:
        name = line.removeprefix("claim ").split(":")[0]
        mend = f"if that is meant, `nox -s analyses -- {month.slug} --update`"
        yield month.fault(committed, f"drifted: {line}; {mend}.", at=f'"{name}"')


def figure_faults(month: Month, page: Path, executed: Path) -> Iterator[Fault]:
    """Figures of an executed page without caption or text alternative."""
    sources = cells(page)
    notebook = nbformat.read(executed, as_version=4)
    for number, cell in enumerate(notebook.cells):
        source = sources[number] if len(sources) == len(notebook.cells) else None
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if PLOTLY in data:
                described = data[PLOTLY].get("layout", {}).get("meta") or {}
            elif CIRCUITSVIS in data:
                described = data[CIRCUITSVIS]
            elif any(kind.startswith("image/") and kind != "image/svg+xml" for kind in data):
                described = {}
            else:
                continue
            for what in ("caption", "alt"):
                if not str(described.get(what) or "").strip():
                    text = f"a figure has no {what}; draw it with analyses.figures, which takes it."
                    yield month.fault(page, text, first_line(source))


def first_line(cell: Cell | None) -> int:
    """Where a cell's content begins."""
    if cell is None:
        return 1
    blank = len(cell.text) - len(cell.text.lstrip("\n"))
    return cell.line + blank
