"""A problem's write-up on a device that is no CPU.

For a process of its own, since the device stays registered.
"""

from typing import Any
from unittest.mock import patch

from nbformat.v4 import new_output

import analyses.write_ups.page
from analyses.write_ups.build import results_of
from analyses.write_ups.notebook import Page
from analyses.write_ups.products import committed_results, sources
from analyses.write_ups.results import Results
from models.card import committed_weights, read_card, sha256_of
from tests.gpu.lookalike import NAME, lookalike


def execute(page: Page) -> None:
    """Run the code of a page in this process; what it records becomes its outputs."""
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


def drift_on_lookalike(slug: str) -> list[str]:
    """What the write-up of a problem records on the device otherwise than was committed.

    Raises:
        RuntimeError: if it mixes devices.
    """
    card = read_card(slug)
    pages = {name: Page.read(path) for name, path in sources(slug).items()}
    with lookalike():
        for page in pages.values():
            page.set_parameters(checkpoint=None, device=NAME)
            execute(page)
            page.collect()
    found = results_of(card, pages, NAME, sha256_of(committed_weights(card)))
    return found.drift_from(Results.read(committed_results(slug)))
