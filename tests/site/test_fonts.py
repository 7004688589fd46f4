"""Fonts that hold what the site shows and little else, and draw it as they did before."""

import base64
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from playwright.sync_api import Browser

from docs.render import vendor
from docs.render.fonts import ALWAYS, characters, cut_down, formulas

FONTS = {name: path for name, path in vendor.assets().items() if path.suffix == ".woff2"}
TEXT = sorted(name for name in FONTS if name.startswith("fonts/"))
MATHEMATICS = sorted(FONTS.keys() - set(TEXT))
WORDS = "AVA To fi ffl \N{MINUS SIGN}31\N{MULTIPLICATION SIGN}107 d\N{RIGHT SINGLE QUOTATION MARK}y"


def known(font: Path) -> set[str]:
    """The characters that a font has a glyph for."""
    with TTFont(font) as read:
        return set(map(chr, read.getBestCmap() or {}))


def served(site: Path, name: str) -> Path:
    return site / "assets" / "vendor" / name


@pytest.fixture(scope="module")
def shown(site: Path) -> set[str]:
    """What the pages show, as a parser of HTML reads it."""
    pages = (BeautifulSoup(page.read_bytes(), "html.parser") for page in site.rglob("*.html"))
    return set("".join(page.get_text() for page in pages))


@pytest.mark.parametrize("name", TEXT)
def test_what_pages_show_is_in_each_font_that_had_it(
    name: str, site: Path, shown: set[str]
) -> None:
    assert (shown | ALWAYS) & known(FONTS[name]) <= known(served(site, name))


def test_formulas_show_what_they_showed(site: Path) -> None:
    pages = (BeautifulSoup(page.read_bytes(), "html.parser") for page in site.rglob("*.html"))
    typeset = {
        character
        for page in pages
        for formula in page.select(".katex-html")
        for character in formula.get_text()
    }
    assert {"W", "=", "≈"} <= typeset
    for name in MATHEMATICS:
        assert typeset & known(FONTS[name]) <= known(served(site, name)), name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}", "\N{LATIN SMALL LETTER E WITH ACUTE}"),
        ("caf&eacute; &#960;", "\N{LATIN SMALL LETTER E WITH ACUTE}\N{GREEK SMALL LETTER PI}"),
        (r'"\u03b3"', "\N{GREEK SMALL LETTER GAMMA}"),
        (r'content: "\2192"', "\N{RIGHTWARDS ARROW}"),
        (r"\uffffffff \x41", "A"),
    ],
)
def test_characters_are_found_however_they_are_written(written: str, meant: str) -> None:
    assert set(meant) <= characters(written) | ALWAYS


def test_a_formula_ends_where_it_ends() -> None:
    inner = "<span class='a'><span>x</span></span>"
    html = f'<span class="katex-html" aria-hidden="true">{inner}y</span><span>z</span>'
    assert list(formulas([html, "nothing", html * 2])) == ["xy"] * 3


def picture(browser: Browser, fonts: dict[str, Path]) -> bytes:
    """Words that pull letters together, set in each font."""
    faces, words = "", ""
    for number, (name, path) in enumerate(sorted(fonts.items())):
        data = base64.b64encode(path.read_bytes()).decode()
        faces += (
            f"@font-face {{ font-family: f{number}; font-weight: 400 700; "
            f"src: url(data:font/woff2;base64,{data}) }}"
        )
        words += f"<p style='font: 24px f{number}'>{WORDS} <b>{WORDS}</b> {name}</p>"
    page = browser.new_page(viewport={"width": 900, "height": 700})
    page.set_content(f"<style>{faces}</style>{words}")
    page.evaluate("document.fonts.ready")
    taken = page.screenshot()
    page.close()
    return taken


def test_they_draw_as_before(browser: Browser, site: Path) -> None:
    whole = picture(browser, {name: FONTS[name] for name in TEXT})
    assert picture(browser, {name: served(site, name) for name in TEXT}) == whole
    others = dict(zip(TEXT, reversed(TEXT), strict=True))
    assert picture(browser, {name: FONTS[other] for name, other in others.items()}) != whole


def test_again_it_is_the_same_to_the_byte(tmp_path: Path) -> None:
    made: list[bytes] = []
    font = tmp_path
    for name in ("one", "two"):
        font = tmp_path / name / "assets/vendor/fonts/text.woff2"
        font.parent.mkdir(parents=True)
        font.write_bytes(FONTS["fonts/text.woff2"].read_bytes())
        (tmp_path / name / "index.html").write_text("caf&eacute;")
        cut_down(tmp_path / name)
        made.append(font.read_bytes())
    assert made[0] == made[1]
    assert known(font) - ALWAYS == {"\N{LATIN SMALL LETTER E WITH ACUTE}"}
