"""How soon and how fast the problems' models answer in a page, and what they load for it."""

from pathlib import Path

import torch
from playwright.sync_api import BrowserContext, sync_playwright

from models import load
from tests.bench.figures import Figure
from tests.browser import Served, installed, serve

SLOWER = 4
"""How many times as long a slow machine takes."""
LOADS = 3
"""The quickest of so many counts: what else a machine does makes a load longer, never shorter."""
ANSWERS = 50
TYPED = 15
BLANK = "blank.html"
WORKER = """async ([root, slug, tokens, answers]) => {
  const { Engine } = await import(`${root}assets/live/engine.js`);
  const folder = `${root}problems/${slug}/`;
  const started = performance.now();
  const engine = new Engine();
  const card = await (await fetch(`${folder}card.json`)).json();
  engine.open({ card, url: folder + card.weights.file });
  await engine.logits([tokens]);
  const first = performance.now() - started;
  await engine.run([tokens]);
  const again = performance.now();
  for (let answer = 0; answer < answers; answer += 1) await engine.run([tokens]);
  const each = (performance.now() - again) / answers;
  engine.close();
  return [first / 1000, each];
}"""
# A browser slows down the thread of a page and no other: there the worker's modules run for once.
PAGE = """async ([root, slug, tokens, answers]) => {
  const folder = `${root}problems/${slug}/`;
  const started = performance.now();
  const own = (name) => import(`${root}assets/live/${name}.js`);
  const [{ processed }, { sha256 }, { compile }, { readSafetensors }] =
    await Promise.all(["checkpoint", "digest", "forward", "safetensors"].map(own));
  const card = await (await fetch(`${folder}card.json`)).json();
  const bytes = await (await fetch(folder + card.weights.file)).arrayBuffer();
  if ((await sha256(bytes)) !== card.weights.sha256) throw new Error("other weights");
  const model = await compile(processed(readSafetensors(bytes), card), card.architecture);
  await model.logits([tokens]);
  const first = performance.now() - started;
  await model.run([tokens]);
  const again = performance.now();
  for (let answer = 0; answer < answers; answer += 1) await model.run([tokens]);
  return [first / 1000, (performance.now() - again) / answers];
}"""
# From a key to the answers on the page, tables, maps and all; the worker runs as fast as it does.
TYPING = """async ([texts]) => {
  const field = document.querySelector("#live-input");
  const answers = document.querySelector(".live__answers");
  const times = [];
  for (const text of texts) {
    const started = performance.now();
    const shown = new Promise((done) => {
      const watch = new MutationObserver(() => { watch.disconnect(); done(); });
      watch.observe(answers, { childList: true });
    });
    field.value = text;
    field.dispatchEvent(new Event("input"));
    await shown;
    times.push(performance.now() - started);
  }
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)];
}"""


def figures(site: Path, slugs: list[str]) -> list[Figure]:
    """Of each problem: until the first answer, for each further one with all activations, the same
    on a slow machine, and what is loaded besides the weights.
    """
    found = []
    with (
        sync_playwright() as playwright,
        serve(site) as served,
        playwright.chromium.launch(executable_path=installed(), args=["--no-sandbox"]) as browser,
        browser.new_context() as reader,
    ):
        reader.route(
            served.url + BLANK,
            lambda route: route.fulfill(body="<title>Blank</title>", content_type="text/html"),
        )
        for slug in slugs:
            served.asked.clear()
            first, each = quickest(reader, served, slug, WORKER, 1)
            loaded = served.weight(lambda path: path.startswith("assets/"))
            slow_first, slow_each = quickest(reader, served, slug, PAGE, SLOWER)
            typed = typing(reader, served, slug)
            name = f"live, {slug}"
            found += [
                Figure(name=f"{name}, first answer", value=first, unit="s"),
                Figure(name=f"{name}, each answer", value=each, unit="ms"),
                Figure(
                    name=f"{name}, first answer, slow machine", value=slow_first, unit="s", budget=2
                ),
                Figure(
                    name=f"{name}, each answer, slow machine",
                    value=slow_each,
                    unit="ms",
                    budget=100,
                ),
                Figure(
                    name=f"{name}, from a key, slow machine", value=typed, unit="ms", budget=100
                ),
                Figure(name=f"{name}, loaded", value=loaded / 1000, unit="kB gzip", budget=250),
            ]
    return found


def typing(reader: BrowserContext, served: Served, slug: str) -> float:
    """Milliseconds from a key to what the panel shows for it, in a page that runs `SLOWER`; the
    median over other inputs.
    """
    page = reader.new_page()
    page.goto(f"{served.url}problems/{slug}/")
    page.get_by_role("button", name="Run the model here").click()
    page.locator(".live__answers table").wait_for()
    texts = []
    for _ in range(TYPED):
        page.get_by_role("button", name="Random", exact=True).click()
        texts.append(page.locator("#live-input").input_value())
    devtools = reader.new_cdp_session(page)
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    taken: float = page.evaluate(TYPING, [texts])
    page.close()
    return taken


def quickest(
    reader: BrowserContext, served: Served, slug: str, script: str, rate: int
) -> tuple[float, float]:
    """Seconds to the first answer and milliseconds for each further one."""
    problem = load(slug)
    tokens = problem.task.sample(1, torch.Generator().manual_seed(0))[0].tolist()
    times: list[list[float]] = []
    for _ in range(LOADS):
        page = reader.new_page()
        page.goto(served.url + BLANK)
        devtools = reader.new_cdp_session(page)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": rate})
        times.append(page.evaluate(script, [served.url, slug, tokens, ANSWERS]))
        page.close()
    first, each = (min(measured) for measured in zip(*times, strict=True))
    return first, each
