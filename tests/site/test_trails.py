"""From a sentence to its evidence and back: numbers, claims, what is folded, what is found."""

import doctest
import json
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import urldefrag, urljoin

import nbformat
import pytest
from bs4 import BeautifulSoup, Tag
from mkdocs.structure.files import File, Files
from mkdocs_jupyter.nbconvert2 import nb2html
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, BrowserContext, expect

from analyses.write_ups.claims_table import claims_table
from analyses.write_ups.outputs import DATA, NUMBER
from analyses.write_ups.results import fact_html
from docs.render import searched, trails
from docs.render.months import read_months
from docs.render.notebooks import page_notebook
from docs.render.tidy import tidy
from docs.render.trails import tie_claims, tie_numbers
from tests.analyses.records import finding, number
from tests.browser import Served
from tests.site.conftest import SOLVED

every_month = pytest.mark.every_month
every_solution = pytest.mark.parametrize("slug", SOLVED)

Outputs = list[nbformat.NotebookNode]


def recorded(name: str) -> nbformat.NotebookNode:
    data = {NUMBER: number(name=name).model_dump() | {"text": "0.500"}}
    return new_output("display_data", data=data)


def shown(html: str) -> nbformat.NotebookNode:
    return new_output("display_data", data={"text/html": html})


def figure(count: int) -> nbformat.NotebookNode:
    return shown(f'<figure id="figure-{count}"><a href="#figure-{count}">Figure</a></figure>')


def rendered(
    cells: list[str | tuple[str, Outputs] | tuple[str, Outputs, str]], folder: Path, name: str
) -> BeautifulSoup:
    """Cells as a page of a problem: a string is prose, else code, its outputs and perhaps a tag."""
    notebook = new_notebook()
    for cell in cells:
        if isinstance(cell, str):
            notebook.cells.append(new_markdown_cell(cell))
        else:
            code, outputs, *tags = cell
            notebook.cells.append(new_code_cell(code, outputs=outputs, metadata={"tags": tags}))
    page = page_notebook(notebook, name, lambda *block: "", lambda *file: None)
    nbformat.write(page, folder / f"{name}.ipynb")
    src_uri = f"problems/x/{name}.ipynb"
    files = Files([File(uri, "docs", "site", True) for uri in (src_uri, "evidence.md")])
    html = tidy(nb2html(str(folder / f"{name}.ipynb")), src_uri, files)
    return BeautifulSoup(html, "html.parser")


def texts(parts: list[Tag]) -> list[str]:
    return [part.get_text().strip() for part in parts]


def test_a_number_leads_to_its_record_and_back_to_its_first_use(tmp_path: Path) -> None:
    cells = [
        f"It is {number().html()}, or {number().html()}; {number(name='hidden').html()}.",
        ("record(...)", [recorded("loss")]),
        ("hide()", [recorded("hidden")], "remove-cell"),
    ]
    page = rendered(cells, tmp_path, "solution")
    first, second, hidden = page.select("a.number")
    assert (first["href"], first["id"]) == ("#number-loss", "use-loss")
    assert second["href"] == "#number-loss" and "id" not in second.attrs
    assert "href" not in hidden.attrs, "what leads nowhere is no link"
    row = page.select_one("details.source #number-loss")
    assert row and row.a and row.a["href"] == "#use-loss"
    assert row.get_text() == "loss0.500\u00a0nats 0.5"


def test_a_fact_leads_to_its_record() -> None:
    row = '<dl class="numbers"><div id="number-who"><dt><code>who</code></dt><dd>a</dd></div></dl>'
    soup = BeautifulSoup(fact_html("who", "a") + row, "html.parser")
    tie_numbers(soup)
    assert soup.select_one("#use-who[href='#number-who']")
    assert soup.select_one("#number-who dt a[href='#use-who'] > code")


CLAIMS = [finding(name=name) for name in ("named", "recorded", "silent", "twice")]
STORY = [
    "# Title",
    ("findings = check(CLAIMS)\nfindings['silent']", [shown(claims_table(CLAIMS))]),
    "## 1. One\n\nProse.",
    ("plot()", [figure(1)]),
    ('use(findings["named"])\nuse("twice")', []),
    "More.",
    ("plot()", [figure(2)]),
    "## Two\n\nProse.",
    ("record('recorded', 0.5); findings['twice']", [recorded("recorded")]),
]


