"""Two published versions below a path, walked through as a reader would."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, expect

from models.card import read_card
from tests.axe import violations
from tests.browser import elsewhere
from tests.deploy.conftest import Published
from tests.site.conftest import SOLVED, TOO_WIDE

pytestmark = pytest.mark.browser


@dataclass
class Walk:
    """A page and all that went wrong on it."""

    page: Page
    root: str
    requested: list[str] = field(default_factory=list)
    """Addresses below the root."""
    wrong: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open a page and forget what the one before had asked for."""
        self.requested.clear()
        self.page.goto(self.root + path)
        self.page.locator(".versions li").first.wait_for(state="attached")

    def at(self) -> str:
        """Where the page is, from the root."""
        return self.page.url.removeprefix(self.root)

    def switch(self, version: str) -> None:
        """Choose a version with the keyboard."""
        expect(self.page.locator(".versions summary")).not_to_have_attribute("tabindex", "-1")
        self.page.locator(".versions summary").focus()
        self.page.keyboard.press("Enter")
        link = self.page.get_by_role("navigation", name="Versions").get_by_role(
            "link", name=version
        )
        link.focus()
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.page.locator(".versions li").first.wait_for(state="attached")

    def requests_outside(self, version: str) -> list[str]:
        """What was asked for that belongs to another version.

        The list of versions belongs to all, and Material looks for a sitemap beside the feed.
        """
        self.page.wait_for_load_state("networkidle")
        own = (f"{version}/", "versions.json", "latest/sitemap.xml")
        return [path for path in self.requested if not path.startswith(own)]


@pytest.fixture
def walk(published: Published, reader: BrowserContext) -> Iterator[Walk]:
    page = reader.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    walk = Walk(page, published.served.url)

    def asked(request: Request) -> None:
        if elsewhere(request.url):
            walk.wrong.append(request.url)
        elif urlsplit(request.url).scheme == "http":
            walk.requested.append(request.url.removeprefix(walk.root))

    def answered(response: Response) -> None:
        if response.status >= 400:
            walk.wrong.append(f"{response.status} {response.url}")

    reader.on("request", asked)
    reader.on("response", answered)
    page.on("pageerror", lambda error: walk.wrong.append(str(error)))
    page.on(
        "console",
        lambda said: walk.wrong.append(said.text) if said.type == "error" else None,
    )
    yield walk
    page.wait_for_load_state("networkidle")
    page.close()
    reader.remove_listener("request", asked)
    reader.remove_listener("response", answered)
    assert walk.wrong == []


def test_the_root_leads_to_the_latest(walk: Walk) -> None:
    walk.open("")
    walk.page.wait_for_url("**/latest/")
    expect(walk.page.locator("h1").first).to_be_visible()
    assert walk.requests_outside("latest") == [""]


def test_the_selector_lists_versions_and_keeps_the_page(walk: Walk) -> None:
    walk.open("latest/evidence/#claims")
    selector = walk.page.locator(".versions")
    assert selector.locator("summary").get_attribute("aria-label") == "Version 2023.11"
    selector.locator("summary").click()
    assert selector.locator("li").all_text_contents() == ["2023.11 latest", "2023.10"]
    assert selector.locator("[aria-current]").text_content() == "2023.11"
    walk.page.keyboard.press("Escape")
    expect(selector.locator("ul")).to_be_hidden()
    walk.switch("2023.10")
    assert walk.at() == "2023.10/evidence/#claims"
    walk.switch("2023.11")
    assert walk.at() == "2023.11/evidence/#claims"


def test_a_page_that_the_other_version_lacks_leads_to_its_front_page(walk: Walk) -> None:
    walk.open("latest/only-in-november/#top")
    walk.switch("2023.10")
    assert walk.at() == "2023.10/"
    walk.open("latest/glossary/index.html")
    walk.switch("2023.10")
    assert walk.at() == "2023.10/glossary/"


def test_the_selector_closes_when_one_turns_elsewhere(walk: Walk) -> None:
    walk.open("2023.11/glossary/")
    names = walk.page.locator(".versions ul")
    walk.page.locator(".versions summary").click()
    expect(names).to_be_visible()
    walk.page.locator("h1").first.click()
    expect(names).to_be_hidden()


@pytest.mark.parametrize("folder", ["2023.11/", "latest/"])
def test_the_newest_version_has_no_banner(walk: Walk, folder: str) -> None:
    walk.open(folder + "glossary/")
    expect(walk.page.locator(".versions li")).to_have_count(2)
    expect(walk.page.locator(".outdated")).to_be_hidden()
    expect(walk.page.get_by_text("Novemberism").first).to_be_visible()


def test_an_old_version_says_so_and_leads_to_the_same_page_of_the_latest(walk: Walk) -> None:
    walk.open("2023.10/glossary/")
    expect(walk.page.get_by_text("Octoberism").first).to_be_visible()
    banner = walk.page.get_by_role("complementary", name="About this version")
    expect(banner).to_contain_text("version 2023.10")
    banner.get_by_role("link").click()
    walk.page.wait_for_url("**/latest/glossary/")
    expect(walk.page.get_by_text("Novemberism").first).to_be_visible()


