"""Every page of the site, opened and looked at once for all tests."""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page

from models.card import read_card, slugs
from tests.axe import violations
from tests.browser import Served, elsewhere

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


LISTING = ("", "evidence/", "hall-of-fame/")
"""Pages that show all months."""
every_page = pytest.mark.parametrize(
    "url",
    [
        pytest.param(
            url,
            marks=[pytest.mark.every_month] * (url in LISTING or url.startswith("problems/")),
        )
        for url in page_urls()
    ],
)
"""Those of months, and those that show all of them, a month can break."""


@dataclass
class Visit:
    """What happened while one page was open at a width: read to its end, its figures reached for
    where it is wide, and toggled."""

    page: Page
    elsewhere: list[str] = field(default_factory=list)
    """Requests to other hosts."""
    complaints: list[str] = field(default_factory=list)
    """Console errors and uncaught exceptions."""
    undrawn: list[str] = field(default_factory=list)
    """Figures that were not drawn, by palette."""
    too_wide: list[str] = field(default_factory=list)
    """What sticks out of the page or of a figure's box."""
    restless: list[str] = field(default_factory=list)
    """What a browser goes on drawing frames for, though nothing moves."""
    small: list[str] = field(default_factory=list)
    """What is to be pressed and smaller than 24 px, but for links in running text."""
    violations: list[str] = field(default_factory=list)
    """What axe-core calls serious or worse, by palette."""
    asked_before: frozenset[str] = frozenset()
    """Files that were loaded until the page was read to its end, and no figure reached for."""
    asked_after: frozenset[str] = frozenset()
    """Files that were loaded up to the end, at this width and those before."""
    weight_before: int = 0
    """Of these files."""
    weight_after: int = 0
    """Of all that was loaded up to the end, at this width and those before."""


SCROLL = """async () => {
  for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
    scrollTo(0, y);
    // A browser that stands still for a while draws no frame; the page is scrolled all the same.
    await new Promise(done => { requestAnimationFrame(done); setTimeout(done, 250); });
  }
}"""
REACH = """() => document.querySelectorAll('.figure__tools button[aria-pressed=false]')
  .forEach(button => button.click())"""
UNDRAWN = """scheme => [...document.querySelectorAll('.drawing')]
  .filter(box => box.dataset.drawn !== scheme
    || !box.querySelector(box.dataset.plotly ? 'svg.main-svg' : 'canvas'))
  .map(box => `${scheme}: ${box.closest('figure').id}`)"""
EMPTY = """() => [...document.querySelectorAll('.drawing')]
  .filter(box => {
    const still = box.querySelector('.still:not([hidden])').getBoundingClientRect();
    const drawn = [...box.querySelectorAll('.still:not([hidden]) .panel__plot')];
    return still.height < 50 || !drawn.length
      || drawn.some(plot =>
        plot.getBoundingClientRect().height < 30 || !plot.querySelector('path'));
  })
  .map(box => `still: ${box.closest('figure').id}`)"""