def test_a_claim_leads_to_what_argues_it_and_sections_lead_back(tmp_path: Path) -> None:
    page = rendered(STORY, tmp_path, "solution")
    trails = {
        str(row["id"]): [(link.get_text(), link["href"]) for link in row.select("small a")]
        for row in page.select("table.claims tr[id]")
    }
    first, second = (f"#{heading['id']}" for heading in page.select("h2"))
    one, two = ("section 1", first), ("\u201cTwo\u201d", second)
    back = "../../evidence/#claim-x-"
    assert trails == {
        "claim-named": [one, ("figure 1", "#figure-1"), ("Evidence page", f"{back}named")],
        "claim-recorded": [two, ("Evidence page", f"{back}recorded")],
        # Before the first section nothing is argued.
        "claim-silent": [("Evidence page", f"{back}silent")],
        "claim-twice": [
            *(one, ("figure 1", "#figure-1"), two),
            ("Evidence page", f"{back}twice"),
        ],
    }
    lines = page.select("h2 + p.argues")
    assert texts(lines) == ["Claims: named, twice", "Claims: recorded, twice"]
    assert lines[0].select_one("a[href='#claim-named'][title='The model sorts lists.']")


def test_a_claim_that_nothing_asks_for_belongs_to_the_section_of_its_table() -> None:
    html = (
        '<div class="notebook"><div class="prose"><h2 id="one">1. One</h2></div>'
        f'<div class="output">{claims_table([finding(name="silent"), finding(name="used")])}</div>'
        '<div class="output"><figure id="figure-1"></figure></div>'
        '<div class="prose"><h2 id="two">2. Two</h2></div>'
        '<details class="source"><div class="highlight">findings["used"]</div></details></div>'
    )
    soup = BeautifulSoup(html, "html.parser")
    assert tie_claims(soup, None) == []
    assert texts(soup.select(".claim__argued")) == ["section 1", "section 2"]
    # Where the table stands in the section itself, nothing need lead back.
    assert not soup.select("#one + .argues") and soup.select("#two + .argues")
    alone = BeautifulSoup(html.replace("h2", "h4"), "html.parser")
    assert tie_claims(alone, None) == ["silent", "used"]


def test_only_claims_that_carry_the_mechanism_stand_open() -> None:
    given = [
        finding(name="carrying", carries=True),
        finding(name="folded"),
        finding(name="refuted", verdict="refuted"),
        finding(name="failing", verdict="fails"),
    ]
    soup = BeautifulSoup(claims_table(given), "html.parser")
    assert [row["id"] for row in soup.select("table.claims:not(details table) tr[id]")] == [
        "claim-carrying",
        "claim-failing",
    ]
    assert texts(soup.select("summary")) == ["2 more of 4 claims, 1 refuted"]
    assert len(soup.select("details tr[id]")) == 2
    assert "<details" not in claims_table(given[1:]), "where none is chosen, all are shown"
    assert "<details" not in claims_table(given[:1])


@pytest.mark.parametrize(
    ("evidence", "n", "counted", "said"),
    [
        ("proved", 20, "positions", "20 positions, covering every input"),
        ("proved", 1, "argument", "one argument, covering every input"),
        ("exhaustive", 12769, "points", "all 12,769 points"),
        ("exhaustive", 1, "cosine", "one cosine"),
        ("sampled", 10, "", "10 cases sampled"),
        ("sampled", 1320, "lists", "1,320 lists sampled"),
        ("illustrated", 3, "examples", "3 examples"),
    ],
)
def test_cases_are_said_in_words(evidence: str, n: int, counted: str, said: str) -> None:
    assert finding(evidence=evidence, n=n, counted=counted).cases == said


def test_code_of_a_solution_is_folded_unless_it_is_shown(tmp_path: Path) -> None:
    digest = new_output(
        "display_data",
        data={DATA: {"sha256": "0f"}, "text/plain": "evaluation data: 9 lists, sha256 0f..."},
    )
    cells = [
        ("import x", []),
        ("data(lists)\ncheck(claims)", [digest, shown("<p>claims</p>")]),
        ("record(1)", [recorded("one")]),
        ("record(2)", [recorded("two")]),
        "Prose.",
        ("mine = 1\n" * 12, [], "show"),
        ("plot()", [figure(1)]),
    ]
    page = rendered(cells, tmp_path, "solution")
    parts = [part.name for part in page.select(".notebook > *")]
    assert parts == ["details", "div", "details", "div", "div", "details", "div"]
    assert texts(page.select("summary")) == [
        "Code, 3 lines",
        "Code, 2 lines; 2 numbers",
        "Code, 1 line",
    ]
    assert "9 lists, sha256 0f..." in page.select("details")[0].get_text()
    problem = rendered(cells, tmp_path, "index")
    assert len(problem.select(".notebook > .highlight")) == 6, "there it is to be copied"


def test_examples_of_the_module() -> None:
    assert doctest.testmod(trails).failed == 0


# The site that was built


