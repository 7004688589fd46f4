"""How long the pictures of a page take to be drawn on a slow machine, beside its text."""

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, CDPSession, sync_playwright

from tests.bench.figures import Figure
from tests.browser import installed, serve

SLOWER = 4
"""How many times as long a slow machine takes."""
LOADS = 5
"""The quickest of so many counts: what else a machine does makes a load longer, never shorter."""
PICTURE = re.compile(r'<div class="still(?: [^"]*)?".*?(?=</div><figcaption)', re.DOTALL)
PAINTED = """async () => {
  scrollTo(0, document.body.scrollHeight);
  await new Promise(done => { requestAnimationFrame(done); setTimeout(done, 250); });
  return performance.now() / 1000;
}"""


def figures(site: Path, slugs: list[str]) -> list[Figure]:
    """Each solution with its pictures, and what of that they take."""
    found = []
    with (
        sync_playwright() as playwright,
        serve(site) as served,
        playwright.chromium.launch(executable_path=installed(), args=["--no-sandbox"]) as browser,
        browser.new_context() as reader,
    ):
        for slug in slugs:
            url = f"{served.url}problems/{slug}/solution/"
            whole = reader.request.get(url).text()
            bare = PICTURE.sub("", whole)
            seconds = {
                body: min(painted(reader, url, body) for _ in range(LOADS))
                for body in (whole, bare)
            }
            name, taken = f"slow machine, {slug}", seconds[whole]
            found += [
                Figure(name=name, value=taken, unit="s"),
                Figure(name=f"{name}, pictures", value=taken - seconds[bare], unit="s", budget=1.5),
            ]
    return found


def painted(reader: BrowserContext, url: str, body: str) -> float:
    """Seconds until a page is painted to its end on a slow machine."""
    page = reader.new_page()
    page.route(url, lambda route: route.fulfill(body=body, content_type="text/html"))
    devtools: CDPSession = reader.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url, wait_until="load")
    taken = page.evaluate(PAINTED)
    page.close()
    return float(taken)