TOO_WIDE = """() => {
  const wide = [...document.querySelectorAll('.plot svg.main-svg, .widget > div, .still *')]
    .filter(part => part.getBoundingClientRect().width
      && part.getBoundingClientRect().right
      > part.closest('.plot, .widget, figure').getBoundingClientRect().right + 1)
    .map(part => `${part.closest('figure').id}: ${part.outerHTML.slice(0, 80)}`);
  if (document.documentElement.scrollWidth > innerWidth) wide.push('the page');
  return wide;
}"""
SMALL = """() => {
  const words = (part) => [...part.childNodes].some((child) => child.nodeType === Node.TEXT_NODE
    ? /\\w/.test(child.textContent)
    : child.nodeType === Node.ELEMENT_NODE && !child.matches('a, button, label')
      && getComputedStyle(child).display === 'inline' && words(child));
  const inText = (link) => {
    if (!link.matches('a') || getComputedStyle(link).display !== 'inline') return false;
    let block = link.parentElement;
    while (getComputedStyle(block).display === 'inline') block = block.parentElement;
    return words(block);
  };
  return [...document.querySelectorAll('a[href], button, input, select, summary, label[for]')]
    .filter((part) => part.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .map((part) => ({ part, box: part.getBoundingClientRect() }))
    // Of the theme, and nowhere.
    .filter(({ part, box }) => !part.matches('.md-overlay')
      && (box.width < 23.99 || box.height < 23.99) && !inText(part))
    .map(({ part, box }) =>
      `${part.outerHTML.slice(0, 90)} is ${box.width.toFixed()} x ${box.height.toFixed()}`);
}"""
"""Target size (minimum) of WCAG 2.2, 2.5.8, without the exception for what stands apart."""
NARROW, WIDE = WIDTHS = (390, 1280)
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of axe-core about colours, which take it longest."""
RULES = {
    # A palette changes nothing but colours, and these are the same at every width.
    ("light", NARROW): {"rules": {rule: {"enabled": False} for rule in COLOURS}},
    ("light", WIDE): {},
    ("dark", WIDE): {"runOnly": COLOURS},
}
RESTLESS = """() => document.getAnimations()
  // A browser that stands still draws no frame, and what runs runs on.
  .filter((moving) => moving.playState === 'finished')
  .map((moving) => `${moving.transitionProperty || moving.animationName} of `
    + moving.effect.target.outerHTML.slice(0, 90))"""
FADE = """() => {
  // Not waited for: a browser that stands still draws no frame, and they would never end.
  for (const moving of document.getAnimations())
    if (moving instanceof CSSTransition) moving.finish();
}"""


@pytest.fixture(scope="session")
def visit(served: Served, reader: BrowserContext) -> Any:
    """Look at a page at a width, once for all tests that ask for it."""
    away: list[str] = []
    reader.on("request", lambda asked: away.append(asked.url) if elsewhere(asked.url) else None)

    @lru_cache
    def visits(url: str) -> dict[int, Visit]:
        """A page as a phone loads it, then wide, and dark; it is left as it is then."""
        page = reader.new_page()
        found = {width: Visit(page) for width in WIDTHS}
        now = found[NARROW]
        page.on("pageerror", lambda error: now.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: now.complaints.append(said.text) if said.type == "error" else None,
        )
        away.clear()
        served.asked.clear()
        page.set_viewport_size({"width": NARROW, "height": 900})
        page.goto(served.url + url, wait_until="networkidle")
        look(now, "light", NARROW)
        now.asked_before = frozenset(served.asked)
        now.weight_before = served.weight()
        now.elsewhere = away.copy()
        now = found[WIDE]
        page.set_viewport_size({"width": WIDE, "height": 900})
        page.evaluate(REACH)
        look(now, "light", WIDE)
        # Not with the mouse, which waits for frames.
        page.get_by_role("button", name="Dark paper").evaluate("button => button.click()")
        look(now, "dark", WIDE)
        page.wait_for_load_state("networkidle")
        now.asked_after = frozenset(served.asked)
        now.weight_after = served.weight()
        now.elsewhere = away.copy()
        return found

    return lambda url, width: visits(url)[width]


def look(seen: Visit, scheme: str, width: int) -> None:
    """Scroll through a page, and note what is amiss."""
    page = seen.page
    page.evaluate(SCROLL)
    if width == NARROW:
        seen.undrawn += page.evaluate(EMPTY)
    else:
        try:
            page.wait_for_function(f"scheme => !({UNDRAWN})(scheme).length", arg=scheme, polling=50)
        except Error:
            seen.undrawn += page.evaluate(UNDRAWN, scheme)
    with suppress(Error):
        page.wait_for_function("!document.getAnimations().length", polling=50, timeout=2000)
    seen.restless += page.evaluate(RESTLESS)
    # Widths and contrast are those of the end.
    page.evaluate(FADE)
    seen.too_wide += page.evaluate(TOO_WIDE)
    seen.small += page.evaluate(SMALL)
    seen.violations += [f"{scheme}: {found}" for found in violations(page, **RULES[scheme, width])]
