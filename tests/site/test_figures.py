"""What a browser does with figures: stills until a reader reaches for them."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import Served, serve
from tests.site.test_render import CIRCUITSVIS, heatmap, laid_down

pytestmark = pytest.mark.browser

SCRIPTS = (
    "palette.js",
    "figures.js",
    "vendor/plotly-cartesian.min.js",
    "vendor/circuitsvis.min.js",
)
STYLES = ("palette.css", "site.css")
BELOW = "/project/2023.10/"
"""Where a version of the site may be served."""


@dataclass
class Plots:
    """A page with a map and, below it, attention patterns."""

    page: Page
    served: Served
    matrix: np.ndarray[Any, Any]
    names: dict[str, str]
    """Files of what is interactive, by kind."""

    def open(self) -> None:
        self.page.goto(f"{self.served.url}solution/", wait_until="networkidle")

    def asked(self, part: str) -> int:
        """How often files were asked for that have this in their name."""
        return sum(part in path for path in self.served.asked)

    @property
    def map(self) -> Any:
        return self.page.locator(".drawing[data-plotly]")

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name)


@pytest.fixture
def plots(site: Path, reader: BrowserContext, tmp_path: Path) -> Iterator[Plots]:
    for name in (*SCRIPTS, *STYLES):
        (tmp_path / "assets" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(site / "assets" / name, tmp_path / "assets" / name)
    matrix = np.random.default_rng(0).normal(size=(113, 113)).astype("float32")
    parts = {"tokens": ["5", "SEP"], "heads": ["0.0"], "marks": []}
    choices = [
        {"label": f"{first}", **parts, "attention": [[[1.0, 0.0], [first, 1 - first]]]}
        for first in (0.25, 0.5)
    ]
    attention = {CIRCUITSVIS: {"choices": choices, "caption": "c", "alt": "a"}}
    html, beside = laid_down(heatmap(matrix), attention)
    folder = tmp_path / "solution"
    folder.mkdir()
    styles = "".join(f'<link rel="stylesheet" href="../assets/{name}">' for name in STYLES)
    scripts = "".join(f'<script src="../assets/{name}"></script>' for name in SCRIPTS[:2])
    (folder / "index.html").write_text(
        f"<!doctype html>{styles}<body data-md-color-scheme=default>"
        f'<div class="md-typeset" style="margin-top:300px">{html}</div>{scripts}'
    )
    for name, text in beside.items():
        (folder / name).write_text(text)
    files = [name for name in beside if name.endswith("json")]
    kinds = {"map": files[0], "attention": files[1]}
    with serve(tmp_path, BELOW) as served:
        page = reader.new_page()
        yield Plots(page, served, matrix, kinds)
        page.close()


def test_whoever_only_reads_loads_no_library_and_no_data(plots: Plots) -> None:
    plots.open()
    plots.page.mouse.move(5, 5)
    plots.page.mouse.wheel(0, 400)
    plots.page.wait_for_timeout(300)
    for drawing in plots.page.locator(".drawing").all():
        expect(drawing.locator(".still").first).to_be_visible()
        box = drawing.locator(".still .panel__plot").first.bounding_box()
        assert box and box["height"] > 100 and box["width"] > 100
    assert plots.asked("plotly") == plots.asked("circuitsvis") == plots.asked("figure-") == 0


def by_pointer(plots: Plots) -> None:
    box = plots.map.bounding_box()
    plots.page.mouse.move(5, 5)
    plots.page.mouse.move(box["x"] + 99, box["y"] + 99)
    plots.page.mouse.move(box["x"] + 109, box["y"] + 105)


def by_key(plots: Plots) -> None:
    button = plots.button("Interactive")
    for _ in range(9):
        plots.page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    plots.page.keyboard.press("Enter")


def by_tap(plots: Plots) -> None:
    plots.map.dispatch_event("click")


@pytest.mark.parametrize("reach", [by_pointer, by_key, by_tap])
def test_who_reaches_for_a_figure_gets_the_interactive_one_with_its_values(
    plots: Plots, reach: Any
) -> None:
    plots.open()
    reach(plots)
    plot = plots.map.locator(".plot")
    expect(plots.map).to_have_attribute("data-drawn", "light")
    expect(plot.locator("svg.main-svg").first).to_be_visible()
    expect(plots.map.locator(".still")).to_be_hidden()
    drawn = np.array(plot.evaluate("box => box.data[0].z.map(row => [...row])"))
    assert np.abs(drawn - plots.matrix).max() <= np.abs(plots.matrix).max() / 4094 * 1.001
    plots.page.evaluate("document.body.dataset.mdColorScheme = 'slate'")
    expect(plots.map).to_have_attribute("data-drawn", "dark")
    assert plots.asked(plots.names["map"]) == plots.asked("plotly") == 1
    assert plots.asked("circuitsvis") == 0


def test_the_picture_comes_back(plots: Plots) -> None:
    plots.open()
    button = plots.button("Interactive")
    button.press("Enter")
    expect(plots.map).to_have_attribute("data-drawn", "light")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(plots.map.locator(".still")).to_be_visible()
    assert plots.map.locator(".plot").count() == 0


def test_paper_shows_the_picture_whether_or_not_it_was_reached_for(plots: Plots) -> None:
    plots.open()
    plots.button("Interactive").click()
    expect(plots.map).to_have_attribute("data-drawn", "light")
    plots.page.emulate_media(media="print")
    for drawing in plots.page.locator(".drawing").all():
        expect(drawing.locator(".still").first).to_be_visible()
    expect(plots.map.locator(".plot")).to_be_hidden()


def test_attention_is_chosen_as_a_picture_and_in_circuitsvis(plots: Plots) -> None:
    plots.open()
    drawing = plots.page.locator(".drawing--attention")
    stills = drawing.locator(".still")
    plots.page.get_by_label("Show").select_option(index=1)
    expect(stills.nth(0)).to_be_hidden()
    expect(stills.nth(1)).to_be_visible()
    assert plots.asked("circuitsvis") == 0
    plots.button("In CircuitsVis").click()
    expect(drawing.locator("canvas").first).to_be_visible()
    expect(stills.nth(1)).to_be_hidden()
    assert plots.asked(plots.names["attention"]) == 1


def test_a_figure_whose_file_is_missing_stays_a_picture_and_says_so(plots: Plots) -> None:
    name = plots.names["map"]
    (plots.served.root / "solution" / name).unlink()
    plots.open()
    plots.button("Interactive").click()
    said = f"This figure stays a picture: {name} did not load."
    expect(plots.page.get_by_role("status")).to_have_text(said)
    expect(plots.map.locator(".still")).to_be_visible()
    expect(plots.button("Interactive")).to_have_attribute("aria-pressed", "false")


def test_without_scripts_pictures_are_there_and_nothing_that_needs_scripts(
    plots: Plots, browser: Any
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{plots.served.url}solution/")
    assert page.locator(".still:visible").count() == 2
    assert page.locator("button:visible").count() == 0
    context.close()
