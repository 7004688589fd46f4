"""`python -m tests.gpu.on_lookalike SLUG`: a problem's write-up on a device that is no CPU.

A process of its own, since the device stays registered. Prints what differs from the
committed results, and fails if anything does, or if the write-up mixes devices.
"""

import sys
from typing import Any
from unittest.mock import patch

from nbformat.v4 import new_output

import analyses.page
from analyses.build import results_of
from analyses.notebook import ROOT, Page
from analyses.products import sources
from analyses.results import Results
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
            with patch.object(analyses.page, "display", display), patch("IPython.display.display"):
                exec(compile(cell.source, page.place(cell), "exec"), names)
            cell.outputs, recorded = recorded, []


def results_on_lookalike(slug: str) -> Results:
    """What the write-up of a problem records on the device."""
    card = read_card(slug)
    pages = {name: Page.read(path) for name, path in sources(slug).items()}
    with lookalike():
        for page in pages.values():
            page.set_parameters(checkpoint=None, device=NAME)
            execute(page)
            page.collect()
    return results_of(card, pages, NAME, sha256_of(committed_weights(card)))


if __name__ == "__main__":
    (slug,) = sys.argv[1:]
    committed = Results.read(ROOT / "analyses" / slug / "results.json")
    drift = results_on_lookalike(slug).drift_from(committed)
    print("\n".join(drift))
    sys.exit(1 if drift else 0)
