"""The live panel as readers use it: typing, taking away, copying, sending, breaking."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from models.card import committed_weights, read_card, slugs
from tests.axe import violations
from tests.browser import Served

pytestmark = pytest.mark.browser
BUDGET = 250_000
"""Bytes of the panel besides the weights, as gzip -9 sends them."""
MORE = "1, 49, 40, 3, 37, 13, 39, 38, 41, 36"
CONTROLS = "button, input, select, textarea, summary"
SMALL = f"""() => [...document.querySelectorAll('.live :is({CONTROLS})')]
  .filter(part => part.checkVisibility())
  .map(part => [part.closest('label') ?? part, part])
  .filter(([box]) => box.getBoundingClientRect().height < 43.9)
  .map(([, part]) => part.outerHTML.slice(0, 100))"""
"""What is to be tapped and less than 44 px high."""

Begun = Callable[..., Page]


@pytest.fixture
def begun(served: Served, reader: BrowserContext) -> Iterator[Begun]:
    """Opens a page and starts its panel; complaints of the browser fail the test."""
    pages: list[Page] = []
    complaints: list[str] = []

    def begin(slug: str, page: str = "", hash: str = "", width: int = 1280) -> Page:
        opened = reader.new_page()
        pages.append(opened)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        opened.set_viewport_size({"width": width, "height": 900})
        opened.goto(f"{served.url}problems/{slug}/{page}{hash}")
        if not hash:
            opened.get_by_role("button", name="Run the model here").click()
        expect(opened.locator(".live__answers table")).to_be_visible(timeout=30_000)
        return opened

    yield begin
    for page in pages:
        page.close()
    assert complaints == []


def verdict(page: Page) -> Locator:
    return page.locator(".live__verdict")


def fold(page: Page, name: str) -> Locator:
    """One of the folds, opened."""
    found = page.locator(".live__fold").filter(has=page.locator("summary", has_text=name))
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_every_part_of_the_panel_works_on_every_problem(begun: Begun, slug: str) -> None:
    solved = read_card(slug).state == "solved"
    page = begun(slug, "solution/" if solved else "", width=390)
    first = verdict(page).inner_text()
    assert re.match(
        r"(Right|Wrong|\d+ of \d+ right); loss .* nats; smallest margin .* logits\.", first
    )
    field = page.get_by_label("An input")
    worked = field.input_value()
    page.get_by_role("button", name="Random", exact=True).click()
    expect(field).not_to_have_value(worked)
    page.get_by_role("button", name="The worked example").click()
    expect(field).to_have_value(worked)
    expect(verdict(page)).to_have_text(first)
    if solved:
        page.get_by_role("button", name="One of the hardest").click()
        expect(field).not_to_have_value(worked)
        expect(page.locator(".live__beside")).to_contain_text("it agrees with the model in")
    away = fold(page, "Take parts away")
    away.get_by_label("direct path").check()
    expect(verdict(page)).to_contain_text("Before:")
    expect(away.locator(".live__hint")).to_have_text(
        re.compile(r"mean over [\d,]+ inputs, sha256 [0-9a-f]{12} …")
    )
    away.get_by_label("In their place").select_option("zero")
    away.get_by_label("direct path").uncheck()
    expect(verdict(page)).not_to_contain_text("Before:")
    if read_card(slug).architecture.d_mlp:
        away.get_by_label("Others").fill("n0.1-2")
        expect(verdict(page)).to_contain_text("Before:")
        away.get_by_label("Others").fill("")
    copy = fold(page, "Copy a part")
    copy.get_by_label("The other input").fill(worked)
    copy.get_by_label("What is copied").select_option("direct")
    fold(page, "Your own checkpoint")
    if solved:
        fold(page, "Break it")
    field.fill("nonsense" * 1000)
    expect(page.locator("#live-fault")).not_to_have_text("")
    assert len(page.locator("#live-fault").inner_text()) < 400
    for state in ("faulty", "whole", "without a part"):
        if state == "whole":
            page.get_by_role("button", name="The worked example").click()
            expect(page.locator("#live-fault")).to_have_text("")
        if state == "without a part":
            away.get_by_label("direct path").check()
            expect(verdict(page)).to_contain_text("Before:")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert violations(page, only=".live") == [], (state, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("slug", ["cumulative_sum", "verb_noun"])
def test_neurons_are_taken_away_one_by_one_or_with_their_family(begun: Begun, slug: str) -> None:
    page = begun(slug, "solution/")
    away = fold(page, "Take parts away")
    family = away.get_by_label(re.compile("neurons (of the positive side|that matter most)")).last
    family.check()
    expect(verdict(page)).to_contain_text("Before:")
    together = verdict(page).inner_text()
    page.wait_for_url(re.compile("off="))
    again = begun(slug, "solution/", page.evaluate("location.hash"))
    expect(verdict(again)).to_have_text(together)
    family.uncheck()
    expect(verdict(page)).not_to_contain_text("Before:")
    # A model with few neurons has a switch for each.
    expect(away.get_by_label(re.compile(r"^neuron 0\.\d+$"))).to_have_count(
        8 if slug == "cumulative_sum" else 0
    )


def test_what_changed_is_said_once_and_politely(begun: Begun) -> None:
    page = begun("sorted_list")
    voice = page.locator(".live__voice")
    expect(voice).to_have_attribute("role", "status")
    expect(voice).to_contain_text("10 of 10 right")
    page.evaluate(
        """() => {
          window.heard = [];
          const voice = document.querySelector('.live__voice');
          new MutationObserver(() => heard.push(voice.textContent))
            .observe(voice, {childList: true, characterData: true, subtree: true});
        }"""
    )
    field = page.get_by_label("An input")
    field.fill("")
    field.press_sequentially(MORE, delay=15)
    expect(voice).to_contain_text("9 of 10 right")
    assert page.evaluate("heard") == [verdict(page).inner_text()]
    assert page.locator(".live [role=alert], .live output").count() == 0


def test_where_nothing_can_run_it_is_said(served: Served, browser: Any) -> None:
    context = browser.new_context()
    context.add_init_script("delete window.WebAssembly")
    page = context.new_page()
    page.goto(f"{served.url}problems/sorted_list/")
    expect(page.locator(".live")).to_contain_text("This browser lets no model run in a page")
    expect(page.locator(".live table")).to_be_visible()
    assert page.get_by_role("button", name="Run the model here").count() == 0
    context.close()


def test_what_is_wrong_with_an_input_stands_beside_it(begun: Begun) -> None:
    page = begun("sorted_list")
    field = page.get_by_label("An input")
    field.fill("1, 2, 3")
    fault = page.locator("#live-fault")
    expect(fault).to_contain_text("has 3 values, expected 10")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("1, 2, 3, 4, 5, 6, 7, 8, 9, 9")
    expect(fault).to_contain_text("the value 9 is repeated")
    field.fill("1, 2, 3, 4, 5, 6, 7, 8, 9, 51")
    expect(fault).to_contain_text("the value 51 is outside 0 to 50")
    field.fill(MORE)
    expect(fault).to_have_text("")
    expect(verdict(page)).to_contain_text("9 of 10 right")


def test_an_address_leads_to_what_its_sender_saw(begun: Begun) -> None:
    sender = begun("sorted_list")
    sender.get_by_label("An input").fill(MORE)
    away = fold(sender, "Take parts away")
    away.get_by_label("head 0.0").check()
    away.get_by_label("In their place").select_option("zero")
    away.get_by_label("Others").fill("at3")
    expect(verdict(sender)).to_contain_text("Before: 9 of 10 right")
    sender.locator(".live__answers button").nth(4).click()
    sender.wait_for_url(re.compile(r"at3.*ask=4"))
    seen = sender.locator(".live__answers").inner_text()
    other = begun("sorted_list", hash=sender.evaluate("location.hash"))
    expect(verdict(other)).to_have_text(verdict(sender).inner_text())
    assert other.locator(".live__answers").inner_text() == seen
    expect(fold(other, "Take parts away").get_by_label("head 0.0")).to_be_checked()
    assert (
        other.locator(".live__looking table").inner_text()
        == sender.locator(".live__looking table").inner_text()
    )


def test_an_address_that_makes_no_sense_is_said_to_make_none(begun: Begun) -> None:
    page = begun("sorted_list")
    page.evaluate("location.hash = '#live?in=1%2C2&off=7.7'")
    expect(page.locator("#live-fault")).to_contain_text("has 2 values, expected 10")
    page.get_by_label("An input").fill(MORE)
    expect(page.locator("#live-fault")).to_have_text("This model has no part called 7.7.")


def test_a_checkpoint_of_ones_own_answers_or_it_is_said_why_not(
    begun: Begun, tmp_path: Path
) -> None:
    page = begun("sorted_list")
    own = fold(page, "Your own checkpoint")
    chooser = own.get_by_label("A safetensors file")
    said = own.locator(".live__whose")
    other = committed_weights(read_card("cumulative_sum"))
    chooser.set_input_files(other)
    expect(said).to_contain_text("model.safetensors is not used:")
    before = verdict(page).inner_text()
    chooser.set_input_files(without_unembedding(tmp_path))
    expect(said).to_contain_text(
        "negated.safetensors answers now, and not the model of Sorted List."
    )
    expect(verdict(page)).not_to_have_text(before)
    away = fold(page, "Take parts away")
    expect(away.locator(".live__hint")).to_have_text("mean over 128 random inputs")
    expect(said).to_contain_text("an address that you copy are about that one.")


def without_unembedding(folder: Path) -> Path:
    """A checkpoint of Sorted List whose unembedding is zero, written into a folder."""
    content = bytearray(committed_weights(read_card("sorted_list")).read_bytes())
    size = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + size])
    start, end = header["unembed.W_U"]["data_offsets"]
    content[8 + size + start : 8 + size + end] = bytes(end - start)
    path = folder / "negated.safetensors"
    path.write_bytes(content)
    return path


def test_a_search_finds_what_fools_the_model_and_stops(begun: Begun) -> None:
    page = begun("palindromes")
    search = fold(page, "Break it")
    search.get_by_role("button", name="Look for inputs that fool it").click()
    expect(search.locator(".live__hint")).to_contain_text("which is wrong", timeout=30_000)
    search.get_by_role("button", name="Stop").click()
    search.locator("li button").first.click()
    expect(verdict(page)).to_contain_text("Wrong")
    tried = search.locator(".live__hint").inner_text()
    page.wait_for_timeout(300)
    assert search.locator(".live__hint").inner_text() == tried


def test_explanation_and_model_are_counted(begun: Begun, tmp_path: Path) -> None:
    page = begun("sorted_list", "solution/")
    # No upper bound: of random inputs, the first thousands may all agree.
    assert counted(page) > 0.98
    expect(page.get_by_role("button", name="Go on counting")).to_be_visible()
    own = fold(page, "Your own checkpoint")
    own.get_by_label("A safetensors file").set_input_files(without_unembedding(tmp_path))
    expect(own.locator(".live__whose")).to_contain_text("answers now")
    # It gives one answer throughout, which of ten distinct values can be one.
    assert counted(page) < 0.15


def counted(page: Page) -> float:
    """The share in which explanation and model are said to agree, counted from the start."""
    page.get_by_role("button", name="Count over random inputs").click()
    said = page.locator(".live__tally .live__hint")
    expect(said).not_to_be_empty()
    page.get_by_role("button", name="Stop").click()
    tally = r"They agree in (\d+) of (\d+) predictions, (\d+\.\d\d) %\."
    found = re.fullmatch(tally, said.inner_text())
    assert found, said.inner_text()
    agreed, total = int(found[1]), int(found[2])
    assert total >= 320
    assert float(found[3]) == pytest.approx(100 * agreed / total, abs=0.0051)
    return agreed / total


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_nothing_is_loaded_before_it_is_asked_for_and_little_then(
    served: Served, reader: BrowserContext, slug: str
) -> None:
    page = reader.new_page()
    served.asked.clear()
    page.goto(f"{served.url}problems/{slug}/", wait_until="networkidle")
    assert not any("live/" in path or "jax" in path for path in served.asked)
    assert not any(path.endswith(".safetensors") for path in served.asked)
    expect(page.locator(".live table")).to_be_visible()
    served.asked.clear()
    page.get_by_role("button", name="Run the model here").click()
    expect(page.locator(".live__answers table")).to_be_visible(timeout=30_000)
    weights = [path for path in served.asked if path.endswith(".safetensors")]
    assert len(weights) == 1
    served.asked.remove(weights[0])
    assert 0 < served.weight() <= BUDGET
    page.close()


def test_everything_is_large_enough_for_a_finger(served: Served, browser: Any) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{served.url}problems/sorted_list/#live?in={MORE.replace(', ', '+')}")
    expect(page.locator(".live__answers table")).to_be_visible(timeout=30_000)
    for name in ("Take parts away", "Copy a part", "Your own checkpoint", "Break it"):
        fold(page, name)
    assert page.evaluate(SMALL) == []
    context.close()


def test_the_keyboard_alone_is_enough(begun: Begun) -> None:
    page = begun("sorted_list")
    field = page.get_by_label("An input")
    field.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(MORE)
    expect(verdict(page)).to_contain_text("9 of 10 right")
    page.locator(".live__answers button").nth(2).focus()
    page.keyboard.press("Enter")
    pressed = page.locator(".live__answers button").nth(2)
    expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(pressed).to_be_focused()
    page.locator(".live__tokens button").nth(10).focus()
    expect(page.locator(".live__looks").first).to_have_text(re.compile(r"\d+ \(\d+ %\)"))


def test_without_scripts_the_worked_example_stands_there(served: Served, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served.url}problems/sorted_list/")
    expect(page.locator(".live caption")).to_contain_text("One input, and what the model says")
    expect(page.locator(".live tbody tr")).to_have_count(10)
    context.close()
