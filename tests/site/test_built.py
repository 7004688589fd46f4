"""The built files: every link, image and anchor leads somewhere, and nowhere else."""

import re
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from models.card import read_card, slugs
from tests.site.conftest import page_urls

pytestmark = pytest.mark.every_month

BASE = "http://site.test/"


class Document(HTMLParser):
    """Ids and references of one page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.loaded_from_elsewhere: list[str] = []
        self.figures: list[str] = []
        """Those that the page fetches."""
        self.code = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        given = dict(attrs)
        self.ids += [value for name in ("id",) if (value := given.get(name))]
        self.references += [value for name in ("href", "src") if (value := given.get(name))]
        kinds = ("data-plotly", "data-circuitsvis")
        self.figures += [value for name in kinds if (value := given.get(name))]
        if tag == "a" or given.get("rel") == "canonical":
            return
        self.loaded_from_elsewhere += [
            f"{tag} {name}={value[:80]}"
            for name, value in attrs
            if value
            and re.search(r"https?://", value)
            and not name.startswith("xmlns")
            # Says where words come from; no browser loads it.
            and not (tag in ("q", "blockquote") and name == "cite")
        ]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.code += data


@lru_cache
def read(page: Path) -> Document:
    return Document(page.read_text(encoding="utf-8"))


def target(site: Path, url: str) -> Path:
    path = site / unquote(urlsplit(url).path).lstrip("/")
    return path / "index.html" if path.is_dir() else path


def test_all_pages_are_there(site: Path) -> None:
    built = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}
    expected = {url if url.endswith(".html") else f"{url}index.html" for url in page_urls()}
    assert built == expected


def test_no_link_image_or_anchor_is_dead(site: Path) -> None:
    dead = []
    for page in site.rglob("*.html"):
        here = BASE + page.relative_to(site).as_posix().removesuffix("index.html")
        document = read(page)
        for reference in document.references:
            url = urljoin(here, reference)
            if urlsplit(url).hostname not in ("site.test", "127.0.0.1"):
                continue
            found, anchor = target(site, url), urlsplit(url).fragment
            if not found.is_file():
                dead.append(f"{here}: {reference}")
            elif anchor and found.suffix == ".html" and anchor not in read(found).ids:
                dead.append(f"{here}: {reference} (no such anchor)")
    for sheet in site.rglob("*.css"):
        for reference in re.findall(r'url\("?([^)"]+)"?\)', sheet.read_text(encoding="utf-8")):
            if not reference.startswith("data:") and not (sheet.parent / reference).is_file():
                dead.append(f"{sheet.relative_to(site)}: {reference}")
    assert dead == []


def test_every_figure_that_is_fetched_lies_beside_its_page_and_nothing_else_does(
    site: Path,
) -> None:
    wanted = [page.parent / name for page in site.rglob("*.html") for name in read(page).figures]
    numbers = [path.parent / f"figure-{path.name.split('-')[1]}.csv" for path in wanted]
    assert sorted(numbers) == sorted(site.rglob("figure-*.csv"))
    assert sorted(wanted) == sorted(site.rglob("figure-*.json")) != []


def test_no_id_is_given_twice(site: Path) -> None:
    for page in site.rglob("*.html"):
        ids = read(page).ids
        assert len(ids) == len(set(ids)), page


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        document = read(page)
        assert document.loaded_from_elsewhere == [], page
        assert not re.search(r"https?://", document.code), page


def test_a_problem_offers_what_a_solver_is_given(site: Path) -> None:
    for slug in slugs():
        weights = read_card(slug).weights
        assert weights is not None
        folder = site / "problems" / slug
        html = (folder / "index.html").read_text(encoding="utf-8")
        assert weights.sha256 in html
        for name in (weights.file, "card.json", "task.py", f"{slug}-problem.ipynb"):
            assert (folder / name).is_file()
            assert name in html


def test_a_page_says_where_it_comes_from(site: Path) -> None:
    for slug in slugs():
        html = (site / "problems" / slug / "index.html").read_text(encoding="utf-8")
        assert f"nox -s analyses -- {slug}" in html
        assert "Commit" in html and "sha256" in html and "Analysed" in html


@pytest.mark.parametrize("url", page_urls())
def test_no_number_is_parted_from_its_unit(site: Path, url: str) -> None:
    page = site / url / "index.html" if not url.endswith(".html") else site / url
    article = BeautifulSoup(page.read_text("utf-8"), "html.parser").article
    assert article
    for verbatim in article.select("code, pre, svg, math"):
        verbatim.decompose()
    assert re.findall(r".{20}\d[ \n]+(?:%|nats|logits|bits)", article.get_text()) == []


def test_points_of_every_size_have_a_width(site: Path) -> None:
    style = next((site / "assets").glob("site*.css")).read_text("utf-8")
    pages = "".join(page.read_text("utf-8") for page in site.rglob("solution/index.html"))
    drawn = set(re.findall(r'class="dot [^"]*?(size-[0-9]+)', pages))
    assert drawn
    assert [size for size in drawn if not re.search(rf"[.]dot[.]{size}[ {{]", style)] == []
