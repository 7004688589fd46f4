"""Terms of the glossary: which words lead there, and how a page shows what they mean."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, BrowserContext, Page, expect

from docs.render import RenderError
from docs.render.permitted import permitted
from docs.render.terms import Term, explain, read_terms
from tests.browser import Served
from tests.site.conftest import NARROW, SOLVED, WIDE

HEAD = Term("head", ("head", "heads"), "Looks and copies.")
OV = Term("ov", ("OV circuit", "full OV circuit"), "What it writes.")
EMBEDDING = Term("embedding", ("embedding", "embeddings"), "A row.")
EXTENDED = Term("extended", ("extended embedding", "extended embeddings"), "A row, moved.")
TERMS = [HEAD, OV, EMBEDDING, EXTENDED]
SOLUTION = "problems/sorted_list/solution/"


@pytest.fixture(scope="module")
def glossary(site: Path) -> list[Term]:
    """The terms of the glossary as built."""
    return read_terms((site / "glossary" / "index.html").read_text(encoding="utf-8"))


def linked(prose: str, terms: list[Term]) -> list[str]:
    """What of a piece of prose leads to the glossary, as `word > anchor`."""
    html = explain(f'<div class="prose">{prose}</div>', terms, "../glossary/")
    links = BeautifulSoup(html, "html.parser").select("a.term")
    return [f"{link.get_text()} > {str(link['href']).split('#')[1]}" for link in links]


@pytest.mark.parametrize(
    ("prose", "expected"),
    [
        ("<p>Heads copy, and a head looks.</p>", ["Heads > head"]),
        ("<p>A full\nOV&#160;circuit.</p>", ["full\nOV\u00a0circuit > ov"]),
        ("<p>OV circuits, headed ahead, head-on, HEAD, multihead</p>", []),
        ("<p>Extended embeddings</p>", ["Extended embeddings > extended"]),
        ("<p><em>extended</em> embeddings</p>", []),
        ("<p>OV <code>x</code> circuit</p>", []),
        ("<p>The <code>head</code>, <a href='#x'>head</a> and <q>head</q></p>", []),
        ("<p><span class='katex'>head</span></p>", []),
        ("<h2>Head</h2><h3>Head</h3><ul><li>a <b>head</b></li></ul>", ["head > head"]),
        ("<ul><li><p>a head</p></li></ul>", ["head > head"]),
        ("<p>head</p><h2>A</h2><p>head head</p><h3>B</h3><p>head</p>", ["head > head"] * 2),
        ("<table><tr><td><p>head</p></td></tr></table>", []),
        ("<figure><figcaption><p>head</p></figcaption></figure>", []),
        ("<section class='submissions'><p>head</p></section>", []),
        (
            "<details><summary>A head</summary><p>head</p></details>"
            "<details><p>head, head</p></details><p>head</p>",
            ["head > head"] * 3,
        ),
    ],
)
def test_the_first_use_in_a_section_leads_to_the_glossary(prose: str, expected: list[str]) -> None:
    assert linked(prose, TERMS) == expected


def test_a_page_holds_each_definition_once_and_else_stays_as_it_is() -> None:
    page = '<p>head</p><div class="prose"><h2>Head</h2><p>A head &amp; a head.</p>\n</div>'
    html = explain(page, TERMS, "g/")
    assert html == (
        '<p>head</p><div class="prose"><h2>Head</h2><p>A <a aria-describedby="term-head" '
        'class="term" href="g/#head">head</a> &amp; a head.</p>\n</div>'
        '<div class="terms" hidden data-search-exclude>'
        '<p id="term-head">Looks and copies.</p></div>'
    )
    untouched = '<div class="prose"><p>Nothing of it.</p></div>'
    assert explain(untouched, TERMS, "g/") == untouched
    assert explain(page, [], "g/") == page


def test_an_entry_writes_nothing_but_text_into_a_page() -> None:
    hostile = Term('x"><script>f()</script>', ("head",), "Looks.")
    html = explain('<div class="prose"><p>A head</p></div>', [hostile], 'g/"')
    soup = BeautifulSoup(html, "html.parser")
    assert [tag.name for tag in soup.find_all(True)] == ["div", "p", "a", "div", "p"]


def test_an_entry_says_by_which_words_it_is_found() -> None:
    read = read_terms(
        '<h3 id="a">QK circuit, full QK circuit</h3><p>One <a href="x">two</a>.</p><p>More.</p>'
        '<h2>Others</h2><h3 data-words="probes; the\nprobe" id="b">Linear probe</h3><p>Three.</p>'
    )
    assert read == [
        Term("a", ("QK circuit", "full QK circuit"), "One two."),
        Term("b", ("probes", "the probe"), "Three."),
    ]
    heading = '<h3 data-words="probes" id="b">Linear probe</h3>'
    assert permitted(heading, "a page") == heading


@pytest.mark.parametrize(
    ("glossary", "message"),
    [
        ('<h3 id="a">A</h3><h3 id="b">B</h3><p>b</p>', "'A' needs words"),
        ('<h3 id="a">A</h3>', "'A' needs words"),
        ('<h3 id="a"></h3><p>a</p>', "'' needs words"),
        ('<h3 id="a">SEP</h3><p>a</p><h3 id="b">Sep</h3><p>b</p>', "'Sep' under #a and under #b"),
    ],
)
def test_an_entry_that_cannot_be_found_stops_the_build(glossary: str, message: str) -> None:
    with pytest.raises(RenderError, match=re.escape(message)):
        read_terms(glossary)


@pytest.mark.parametrize(
    "prose",
    [
        "We head for the heading, ahead of it",
        "heads up is headed",
        "They control what it controls",
        "to probe further; probed",
        "scores every value; a score",
        "the patterns of rows",
        "the answer key, and the key to it",
        "in the margin of the page, beyond the margin of the map",
        "explanations that come to mind",
        "they live here; families of lists",
        "the direction of the wind",
        "held where it was; the default copies",
        "a bit of luck",
        "only sources that we checked",
        "an interval; nuts; natural; a native",
        "We mean it",
        "a patch of land, patched up; in effect a composite",
        "sep, mlp, relu",
    ],
)
def test_no_false_friend_leads_to_the_glossary(glossary: list[Term], prose: str) -> None:
    wrong = {"heads > head", "head > head"} if "head" in prose else set()
    assert set(linked(f"<p>{prose}.</p>", glossary)) <= wrong


@pytest.mark.parametrize(
    ("prose", "anchors"),
    [
        ("The full OV circuit of either head", ["ov-circuit", "head"]),
        ("QK circuits, mean ablated", ["qk-circuit", "mean-ablation"]),
        ("0.04 nats of loss, in logits", ["nat", "loss", "logit"]),
        ("SEP, token and position; b1 to b9", ["sep", "token", "sorted-positions"]),
        ("Every live neuron; multisets", ["live-neuron", "multiset"]),
        ("a rank correlation; weight decay on each seed", ["correlation", "weight-decay", "seed"]),
        ("on held-out points the probe", ["held-out", "probe"]),
        ("principal directions, singular values", ["principal-direction", "singular-value"]),
        ("the query of attention scores", ["query-key", "attention-pattern"]),
        ("claims measured on controls", ["claim", "control"]),
        ("extended and effective embeddings", ["effective-embedding"]),
        ("causal scrubbing; resampled", ["causal-scrubbing", "resampling"]),
        ("K-composition makes virtual heads", ["composition", "virtual-head"]),
        ("composition of heads; logit difference", ["composition", "head", "logit-difference"]),
        ("activation patching, path patching", ["activation-patching", "path-patching"]),
        ("the direct effect on logit differences", ["path-patching", "logit-difference"]),
    ],
)
def test_the_words_of_the_pages_lead_there(
    glossary: list[Term], prose: str, anchors: list[str]
) -> None:
    assert [found.split(" > ")[1] for found in linked(f"<p>{prose}</p>", glossary)] == anchors


def test_definitions_are_short(glossary: list[Term]) -> None:
    for term in glossary:
        soup = BeautifulSoup(term.definition, "html.parser")
        assert 40 < len(soup.get_text()) < 300, term.anchor
        assert not soup.select("a, math, [aria-hidden]"), term.anchor


@pytest.mark.every_month
@pytest.mark.parametrize("slug", SOLVED)
def test_solutions_link_terms_that_the_page_defines(site: Path, slug: str) -> None:
    html = (site / "problems" / slug / "solution" / "index.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(html, "html.parser")
    links = soup.select("a.term")
    assert len({str(link["href"]) for link in links}) >= 10
    defined = {str(paragraph["id"]) for paragraph in soup.select(".terms > p")}
    assert {str(link["aria-describedby"]) for link in links} == defined
    for link in links:
        assert link.find_parent(["table", "figure", "summary", "h1", "h2", "h3", "a"]) is None
        assert str(link["href"]).endswith("#" + str(link["aria-describedby"]).removeprefix("term-"))


def test_the_search_holds_definitions_once(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    said = "One of the parallel units of an attention layer"
    found = [entry["location"] for entry in index["docs"] if said in entry["text"]]
    assert found == ["glossary/#head"]


def test_the_contents_of_the_glossary_list_its_terms(site: Path) -> None:
    html = (site / "glossary" / "index.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(html, "html.parser")
    entries = [str(heading["id"]) for heading in soup.select("article h3")]
    assert [str(link["href"]) for link in soup.select(".contents ol ol a")] == [
        f"#{entry}" for entry in entries
    ]


BOX = ".definition"
SEEN = """async () => {
  const box = document.querySelector('.definition');
  const article = document.querySelector('article');
  const seen = [];
  const terms = [...document.querySelectorAll('a.term')];
  for (const term of terms.filter((_, place) => place % 20 === 0)) {
    term.focus();
    while (box.hidden) await new Promise(done => setTimeout(done, 10));
    const {left, right, top, bottom} = box.getBoundingClientRect();
    const over = text => text.width > 1 && text.left < right && text.right > left
      && text.top < bottom && text.bottom > top;
    const covered = [];
    const walk = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode;
      if (box.contains(text) || !text.textContent.trim()) continue;
      if (!text.parentElement.checkVisibility()) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      if ([...range.getClientRects()].some(over)) covered.push(text.textContent);
    }
    seen.push({
      term: term.textContent,
      margin: box.classList.contains('definition--margin'),
      within: left >= 0 && top >= 0 && bottom <= innerHeight
        && right <= document.documentElement.clientWidth,
      height: bottom - top,
      hides: [...term.getClientRects()].some(over),
      covered,
    });
    box.hidden = true;
  }
  return seen;
}"""


@pytest.fixture
def opened(served: Served, reader: BrowserContext) -> Iterator[Any]:
    """A solution at a width."""
    pages: list[Page] = []

    def open_at(width: int) -> Page:
        page = reader.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        # What is drawn late would move what is measured.
        page.route(re.compile("/(plotly|circuitsvis|figure-)"), lambda route: route.abort())
        page.goto(served.url + SOLUTION)
        return page

    yield open_at
    for page in pages:
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_focus_shows_what_a_term_means_and_escape_hides_it(opened: Any, width: int) -> None:
    page: Page = opened(width)
    seen = page.evaluate(SEEN)
    assert len(seen) >= 4
    for shown in seen:
        assert shown["within"] and not shown["hides"], shown
        assert not shown["margin"] or shown["covered"] == [], shown
        assert shown["margin"] or shown["height"] < 200, shown
    in_margin = sum(shown["margin"] for shown in seen)
    assert in_margin >= len(seen) - 1 if width == WIDE else in_margin == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    term, box = page.locator("a.term").first, page.locator(BOX)
    term.focus()
    expect(box).to_be_visible()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(term).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/glossary/#*")


@pytest.mark.browser
def test_a_pointer_shows_what_a_term_means_and_may_go_there(opened: Any) -> None:
    page: Page = opened(WIDE)
    box = page.locator(BOX)
    page.locator("a.term").first.hover()
    expect(box).to_be_visible()
    box.locator("a").hover()
    page.wait_for_timeout(1200)
    expect(box).to_be_visible()
    page.mouse.move(2, 2)
    expect(box).to_be_hidden()
    page.emulate_media(media="print")
    page.locator("a.term").first.focus()
    expect(box).to_be_hidden()


@pytest.mark.browser
def test_what_is_folded_away_is_explained_no_longer(opened: Any) -> None:
    page: Page = opened(WIDE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    term, box = page.locator("a.term").first, page.locator(BOX)
    term.hover()
    expect(box).to_be_visible()
    term.evaluate("term => { term.closest('p').hidden = true; }")
    expect(box).to_be_hidden()
    assert errors == []


@pytest.mark.browser
def test_a_first_tap_shows_and_a_second_leads(served: Served, browser: Browser) -> None:
    context = browser.new_context(has_touch=True, viewport={"width": NARROW, "height": 900})
    page = context.new_page()
    page.goto(served.url + SOLUTION)
    term, box = page.locator("a.term").first, page.locator(BOX)
    term.tap()
    expect(box).to_be_visible()
    assert page.url.endswith(SOLUTION)
    page.locator("h1").tap()
    expect(box).to_be_hidden()
    term.tap()
    expect(box).to_be_visible()
    box.locator("a").tap()
    page.wait_for_url("**/glossary/#*")
    page.go_back()
    term.tap()
    term.tap()
    page.wait_for_url("**/glossary/#*")
    context.close()


@pytest.mark.browser
def test_without_scripts_a_term_is_a_link_with_a_description(
    served: Served, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.url + SOLUTION)
    term = page.locator("a.term", has_text="proved").first
    expect(term).to_have_accessible_description(re.compile("^A bound that covers every input"))
    assert page.locator(".terms").is_hidden()
    term.click()
    page.wait_for_url("**/glossary/#proved")
    context.close()
