"""Every page of the site, opened and looked at once for all tests."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from docs.render.vendor import node_modules
from models.card import read_card, slugs
from tests.browser import Served, elsewhere, serve

SOLVED = [slug for slug in slugs() if read_card(slug).state == "solved"]
"""The newest first; the newest month of all may still be open."""
POSTS = Path(__file__).parents[2] / "docs" / "announcements" / "posts"


def page_urls() -> list[str]:
    """Every page of the site, from its root."""
    urls = ["", "evidence/", "announcements/", "glossary/", "contribute/", "hall-of-fame/"]
    urls += [f"announcements/{post.stem}/" for post in sorted(POSTS.glob("*.md"))]
    urls.append("404.html")
    for slug in slugs():
        urls.append(f"problems/{slug}/")
        if slug in SOLVED:
            urls.append(f"problems/{slug}/solution/")
    return urls


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[Served]:
    """The site on a port of this machine."""
    with serve(site) as served:
        yield served


@dataclass
class Visit:
    """What happened while one page was opened, scrolled through and toggled."""

    page: Page
    elsewhere: list[str] = field(default_factory=list)
    """Requests to other hosts."""
    complaints: list[str] = field(default_factory=list)
    """Console errors and uncaught exceptions."""
    weight_before: int = 0
    weight_after: int = 0
    undrawn: list[str] = field(default_factory=list)
    """Figures that were not drawn, by palette."""
    too_wide: list[str] = field(default_factory=list)
    """What sticks out of the page or of a figure's box."""
    violations: list[str] = field(default_factory=list)
    """What axe-core calls serious or worse, by palette."""


SCROLL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += 600) {
    scrollTo(0, y);
    // A browser that stands still for a while draws no frame; the page is scrolled all the same.
    await new Promise(done => { requestAnimationFrame(done); setTimeout(done, 250); });
  }
}"""
UNDRAWN = """scheme => [...document.querySelectorAll('[data-plotly], [data-circuitsvis]')]
  .filter(box => box.dataset.drawn !== scheme
    || !box.querySelector(box.dataset.plotly ? 'svg.main-svg' : 'canvas'))
  .map(box => `${scheme}: ${box.closest('figure').id}`)"""
TOO_WIDE = """() => {
  const wide = [...document.querySelectorAll('[data-plotly] svg.main-svg, .widget > div')]
    .filter(part => part.getBoundingClientRect().width
      > part.closest('.plot, .widget').getBoundingClientRect().width + 1)
    .map(part => part.closest('figure').id);
  if (document.documentElement.scrollWidth > innerWidth) wide.push('the page');
  return wide;
}"""
WIDTHS = (1280, 390)
# A palette changes nothing but colours, and these are the same at every width.
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}
AXE = """async rules => (await axe.run(document, {resultTypes: ['violations'], ...rules}))
  .violations
  .filter(found => ['serious', 'critical'].includes(found.impact))
  .map(found => `${found.id}: ${found.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`)"""


@pytest.fixture(scope="session")
def visit(served: Served, browser: Browser) -> Any:
    """Open a page at a width, once for all tests that ask for it."""

    @lru_cache
    def visited(url: str, width: int) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        seen = Visit(page)
        context.on(
            "request",
            lambda request: seen.elsewhere.append(request.url) if elsewhere(request.url) else None,
        )
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                seen.complaints.append(message.text) if message.type == "error" else None
            ),
        )
        served.asked.clear()
        page.goto(served.url + url, wait_until="networkidle")
        seen.weight_before = served.weight()
        for scheme in ("light", "dark") if width == WIDTHS[0] else ("light",):
            if scheme == "dark":
                page.locator(".md-header__button[for^=__palette]:visible").click()
            page.evaluate(SCROLL)
            try:
                page.wait_for_function(
                    f"scheme => !({UNDRAWN})(scheme).length", arg=scheme, polling=50
                )
            except Error:
                seen.undrawn += page.evaluate(UNDRAWN, scheme)
            seen.too_wide += page.evaluate(TOO_WIDE)
            if scheme == "light":
                page.wait_for_load_state("networkidle")
                seen.weight_after = served.weight()
                # Not as an element of the page, whose policy would stop it.
                page.evaluate((node_modules() / "axe-core" / "axe.min.js").read_text("utf-8"))
            else:
                # Colours fade into each other; contrast is that of the end.
                page.wait_for_timeout(300)
            seen.violations += [f"{scheme}: {found}" for found in page.evaluate(AXE, RULES[scheme])]
        return seen

    return visited
