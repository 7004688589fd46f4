"""Panels in executed pages."""

import json
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from docs.render.live import with_hardest
from docs.render.notebooks import LIVE, page_notebook


def with_panel(**content: Any) -> nbformat.NotebookNode:
    """An executed page with a panel."""
    shown = new_output("display_data", data={LIVE: content, "text/html": "<table></table>"})
    return new_notebook(cells=[new_code_cell("live()", outputs=[shown])])


def test_a_panel_is_its_table_and_a_file_beside_the_page() -> None:
    beside: dict[str, str] = {}
    executed = with_panel(worked=[1, 2], hardest=None)
    page = page_notebook(executed, "page", lambda *_: "", beside.__setitem__)
    html = page.cells[0].outputs[0].data["text/html"]
    ((name, text),) = beside.items()
    assert html == (
        '<section class="live" aria-label="The model, live" '
        f'data-live="{name}"><table></table></section>'
    )
    assert json.loads(text) == {"worked": [1, 2], "hardest": None}


@pytest.mark.parametrize("found", [[[3, 4], [5, 6]], None])
def test_the_problem_page_of_a_solved_problem_knows_the_hardest(found: Any) -> None:
    problem, solution = with_panel(hardest=None), with_panel(hardest=found)
    page = with_hardest(problem, solution)
    assert page.cells[0].outputs[0].data[LIVE]["hardest"] == found
    assert problem.cells[0].outputs[0].data[LIVE]["hardest"] is None