@cache
def pages(site: Path) -> dict[str, BeautifulSoup]:
    return {
        "/" + path.relative_to(site).as_posix().removesuffix("index.html"): BeautifulSoup(
            path.read_text(encoding="utf-8"), "html.parser"
        )
        for path in sorted(site.rglob("*.html"))
    }


@cache
def anchors(site: Path) -> dict[str, Counter[str]]:
    return {
        url: Counter(str(part["id"]) for part in page.select("[id]"))
        for url, page in pages(site).items()
    }


@every_month
def test_every_place_that_a_link_names_is_there_once(site: Path) -> None:
    known = anchors(site)
    lost = {
        (url, str(link["href"]))
        for url, page in pages(site).items()
        for link in page.select("a[href]")
        for target, place in [urldefrag(urljoin(url, str(link["href"])))]
        if place and target in known and known[target][place] != 1
    }
    assert lost == set()


@every_month
@every_solution
def test_every_claim_leads_to_a_section_and_to_its_row_of_evidence(site: Path, slug: str) -> None:
    url = f"/problems/{slug}/solution/"
    rows = pages(site)[url].select("table.claims tr[id]")
    assert rows
    alone = [row["id"] for row in rows if not row.select(".claim__argued a[href^='#']:first-child")]
    assert alone == [], "claims that nothing argues: ask for them where they are argued"
    evidence = pages(site)["/evidence/"]
    for row in rows:
        last = row.select(".claim__argued a")[-1]
        place = urldefrag(urljoin(url, str(last["href"])))
        assert place.url == "/evidence/"
        (there,) = evidence.select(f"tr#{place.fragment}")
        assert there.a and urljoin("/evidence/", str(there.a["href"])) == f"{url}#{row['id']}"
    carrying = pages(site)[url].select("table.claims:not(details table) tr[id]")
    assert len(carrying) < len(rows)


@every_month
@every_solution
def test_every_number_of_a_solution_leads_to_its_record(site: Path, slug: str) -> None:
    page = pages(site)[f"/problems/{slug}/solution/"]
    links = page.select("a.number, a.fact")
    assert len(links) > 50
    assert all(page.select_one(f"dl.numbers > {link['href']}") for link in links)
    assert not page.select(".notebook > .highlight + .highlight")
    assert not [text for text in page.select(".output > pre") if "sha256" in text.get_text()]


@every_month
def test_each_claim_is_found_by_itself(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    entries = {entry["location"]: entry for entry in index["docs"]}
    for entry in searched.entries(read_months()):
        assert entries[entry["location"]] == entry
        assert anchors(site)["/evidence/"][entry["location"].partition("#")[2]] == 1
    first = pages(site)["/evidence/"].select_one("#claims tbody td")
    own = entries["evidence/"]["text"]
    assert first and first.get_text().split("\n")[0] not in own
    assert len(own) < 3000


def test_a_site_without_the_page_of_evidence_has_an_index_all_the_same() -> None:
    index = {"docs": [{"location": "", "title": "x", "text": ""}]}
    assert searched.with_claims(index, read_months()) == index


@pytest.mark.browser
@pytest.mark.parametrize("scripted", [True, False])
def test_a_fold_opens_when_a_number_points_into_it(
    served: Served, browser: Browser, scripted: bool
) -> None:
    """Chromium does so by itself, too."""
    context = browser.new_context(java_script_enabled=scripted)
    page = context.new_page()
    page.goto(f"{served.url}problems/sorted_list/solution/")
    row = page.locator("#number-accuracy")
    expect(row).to_be_hidden()
    link = page.locator("a.number[href='#number-accuracy']").first
    link.focus()
    page.keyboard.press("Enter")
    expect(row).to_be_in_viewport()
    row.locator("dt a").click()
    expect(page.locator("#use-accuracy")).to_be_in_viewport()
    # So does that of claims, from another page.
    page.goto(f"{served.url}problems/sorted_list/solution/#claim-is_sure")
    expect(page.locator("#claim-is_sure")).to_be_in_viewport()
    context.close()


@pytest.mark.browser
def test_the_search_offers_a_claim_by_its_words(served: Served, reader: BrowserContext) -> None:
    page = reader.new_page()
    page.goto(f"{served.url}?q=neither+head+spared")
    found = page.locator("a.md-search-result__link[href*='#claim-sorted_list-both_heads_needed']")
    expect(found).to_contain_text("Neither head can be spared")
    with page.expect_navigation():
        found.click()
    # On a busy machine the page is long there before it is scrolled.
    page.wait_for_load_state()
    expect(page.locator("#claim-sorted_list-both_heads_needed")).to_be_in_viewport()
    page.close()
