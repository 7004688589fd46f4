"""A site whose every text was written by somebody who wants to run a script in its pages."""

import json
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import nbformat
import pytest
from bs4 import BeautifulSoup
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, BrowserContext, expect
from pydantic import BaseModel, ValidationError

from analyses.write_ups.claims_table import claims_table
from analyses.write_ups.explanations_table import explanations_table
from analyses.write_ups.outputs import FACT, NUMBER, PICTURE
from analyses.write_ups.results import Results, fact_html
from docs.render.months import Month
from docs.render.submissions import Submission
from models.card import read_card
from tests.analyses.records import explained
from tests.browser import Served, serve

ROOT = Path(__file__).parents[2]
HOOKS = "docs/render/hooks.py"
ModelT = TypeVar("ModelT", bound=BaseModel)

PAYLOADS = (
    '"><svg onload=pwn()></svg><script>pwn()</script>',
    "</title></script></textarea><img src=x onerror=pwn()>",
    "' autofocus onfocus=pwn() x='<iframe src=javascript:pwn()>",
    "[x](javascript:pwn()) <javascript:pwn()> **b** {{ 11111 * 3 }} { onclick=pwn() }",
)
"""Each in every text of a month of its own; a script that runs calls `pwn`."""

SUBMISSION = {
    "file": "ada",
    "title": "T",
    "authors": ["Ada"],
    "link": "https://example.org/",
    "date": "2023-10",
    "format": "text",
    "summary": "S",
    "best": True,
    "judging": {"event": "E", "n": 2, "ratings": {"Novelty": 4}, "feedback": ["F"]},
}


def strings(schema: dict[str, Any], at: tuple[Any, ...] = (), **found: Any) -> Iterator[Any]:
    """Every place of a schema where a text stands, and whether any text may stand there.

    Of a list or a mapping of any length, the place of its first entry.
    """
    definitions = found.get("definitions", schema.get("$defs", {}))
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    for option in schema.get("anyOf", []):
        yield from strings(option, at, definitions=definitions)
    if schema.get("type") == "string" or "const" in schema:
        yield at, not {"enum", "const", "pattern", "format"} & schema.keys()
    for name, part in schema.get("properties", {}).items():
        yield from strings(part, (*at, name), definitions=definitions)
    for inner in ("items", "additionalProperties"):
        if isinstance(part := schema.get(inner), dict):
            yield from strings(part, (*at, 0), definitions=definitions)


def put(data: Any, at: tuple[Any, ...], text: str) -> Any:
    """A copy with a text at one place; an example that lacks the place fails here."""
    changed = inner = deepcopy(data)
    for step in at[:-1]:
        inner = next(iter(inner.values())) if step == 0 and isinstance(inner, dict) else inner[step]
    last = next(iter(inner)) if at[-1] == 0 and isinstance(inner, dict) else at[-1]
    assert inner[last] is None or isinstance(inner[last], str), f"the example has no text at {at}"
    inner[last] = text
    return changed


def poisoned(example: ModelT, payload: str) -> ModelT:
    """The same with a payload in every text; one that its schema does not take stays as it is."""
    kind = type(example)
    data = example.model_dump(mode="json")
    for at, is_free in strings(kind.model_json_schema(mode="validation")):
        changed = put(data, at, payload)
        try:
            kind.model_validate(changed)
        except ValidationError:
            assert not is_free, f"{kind.__name__} refuses a text at {at}"
        else:
            assert is_free, f"{kind.__name__} takes {payload!r} at {at}"
            data = changed
    return kind.model_validate(data)


def example_results() -> Results:
    """Of a solution, but short."""
    given = json.loads((ROOT / "analyses" / "sorted_list" / "results.json").read_text())
    given["numbers"] = dict(list(given["numbers"].items())[:2])
    given["facts"] = dict(list(given["facts"].items())[:2])
    given["claims"] = given["claims"][:2]
    given["explanations"] = [explained().model_dump()]
    return Results(**given)


