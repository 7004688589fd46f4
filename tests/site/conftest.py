"""The site, built once for all tests, and a browser that looks at it."""

import gzip
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from docs.render.vendor import node_modules
from models.card import read_card, slugs

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def page_urls() -> list[str]:
    """Every page of the site, from its root."""
    urls = ["", "evidence/", "glossary/", "contribute/", "404.html"]
    for slug in slugs():
        urls.append(f"problems/{slug}/")
        if read_card(slug).state == "solved":
            urls.append(f"problems/{slug}/solution/")
    return urls


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    for command in (["analyses", "all"], ["docs.render"]):
        subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)
    return ROOT / "site"


@dataclass
class Served:
    """A local server of the site that notes what it was asked for."""

    root: Path
    url: str
    asked: list[str] = field(default_factory=list)

    def weight(self) -> int:
        """Bytes of all that was asked for, each file once, as gzip -9 would send them."""
        return sum(_gzipped(self.root / path) for path in sorted(set(self.asked)))


@lru_cache
def _gzipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[Served]:
    """The site on a port of this machine."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(site))

        def send_head(self) -> Any:
            path = Path(self.translate_path(self.path))
            found = path / "index.html" if path.is_dir() else path
            if found.is_file():
                served.asked.append(found.relative_to(site).as_posix())
            return super().send_head()

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Served(site, f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the tests fail and say what to install."""
    with sync_playwright() as playwright:
        try:
            yield playwright.chromium.launch(
                executable_path=next(filter(None, map(shutil.which, NAMES)), None),
                # Root in a container has no sandbox; no name but this machine's resolves.
                args=[
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                ],
            )
        except Error as error:
            if "Executable doesn't exist" not in str(error):
                raise
            pytest.fail(
                "No Chromium or Chrome found. Install one (Debian, Ubuntu: apt-get install "
                "chromium; elsewhere: python -m playwright install chromium)."
            )


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
    await new Promise(requestAnimationFrame);
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
AXE = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
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
        context.on("request", lambda request: _note_host(request.url, seen))
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
        for scheme in ("light", "dark"):
            if scheme == "dark":
                page.locator(".md-header__button[for^=__palette]:visible").click()
            page.evaluate(SCROLL)
            try:
                page.wait_for_function(f"scheme => !({UNDRAWN})(scheme).length", arg=scheme)
            except Error:
                seen.undrawn += page.evaluate(UNDRAWN, scheme)
            seen.too_wide += page.evaluate(TOO_WIDE)
            if scheme == "light":
                page.wait_for_load_state("networkidle")
                seen.weight_after = served.weight()
                page.add_script_tag(path=node_modules() / "axe-core" / "axe.min.js")
            # Colours fade into each other; contrast is that of the end.
            page.wait_for_timeout(300)
            seen.violations += [f"{scheme}: {found}" for found in page.evaluate(AXE)]
        return seen

    return visited


def _note_host(url: str, seen: Visit) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.hostname != "127.0.0.1":
        seen.elsewhere.append(url)
