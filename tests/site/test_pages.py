"""What a reader meets, measured in a browser over a full scroll of every page."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser import Served
from tests.conftest import ROOT
from tests.site.conftest import EMPTY, NARROW, SOLVED, TOO_WIDE, WIDE, WIDTHS, Visit, every_page

pytestmark = pytest.mark.browser

BUDGET_READ = 350_000
"""Bytes that a page may take, compressed, if it is read to its end."""
BUDGET_TOUCHED = 1_200_000
"""The same with every figure reached for."""
PICTURES = 2_500
"""Elements that all pictures of a page may be made of, less than half of those of its text, so
that they are drawn soon after it (`nox -s bench` takes the time)."""
PICTURES_LENGTH = 450_000
"""Characters of the same."""

every_month = pytest.mark.every_month
every_solution = pytest.mark.parametrize("slug", SOLVED)
every_width = pytest.mark.parametrize("width", WIDTHS)
Visits = Callable[[str, int], Visit]


def drawn(slug: str) -> int:
    """How many figures the source of a solution draws at least: calls outside any block."""
    source = (ROOT / "analyses" / slug / "solution.py").read_text(encoding="utf-8")
    return len(re.findall(r"^figures\.\w+\(", source, flags=re.MULTILINE))


@every_page
@every_width
def test_nothing_is_requested_elsewhere(visit: Visits, url: str, width: int) -> None:
    assert visit(url, width).elsewhere == []


@every_page
@every_width
def test_the_console_is_silent(visit: Visits, url: str, width: int) -> None:
    assert visit(url, width).complaints == []


@every_page
@every_width
def test_every_figure_is_drawn_in_both_palettes(visit: Visits, url: str, width: int) -> None:
    assert visit(url, width).undrawn == []


@every_page
@every_width
def test_nothing_is_wider_than_its_box(visit: Visits, url: str, width: int) -> None:
    assert visit(url, width).too_wide == []


@every_page
@every_width
def test_nothing_serious_stands_in_anybodys_way(visit: Visits, url: str, width: int) -> None:
    assert visit(url, width).violations == []


@every_page
@every_width
def test_a_page_at_rest_draws_no_frames(visit: Visits, url: str, width: int) -> None:
    assert visit(url, width).restless == []


@every_page
@every_width
def test_targets_are_large_enough_for_a_finger(visit: Visits, url: str, width: int) -> None:
    assert visit(url, width).small == []


@every_page
def test_a_page_is_light(visit: Visits, url: str) -> None:
    assert visit(url, NARROW).weight_before <= BUDGET_READ
    assert visit(url, WIDE).weight_after <= BUDGET_TOUCHED


@every_month
@every_solution
def test_figures_load_libraries_and_data_only_when_they_are_reached_for(
    visit: Visits, site: Path, slug: str
) -> None:
    url = f"problems/{slug}/solution/"
    page = visit(url, WIDE).page
    drawn_with = {"plotly": "[data-plotly]", "circuitsvis": "[data-circuitsvis]"}
    needed = {
        *(path.relative_to(site).as_posix() for path in (site / url).glob("figure-*.json")),
        *(
            path.relative_to(site).as_posix()
            for library, figures in drawn_with.items()
            for path in site.glob(f"assets/vendor/{library}*.js")
            if page.locator(figures).count()
        ),
    }
    assert needed
    assert not needed & visit(url, NARROW).asked_before
    assert needed <= visit(url, WIDE).asked_after


@every_month
@every_solution
def test_every_figure_has_a_text_alternative(visit: Visits, site: Path, slug: str) -> None:
    url = f"problems/{slug}/solution/"
    figures = visit(url, WIDE).page.locator("figure.figure")
    assert figures.count() == len(list((site / url).glob("figure-*.csv"))) >= drawn(slug) > 0
    for figure in figures.all():
        label = figure.locator("[aria-label]").first.get_attribute("aria-label")
        assert label
        assert figure.locator(".alternative p").text_content() == label
        assert figure.locator("figcaption").text_content()


@every_month
@every_solution
def test_a_sequence_can_be_chosen(visit: Visits, slug: str) -> None:
    page = visit(f"problems/{slug}/solution/", WIDE).page
    for figure in page.locator("figure:has(select)").all():
        stills = figure.locator(".still")
        before = figure.locator("canvas").last.screenshot()
        last = stills.count() - 1
        figure.locator("select").select_option(index=last)
        assert stills.evaluate_all("all => all.map(still => still.hidden)") == [
            place != last for place in range(stills.count())
        ]
        expect(figure.locator("canvas").first).to_be_visible()
        page.wait_for_timeout(700)
        assert figure.locator("canvas").last.screenshot() != before


SHOWN = """() => [...document.querySelectorAll('.drawing[data-plotly]')].map(box => {
  const layout = box.querySelector('.plot')._fullLayout;
  const texts = (within, selector) =>
    [...within.querySelectorAll(selector)].map(part => part.textContent.trim()).filter(Boolean);
  const axes = (letter) =>
    Object.keys(layout).filter(key => RegExp(`^${letter}axis[0-9]*$`).test(key));
  const still = box.querySelector('.still');
  return {
    figure: box.closest('figure').id,
    data: box.dataset.plotly,
    ranges: Object.fromEntries(
      [...axes('x'), ...axes('y')].map(name => [name, layout[name].range])),
    titles: ['x', 'y'].map(letter => axes(letter).map(name => layout[name].title.text ?? '')),
    stillTitles: ['x', 'y'].map(letter => [...still.querySelectorAll(`.panel .panel__${letter}`)]
      .map(part => part.textContent.trim())),
    legend: texts(box, '.plot .legendtext'),
    stillLegend: texts(still, '.still__legend span'),
  };
})"""


@every_month
@every_solution
def test_still_and_interactive_figure_show_the_same(visit: Visits, site: Path, slug: str) -> None:
    url = f"problems/{slug}/solution/"
    page = visit(url, WIDE).page
    figures = page.evaluate(SHOWN)
    others = page.locator("[data-circuitsvis]").count()
    assert len(figures) == page.locator("figure.figure").count() - others > 0
    for shown in figures:
        layout = json.loads((site / url / shown["data"]).read_text(encoding="utf-8"))["layout"]
        for name, limits in shown["ranges"].items():
            assert limits == pytest.approx(layout[name]["range"]), shown["figure"]
        assert shown["titles"] == shown["stillTitles"], shown["figure"]
        assert shown["legend"] == shown["stillLegend"], shown["figure"]


@every_month
@every_solution
def test_pictures_are_little_to_draw(site: Path, slug: str) -> None:
    page = BeautifulSoup(
        (site / f"problems/{slug}/solution/index.html").read_text("utf-8"), "html.parser"
    )
    pictures = page.select(".still")
    assert len(pictures) >= drawn(slug) > 0
    assert sum(len(picture.find_all()) for picture in pictures) <= PICTURES
    assert sum(len(str(picture)) for picture in pictures) <= PICTURES_LENGTH


@every_month
def test_evidence_is_filtered(visit: Visits) -> None:
    page = visit("evidence/", WIDE).page
    rows = page.locator("#claims tbody tr")
    everything = rows.count()
    assert page.locator("output").text_content() == f"{everything} of {everything} claims"
    page.select_option("select[name=verdict]", "refuted")
    refuted = page.locator("#claims tbody tr[data-verdict=refuted]").count()
    assert page.locator("#claims tbody tr:visible").count() == refuted < everything
    page.select_option("select[name=verdict]", "")
    page.fill("input[name=text]", "no claim says this")
    assert page.locator("#claims tbody tr:visible").count() == 0
    page.fill("input[name=text]", "")
    assert page.locator("#claims tbody tr:visible").count() == everything


def test_evidence_is_readable_without_scripts(served: Served, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.url + "evidence/")
    assert page.locator("#claims tbody tr:visible").count() > 5
    assert page.locator("form.filters").is_hidden()
    context.close()


SEARCH = ("search/search_index.json", "assets/javascripts/workers/search.")
"""What only those who search need."""


def searching(requested: list[str]) -> list[str]:
    return [part for part in SEARCH if any(part in address for address in requested)]


@pytest.mark.parametrize(
    ("width", "opened"),
    [
        (WIDE, "input[name=query]"),
        (NARROW, ".masthead__search"),
        *((WIDE, key) for key in "/sf"),
    ],
)
def test_search_is_loaded_when_it_is_opened_and_finds_a_word(
    served: Served, reader: BrowserContext, width: int, opened: str
) -> None:
    page = reader.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(served.url + "contribute/", wait_until="networkidle")
    assert searching(requested) == []
    if len(opened) == 1:
        page.keyboard.press(opened)
    else:
        page.locator(opened).click()
    expect(page.locator("input[name=query]")).to_be_focused()
    page.keyboard.type("ablation")
    found = page.locator(".md-search-result__item", has_text="Glossary")
    expect(found.first).to_be_visible()
    assert searching(requested) == list(SEARCH)
    page.close()


def test_an_address_says_what_to_search_for_and_what_to_mark(
    served: Served, reader: BrowserContext
) -> None:
    page = reader.new_page()
    page.goto(served.url + "?q=ablation")
    found = page.locator(".md-search-result__item", has_text="Glossary")
    expect(found.first).to_be_visible()
    with page.expect_navigation():
        found.locator("a[href*='h=ablation']").first.click()
    expect(page.locator("article mark").first).to_have_text("ablation", ignore_case=True)
    page.close()


def test_a_page_opened_as_a_file_offers_no_search(site: Path, reader: BrowserContext) -> None:
    page = reader.new_page()
    page.goto((site / "glossary" / "index.html").as_uri())
    expect(page.locator("input[name=query]")).to_be_hidden()
    page.close()


MOST_SHEETS = 16
"""Of paper, for the longest solution: fourteen for what is said of its own model, and two for what
is said of others, in the column of every table of claims and in a section."""


@every_month
@every_solution
@pytest.mark.parametrize("scripts", [True, False])
def test_paper_has_every_figure_whole_and_no_navigation(
    served: Served, browser: Browser, slug: str, scripts: bool
) -> None:
    context = browser.new_context(
        java_script_enabled=scripts, color_scheme="dark", viewport={"width": 718, "height": 1000}
    )
    page = context.new_page()
    page.goto(served.url + f"problems/{slug}/solution/")
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    page.emulate_media(media="print")
    for hidden in (".masthead__nav", ".masthead__tools", ".contents", ".running-head nav"):
        assert page.locator(hidden).first.is_hidden(), hidden
    assert page.evaluate(EMPTY) == []
    assert page.evaluate(TOO_WIDE) == []
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert min(map(int, paper[4:-1].split(","))) > 200, "paper is printed light"
    assert page.locator(".source:visible, .claims-rest:visible").count() == 0
    context.close()
    assert sheets <= MOST_SHEETS