def executed(payload: str, results: Results) -> dict[str, nbformat.NotebookNode]:
    """The pages of a month as the analyse stage would leave them, with what strangers may name."""
    numbers = [
        {NUMBER: number.model_dump() | {"text": payload}} for number in results.numbers.values()
    ]
    facts = [{FACT: {"name": name, "text": text}} for name, text in results.facts.items()]
    tables = [claims_table(results.claims), explanations_table(results.explanations, payload)]
    shown = [*numbers, *facts, *({"text/html": table} for table in tables)]
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'
    outputs = [new_output("display_data", data=data) for data in shown]
    outputs += [new_output("display_data", data={PICTURE: svg}, metadata={"role": "picture"})]
    prose = "\n\n".join(
        [
            *(number.html() for number in results.numbers.values()),
            *(fact_html(name, text) for name, text in results.facts.items()),
        ]
    )
    heading = new_markdown_cell(f"# Circuit `{payload}`\n\n{prose}\n\n## Part of `{payload}`")
    return {
        "problem": new_notebook(
            cells=[
                heading,
                new_markdown_cell("[[specification]]"),
                new_markdown_cell("[[downloads]]"),
            ]
        ),
        "solution": new_notebook(
            cells=[
                new_markdown_cell("Before any heading."),
                heading,
                new_code_cell("show()", outputs=outputs),
            ]
        ),
    }


def month(number: int, payload: str, folder: Path) -> Month:
    """A problem with a payload in every text of card, submission and results."""
    card = poisoned(read_card("sorted_list"), payload)
    card = card.model_copy(update={"slug": f"kind_{number}"})
    results = poisoned(example_results(), payload)
    products = folder / "products" / card.slug
    products.mkdir(parents=True)
    for name, page in executed(payload, results).items():
        nbformat.write(page, products / f"{name}.ipynb")
    results.write(products / "results.json")
    (products / "picture.svg").write_text("<svg></svg>")
    (folder / "models" / card.slug).mkdir(parents=True)
    for name in ("card.json", "task.py", "model.safetensors"):
        # Rendering reads the task, and runs nothing of it.
        text = f"r'''{payload}'''" if name == "task.py" else payload
        (folder / "models" / card.slug / name).write_text(text)
    submission = poisoned(Submission.model_validate(SUBMISSION), payload)
    return Month(card, products, (submission.model_copy(update={"file": "ada"}),))


