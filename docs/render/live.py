"""Scripts of the live panel: what lets a problem's model run in the page."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from docs.render.notebooks import LIVE as RECORDED
from docs.render.vendor import ROOT
from models.card import MODELS

LIVE = ROOT / "docs" / "live"
EXPLAINED = ROOT / "analyses"
COMMENT = re.compile(r"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE)


def scripts(states: dict[str, str]) -> dict[str, Path]:
    """What to serve: path below `assets/live/` -> file of the project.

    Of open problems the explanation stays back: nothing of a solution reaches the browser.

    Args:
        states: by slug, whether a problem is `open` or `solved`.
    """
    served = {path.name: path for path in sorted([*LIVE.glob("*.js"), *LIVE.glob("*.css")])}
    for slug, state in states.items():
        served[f"tasks/{slug}.js"] = MODELS / slug / "task.js"
        if state == "solved":
            served[f"explanations/{slug}.js"] = EXPLAINED / slug / "explanation.js"
    return {name: path for name, path in served.items() if path.is_file()}


def without_comments(script: str) -> str:
    """A script as it is served: its comments, which are half of it, stay in the repository.

    Those go that have lines of their own; the rest is as it was written.
    """
    return COMMENT.sub("", script)


def with_hardest(problem: NotebookNode, solution: NotebookNode) -> NotebookNode:
    """A problem page whose panel knows what the analysis found hardest.

    Args:
        problem: executed; left alone.
        solution: of the same problem, executed; there is none that a reader may see of an open one.
    """
    hardest = [panel["hardest"] for panel in _panels(solution) if panel["hardest"]]
    page = deepcopy(problem)
    for panel in _panels(page):
        panel["hardest"] = hardest[0] if hardest else None
    return page


def _panels(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if RECORDED in output.get("data", {}):
                yield output.data[RECORDED]
