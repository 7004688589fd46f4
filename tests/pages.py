"""A problem's pages executed in the process that asks for it, where no kernel has to start."""

import contextlib
import io
from typing import Any
from unittest.mock import patch

import jupytext
from nbformat.v4 import new_output

import analyses.write_ups.page
from analyses.write_ups.build import results_of
from analyses.write_ups.notebook import Page
from analyses.write_ups.products import sources
from analyses.write_ups.results import Results
from models.card import committed_weights, read_card, sha256_of


def executed(slug: str, device: str) -> tuple[dict[str, Page], Results]:
    """Both pages, and what they recorded."""
    card = read_card(slug)
    pages = {name: Page.read(path) for name, path in sources(slug).items()}
    for page in pages.values():
        page.set_parameters(checkpoint=None, device=device)
        execute(page)
        page.collect()
    return pages, results_of(card, pages, device, sha256_of(committed_weights(card)))


def execute(page: Page) -> None:
    """Run the code of a page; what it records becomes its outputs."""
    recorded: list[Any] = []

    def display(data: object, **_: object) -> None:
        if isinstance(data, dict):
            recorded.append(new_output("display_data", data=data))

    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in page.notebook.cells:
        if cell.cell_type == "code":
            with (
                patch.object(analyses.write_ups.page, "display", display),
                patch("IPython.display.display"),
            ):
                exec(compile(cell.source, page.place(cell), "exec"), names)
            cell.outputs, recorded = recorded, []


def printed_after(slug: str, heading: str) -> list[str]:
    """What a reader of the problem's page gets to see who runs the first code below a heading, and
    nothing before it.
    """
    cells = jupytext.read(sources(slug)["problem"], fmt="py:percent").cells
    (place,) = (n for n, cell in enumerate(cells) if f"## {heading}\n" in cell.source + "\n")
    source = next(cell.source for cell in cells[place:] if cell.cell_type == "code")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(source, {})
    return printed.getvalue().splitlines()
