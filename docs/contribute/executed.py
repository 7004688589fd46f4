"""What the executed pages of a month show: claims, drift, figures."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nbformat

from analyses.evidence.findings import ClaimsDoNotStand
from analyses.write_ups.build import analyse
from analyses.write_ups.notebook import PageError
from analyses.write_ups.products import BUILD
from analyses.write_ups.results import Results, ResultsError
from docs.contribute.execution import placed
from docs.contribute.month import Fault, Month
from docs.contribute.prose import Cell, cells, typed_in_claims, typed_in_explanations
from docs.render.notebooks import CIRCUITSVIS, PLOTLY
from models.card import slugs
from models.errors import CheckpointError
from models.folders import replaced

EXPECTED = (ClaimsDoNotStand, ResultsError, PageError, CheckpointError)
"""What executing pages may raise."""


def committed_results(month: Month) -> tuple[Results | None, list[Fault]]:
    """The committed results, to be read before anything is executed, or why there are none."""
    path = month.analysis / "results.json"
    try:
        return Results.read(path), []
    except ResultsError as error:
        # That it is missing has been said.
        return None, [month.fault(path, str(error))] if path.is_file() else []


def keep(month: Month, products: Path) -> None:
    """Put what the pages gave where the site is built from."""
    with replaced(BUILD / month.slug) as fresh:
        shutil.copytree(products, fresh)


def others(month: Month) -> Iterator[Fault]:
    """Execute the pages of the other months, which the site needs; say what prevents it."""
    rest = [slug for slug in slugs() if slug != month.slug]
    # Side by side, which is quicker; then one by one, to tell which is at fault.
    with suppress(*EXPECTED):
        analyse(rest, "cpu", update=False)
    for slug in rest:
        try:
            analyse([slug], "cpu", update=False)
        except EXPECTED as error:
            yield placed(Month(slug, month.root), error)


def product_faults(month: Month, products: Path, committed: Results | None) -> Iterator[Fault]:
    """What the executed pages give cause to mend.

    Args:
        month: the month.
        products: what its pages gave.
        committed: the results to compare with; None if there are none.
    """
    results = Results.read(products / "results.json")
    if not results.claims:
        yield month.fault(month.solution, "checks no claim; state some and `check` them.")
    for finding in results.claims:
        if complaint := finding.complaint():
            yield month.claim_fault(finding.name, complaint)
    for text in results.undefined():
        yield month.fault(month.solution, f"{text}: that is no result; record what is defined.")
    yield from typed_in_claims(month, results.claims)
    yield from typed_in_explanations(month, results.explanations)
    if committed is not None:
        yield from drift_faults(month, results, committed)
    for name, page in month.pages.items():
        yield from figure_faults(month, page, products / f"{name}.ipynb")


def drift_faults(month: Month, results: Results, committed: Results) -> Iterator[Fault]:
    """Where the committed results are not what the pages give."""
    for line in results.drift_from(committed):
        name = line.removeprefix("claim ").split(":")[0]
        mend = f"if that is meant, `nox -s analyses -- {month.slug} --update`"
        path = month.analysis / "results.json"
        yield month.fault(path, f"drifted: {line}; {mend}.", at=f'"{name}"')


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
                    text = (
                        f"a figure has no {what}; draw it with analyses.write_ups.figures, "
                        "which takes it."
                    )
                    yield month.fault(page, text, first_line(source))


def first_line(cell: Cell | None) -> int:
    """Where a cell's content begins."""
    if cell is None:
        return 1
    blank = len(cell.text) - len(cell.text.lstrip("\n"))
    return cell.line + blank
