"""What a browser does with large figures, which lie in files beside their page."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from docs.render.notebooks import page_notebook
from tests.browser import Served, serve
from tests.site.test_render import heatmap, html_of, no_blocks, notebook

pytestmark = pytest.mark.browser

SCRIPTS = ("palette.js", "figures.js", "vendor/plotly-cartesian.min.js")
BELOW = "/project/2023.10/"
"""Where a version of the site may be served."""


@dataclass
class Plots:
    """A page with a small figure and, many screens below it, a large one in a file."""

    page: Page
    served: Served
    matrix: np.ndarray[Any, Any]
    names: list[str] = field(default_factory=list)

    def open(self) -> None:
        self.page.goto(f"{self.served.url}solution/", wait_until="networkidle")
        expect(self.page.locator("#small svg.main-svg").first).to_be_visible()

    def fetched(self) -> int:
        """How often the file was."""
        return self.served.asked.count(f"solution/{self.names[0]}")


@pytest.fixture
def plots(site: Path, reader: BrowserContext, tmp_path: Path) -> Iterator[Plots]:
    for name in SCRIPTS:
        (tmp_path / "assets" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(site / "assets" / name, tmp_path / "assets" / name)
    matrix = np.random.default_rng(0).normal(size=(113, 113)).astype("float32")
    beside: dict[str, str] = {}

    def figure(shown: np.ndarray[Any, Any]) -> str:
        executed = notebook(heatmap(shown))
        return html_of(page_notebook(executed, "page", no_blocks, beside.__setitem__))

    scripts = "".join(f'<script src="../assets/{name}"></script>' for name in SCRIPTS[:2])
    folder = tmp_path / "solution"
    folder.mkdir()
    (folder / "index.html").write_text(
        f"<!doctype html><body><div id=small>{figure(matrix[:3, :3])}</div>"
        f'<div style="height:9000px"></div><div id=large>{figure(matrix)}</div>{scripts}'
    )
    for name, text in beside.items():
        (folder / name).write_text(text)
    with serve(tmp_path, BELOW) as served:
        page = reader.new_page()
        yield Plots(page, served, matrix, list(beside))
        page.close()


def test_a_large_figure_is_fetched_once_and_when_it_comes_near(plots: Plots) -> None:
    plots.open()
    assert len(plots.names) == 1 and plots.fetched() == 0
    large = plots.page.locator("#large .plot")
    large.scroll_into_view_if_needed()
    expect(large.locator("svg.main-svg").first).to_be_visible()
    drawn = np.array(large.evaluate("box => box.data[0].z.map(row => [...row])"))
    step = np.abs(plots.matrix).max() / 4095
    assert np.abs(drawn - plots.matrix).max() <= step / 2 * 1.001
    plots.page.evaluate("document.body.dataset.mdColorScheme = 'slate'")
    expect(plots.page.locator("#large [data-drawn=dark]")).to_be_visible()
    assert plots.fetched() == 1


def test_a_large_figure_that_was_never_seen_is_printed(plots: Plots) -> None:
    plots.open()
    plots.page.evaluate(
        "addEventListener('afterprint', () => "
        "{ window.printed = document.querySelectorAll('[data-drawn] svg.main-svg').length })"
    )
    plots.page.pdf()
    of_each = plots.page.locator("#small svg.main-svg").count()
    assert plots.page.evaluate("window.printed") == 2 * of_each > 0


def test_a_figure_whose_file_is_missing_says_so_and_the_other_is_drawn(plots: Plots) -> None:
    (plots.served.root / "solution" / plots.names[0]).unlink()
    plots.open()
    large = plots.page.locator("#large .plot")
    large.scroll_into_view_if_needed()
    said = f"This figure could not be drawn: {plots.names[0]} did not load."
    expect(large).to_have_text(said)
    plots.page.pdf()
    expect(large).to_have_text(said)
    expect(plots.page.locator("#small svg.main-svg").first).to_be_visible()
