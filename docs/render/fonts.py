"""Fonts cut down to the characters that the site shows: half of a page's weight was fonts."""

import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from fontTools import subset

FONTS = "assets/vendor"
WRITTEN = (".html", ".json", ".js", ".css")
"""Files that hold what is shown, or make it in the reader's browser."""
ALWAYS = frozenset(
    {
        # What readers type, and names of things that are made up while they look.
        *map(chr, range(0x20, 0x7F)),
        # What Plotly writes of numbers: a minus sign, a power of ten, a millionth.
        *"\N{MINUS SIGN}\N{MULTIPLICATION SIGN}\N{MICRO SIGN}\N{GREEK SMALL LETTER MU}",
    }
)
ESCAPE = re.compile(r"\\u?([0-9A-Fa-f]{4,6})")
"""How a script or a style sheet writes a character by its number."""
FORMULA = re.compile('<span [^>]*class="katex-html"')
SPAN = re.compile(r"<(/?)span\b")


def cut_down(site: Path) -> None:
    """Take out of the fonts of a built site all characters that nothing on it shows.

    Those of formulas keep what formulas show. Which glyphs take each other's place, and how far
    they stand from each other, stays as it was.
    """
    texts = [path.read_text(encoding="utf-8") for path in _written(site)]
    shown = ALWAYS.union(*map(characters, texts))
    typeset = frozenset("").union(*(map(characters, formulas(texts))))
    for path in sorted((site / FONTS).rglob("*.woff2")):
        _cut(path, typeset if "katex" in path.relative_to(site).parts else shown)


def _written(site: Path) -> Iterator[Path]:
    for path in sorted(site.rglob("*")):
        if path.suffix in WRITTEN and "vendor" not in path.relative_to(site).parts:
            yield path


def characters(text: str) -> frozenset[str]:
    r"""Those of a file, also those that it names by their numbers.

    >>> sorted(characters("a &times; \\u2212"))[-3:]
    ['u', '×', '−']
    """
    numbers = (int(digits, 16) for digits in ESCAPE.findall(text))
    return frozenset(html.unescape(text)) | {chr(number) for number in numbers if number < 0x110000}


def formulas(pages: Iterable[str]) -> Iterator[str]:
    """What is shown of the formulas on pages, without its markup.

    >>> list(formulas(['<b>x</b><span id="y" class="katex-html"><b>a</b><span>b</span>c</span>d']))
    ['abc']
    """
    for page in pages:
        for start in (found.start() for found in FORMULA.finditer(page)):
            depth = 0
            for tag in SPAN.finditer(page, start):
                depth += -1 if tag[1] else 1
                if not depth:
                    yield re.sub("<[^>]*>", "", page[start : tag.start()])
                    break


def _cut(path: Path, kept: Iterable[str]) -> None:
    options = subset.Options(flavor="woff2", layout_features=["*"], name_IDs=["*"])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=map(ord, kept))
    # Beside it: what is written is not what is still being read.
    fresh = path.with_suffix(".cut")
    with subset.load_font(str(path), options) as font:
        subsetter.subset(font)
        subset.save_font(font, str(fresh), options)
    fresh.replace(path)
