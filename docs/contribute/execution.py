"""Execute a month's pages: `python -m docs.contribute.execution SLUG FOLDER`, in confinement."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from analyses.write_ups.build import execute, read_pages, results_of, write_products
from analyses.write_ups.notebook import Page, PageError
from analyses.write_ups.products import fingerprint
from analyses.write_ups.results import ResultsError
from docs.contribute.confined import report
from docs.contribute.month import Fault, Month
from models.card import committed_weights, read_card, sha256_of
from models.errors import CardError, CheckpointError

SECONDS = 60
"""How long a page may compute, every thread counted."""
SLEPT = 15
"""Seconds for which a page may do nothing."""
PRODUCTS = "products"
"""The folder of what the pages give."""


def execute_month(month: Month, folder: Path) -> Iterator[Fault]:
    """Execute the pages, write what they give; say what prevents it, and which takes too long."""
    try:
        card = read_card(month.slug)
        sha256 = sha256_of(committed_weights(card))
        # Of the files as they are read.
        stamp = {"fingerprint": fingerprint(month.slug, "cpu")}
        pages = read_pages(month.slug, None, "cpu")
        execute({month.slug: pages})
        results = results_of(card, pages, "cpu", sha256)
    except (PageError, ResultsError, CardError, CheckpointError) as error:
        yield placed(month, error)
        return
    write_products(folder / PRODUCTS, pages, results, stamp)
    for name, page in pages.items():
        yield from time_faults(month, month.pages[name], page)


def time_faults(month: Month, path: Path, page: Page) -> Iterator[Fault]:
    """Whether a page computed too long, or idled."""
    computed, slept = page.effort
    if computed > SECONDS:
        text = (
            f"executing the page takes {computed:.0f} s of computing, every thread counted, at "
            f"most {SECONDS} s are allowed; use fewer sequences, or compute things once."
        )
        yield month.fault(path, text)
    if slept > SLEPT:
        text = (
            f"for {slept:.0f} s the page neither computes nor waits for a core, at most {SLEPT} s "
            "are allowed; take out what it sleeps or waits for."
        )
        yield month.fault(path, text)


def placed(month: Month, error: Exception) -> Fault:
    """An error as a fault: where its message says, else in the solution."""
    found = re.match(r"(\S+), line (\d+): (.*)", str(error), re.DOTALL)
    if found:
        return Fault(found[1], int(found[2]), found[3])
    return month.fault(month.solution, str(error))


def main(slug: str, folder: Path) -> None:
    """Execute, and report."""
    faults = list(execute_month(Month(slug), folder))
    report(folder, faults, [])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