def post(months: list[Month]) -> str:
    """An announcement that names problems, and all that they recorded."""
    named = [f"## [[problem {each.slug}]]\n\n[[best {each.slug}]]" for each in months]
    for each in months:
        recorded = [*each.results["numbers"], *each.results["facts"]]
        named += [f"{{{{ {each.slug}.{name} }}}}" for name in recorded]
    front = (
        '---\ntitle: Pwned? "No" & \'no\'\ndescription: "&lt;img src=x onerror=pwn()>"\n'
        "date: 2024-01-01\nslug: 2024-01\n---\n\nBefore any heading.\n\n"
    )
    return front + "\n\n".join(named)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site of such problems, with a post that names all that they recorded."""
    folder = tmp_path_factory.mktemp("hostile")
    docs = folder / "docs"
    (docs / "announcements" / "posts").mkdir(parents=True)
    for page in ("index.md", "evidence.md", "hall-of-fame.md", "announcements/index.md"):
        shutil.copy(ROOT / "docs" / page, docs / page)
    # Of a page that begins so, the index of the search holds the title without its heading.
    (docs / "loose.md").write_text(f"Before any heading.\n\n# Loose `{PAYLOADS[1]}`\n")
    with pytest.MonkeyPatch.context() as patch:
        vars(MkDocsConfig)["plugins"].plugin_cache.clear()
        config = load_config(
            str(ROOT / "mkdocs.yml"), docs_dir=str(docs), site_dir=str(folder / "site")
        )
        patch.setattr("docs.render.months.MODELS", folder / "models")
        patch.setattr(
            "docs.render.months.committed_results",
            lambda slug: folder / "products" / slug / "results.json",
        )
        months = [month(number, payload, folder) for number, payload in enumerate(PAYLOADS, 1)]
        (docs / "announcements" / "posts" / "2024-01.md").write_text(post(months))
        patch.setattr(sys.modules[HOOKS], "read_months", lambda: months)
        patch.setattr(sys.modules[HOOKS], "PAGES", folder / "pages")
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        config.plugins.on_shutdown()
    with serve(folder / "site") as served:
        yield served


@pytest.fixture
def lured(browser: Browser) -> Iterator[BrowserContext]:
    """A reader whose browser does not heed the policy, so that what is escaped is seen to be."""
    context = browser.new_context(bypass_csp=True)
    context.add_init_script("window.pwned = 0; window.pwn = () => { window.pwned += 1 }")
    yield context
    context.close()


ALIVE = """() => [...document.querySelectorAll('*')]
  .filter(part => [...part.attributes].some(({ name, value }) =>
    name.startsWith('on') || /^[\\s\\0-\\x1f]*javascript:/i.test(value))
    || part.matches('iframe, object, embed, base, form[action], meta[http-equiv=refresh]')
    || part.matches('script:not([src])') && part.text.includes('pwn'))
  .map(part => part.outerHTML.slice(0, 200))"""


def test_no_script_of_a_card_a_submission_or_results_is_alive(
    hostile: Served, lured: BrowserContext
) -> None:
    page = lured.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    pages = sorted(hostile.root.rglob("*.html"))
    assert len(pages) == 7 + 2 * len(PAYLOADS)
    for path in pages:
        url = path.relative_to(hostile.root).as_posix().removesuffix("index.html")
        page.goto(hostile.url + url)
        assert page.evaluate(ALIVE) == [], url
        assert page.evaluate("window.pwned") == 0, url
    page.locator("input[name=query]").click()
    for word in ("circuit", "pwned", "loose"):
        page.locator("input[name=query]").fill("")
        page.keyboard.type(word)
        expect(page.locator(".md-search-result__item", has_text=word).first).to_be_visible()
        assert page.evaluate(ALIVE) == [], word
        assert page.evaluate("window.pwned") == 0, word


def test_what_strangers_wrote_is_there_to_be_read(hostile: Served) -> None:
    @lru_cache
    def page(url: str) -> BeautifulSoup:
        return BeautifulSoup((hostile.root / url / "index.html").read_text(), "html.parser")

    for number, payload in enumerate(PAYLOADS, 1):
        shown = {
            f"problems/kind_{number}": ".specification code, .colophon dd",
            f"problems/kind_{number}/solution": "h1 code, #submission-ada h3, td, a.fact",
            "": ".plate__title, .plate__question",
            "announcements/2024-01": "h2, a.fact, .best",
            "evidence": "td",
            "hall-of-fame": "th",
        }
        for url, places in shown.items():
            for place in places.split(", "):
                texts = [part.get_text() for part in page(url).select(place)]
                assert any(payload in text for text in texts), (url, place, payload)


def test_no_text_is_executed_by_a_template(hostile: Served) -> None:
    for path in hostile.root.rglob("*"):
        if path.suffix in (".html", ".json", ".xml", ".ipynb"):
            assert "33333" not in path.read_text(encoding="utf-8"), path


def test_feeds_and_the_index_of_the_search_hold_text(hostile: Served) -> None:
    feed = ElementTree.parse(hostile.root / "feed_rss_created.xml")
    assert [title.text for title in feed.iterfind(".//item/title")] == ["Pwned? \"No\" & 'no'"]
    index = json.loads((hostile.root / "search" / "search_index.json").read_text())
    tags = {"p", "code", "pre", "li", "ol", "ul", "sub", "sup"}
    for entry in index["docs"]:
        assert set(re.findall(r"</?(\w+)", entry["title"] + entry["text"])) <= tags, entry


def test_the_policy_stops_what_would_be_alive_all_the_same(
    hostile: Served, reader: BrowserContext
) -> None:
    page = reader.new_page()
    page.add_init_script("window.pwned = 0; window.pwn = () => { window.pwned += 1 }")
    page.goto(hostile.url)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.evaluate(
        """() => {
          document.body.insertAdjacentHTML('beforeend', `<img src=x onerror="pwn()">
            <a href="javascript:pwn()">x</a><iframe srcdoc="<script>parent.pwn()</script>"></iframe>
            <base href="/elsewhere/"><form action="/elsewhere/"><button>x</button></form>`);
          const script = document.createElement('script');
          script.text = 'pwn()';
          document.body.append(script);
          document.querySelector('a[href^=javascript]').click();
          document.querySelector('form[action] button').click();
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.pwned") == 0
    assert page.url == hostile.url
    assert page.evaluate("document.baseURI") == hostile.url
    assert sum("Content Security Policy" in text for text in refused) >= 4
    page.close()


def test_the_policy_comes_before_all_else_and_leaves_the_charset_in_reach(hostile: Served) -> None:
    for path in hostile.root.rglob("*.html"):
        head = path.read_bytes()[:1024]
        assert b"<meta charset" in head, path
        assert head.index(b"Content-Security-Policy") < head.index(b"<meta charset")