def test_an_old_version_works_and_stays_within_itself(walk: Walk) -> None:
    walk.open("2023.10/")
    walk.page.locator("input[name=query]").click()
    walk.page.keyboard.type("Octoberism")
    found = walk.page.locator(".md-search-result__link", has_text="Octoberism").first
    with walk.page.expect_navigation():
        found.click()
    assert walk.at().startswith("2023.10/glossary/")
    assert walk.requests_outside("2023.10") == []

    walk.open(f"2023.10/problems/{SOLVED[0]}/solution/")
    figure = walk.page.locator("figure:has([data-plotly])").first
    figure.get_by_role("button", name="Interactive").click()
    expect(figure.locator("svg.main-svg").first).to_be_visible()
    notebook = walk.page.locator("a[download][href$='-solution.ipynb']").first
    with walk.page.expect_download() as downloaded:
        notebook.click()
    assert downloaded.value.url.startswith(f"{walk.root}2023.10/problems/{SOLVED[0]}/")
    assert json.loads(Path(downloaded.value.path()).read_text())["nbformat"] == 4
    assert walk.requests_outside("2023.10") == []

    walk.open(f"2023.10/problems/{SOLVED[0]}/")
    with walk.page.expect_download() as downloaded:
        walk.page.locator("a[download][href$='.safetensors']").first.click()
    weights = read_card(SOLVED[0]).weights
    assert weights is not None
    digest = hashlib.sha256(Path(downloaded.value.path()).read_bytes()).hexdigest()
    assert digest == weights.sha256
    assert walk.requests_outside("2023.10") == []


def test_both_are_drawn_well_on_a_phone(walk: Walk) -> None:
    walk.page.set_viewport_size({"width": 390, "height": 800})
    walk.open("2023.10/glossary/")
    expect(walk.page.locator(".outdated")).to_be_visible()
    walk.page.locator(".versions summary").click()
    box = walk.page.locator(".versions nav").bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert walk.page.evaluate(TOO_WIDE) == []
    for scheme in ("light", "dark"):
        if scheme == "dark":
            walk.page.get_by_role("button", name="Dark paper").click()
            walk.page.locator(".versions summary").click()
            walk.page.wait_for_timeout(300)
        assert violations(walk.page) == [], scheme


def test_a_missing_page_is_answered_in_the_manner_of_the_site(walk: Walk) -> None:
    walk.open("2023.10/problems/nobody/")
    assert walk.wrong[0].startswith("404 ")
    walk.wrong = [said for said in walk.wrong if "404" not in said]
    expect(walk.page.locator("h1")).to_contain_text("never printed")
    walk.page.locator("article a").click()
    expect(walk.page).to_have_url(f"{walk.root}2023.11/")


def test_without_scripts_a_page_still_tells_its_version(
    published: Published, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(published.served.url + "2023.10/glossary/")
    expect(page.locator(".versions summary")).to_have_text("2023.10")
    context.close()


def test_every_page_names_the_address_of_its_own_version(published: Published) -> None:
    root = published.served.root
    for version in ("2023.10", "2023.11"):
        for page in (root / version).rglob("index.html"):
            own = page.parent.relative_to(root).as_posix()
            canonical = re.search(r'rel="canonical" href="([^"]+)"', page.read_text())
            assert canonical and canonical[1] == f"{published.served.url}{own}/"
        others = {"2023.10", "2023.11", "latest"} - {version}
        for file in (root / version).rglob("*.*ml"):
            if file.name.startswith("feed_"):
                continue
            linked = re.findall(r"/repo/([\w.]+)/", file.read_text(encoding="utf-8"))
            assert not others & set(linked), file


def test_a_feed_outlives_its_version(published: Published, walk: Walk) -> None:
    """What is subscribed to from an old page goes on, and entries keep their addresses."""
    lasting = f"{published.served.url}latest/"
    for folder in ("2023.10", "2023.11", "latest"):
        walk.open(f"{folder}/glossary/")
        for link in walk.page.locator("[href*='feed_']").all():
            assert str(link.evaluate("link => link.href")).startswith(f"{lasting}feed_")
        for feed in (published.served.root / folder).glob("feed_*.xml"):
            named = re.findall(r"http://127[^<\"]+", feed.read_text(encoding="utf-8"))
            assert named and all(address.startswith(lasting) for address in named)
    walk.open("latest/")
    feed = walk.page.locator("link[type='application/rss+xml']").first
    address = str(feed.evaluate("link => link.href"))
    assert walk.page.request.get(address).ok


def test_a_local_build_has_no_trace_of_versions(site: Path) -> None:
    for page in site.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        assert not re.search(r'versions\.(js|css)|class="(versions|outdated)"', html), page


def test_the_command_publishes_no_version_twice(published: Published) -> None:
    before = published.clone.refs()
    again = published.clone.deploy("2023.11", "--push", url=published.served.url)
    assert again.returncode == 1
    assert "Nothing was published.\n2023.11 is published on gh-pages already" in again.stderr
    assert published.clone.refs() == before


def test_the_command_refuses_a_bad_name(published: Published) -> None:
    before = published.clone.refs()
    refused = published.clone.deploy("2023-12", "--push")
    assert refused.returncode == 2
    assert "'2023-12' names no version: expected a year and a month" in refused.stderr
    assert published.clone.refs() == before


def test_the_command_says_what_was_not_analysed(published: Published) -> None:
    before = published.clone.refs()
    products = published.clone.folder / "build" / "analyses"
    products.rename(products.with_name("elsewhere"))
    try:
        refused = published.clone.deploy("2023.12", url=published.served.url)
    finally:
        products.with_name("elsewhere").rename(products)
    assert refused.returncode == 1
    assert "has not been analysed" in refused.stderr and "python -m analyses" in refused.stderr
    assert published.clone.refs() == before


def test_the_command_pushes_only_when_told_to(published: Published) -> None:
    assert "To send it: git push origin gh-pages" in published.unsent.stdout
    assert published.remote_unsent == ""
    assert "gh-pages" in published.clone.refs()["remote"]
