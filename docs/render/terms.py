"""Terms of the glossary in the prose of problems and solutions: links that show a definition."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from docs.render import RenderError

BLOCKS = ("p", "li", "dd")
"""What prose consists of."""
NO_PROSE = "table, figure, nav, form, summary, .submissions, .best"
"""Stands in prose cells and is none; what others submitted keeps its own words."""
UNTOUCHED = ("a", "abbr", "code", "data", "h1", "h2", "h3", "h4", "math", "pre", "q", "svg")
GAP = "\ufffc"
"""Stands for what is no text, so that no term is found across it."""


@dataclass(frozen=True)
class Term:
    """An entry of the glossary."""

    anchor: str
    words: tuple[str, ...]
    """All forms by which prose is recognised."""
    definition: str
    """HTML: the first paragraph of the entry."""


def read_terms(glossary: str) -> list[Term]:
    """The entries of the glossary.

    An entry is a heading of the third level and what follows. The words that lead to it are, one
    after a comma, those of the heading, or else those that its attribute `data-words` lists, one
    after a semicolon. Nothing is inflected: a plural that is to be found is listed.

    Args:
        glossary: HTML of the page, its mathematics typeset.

    Raises:
        RenderError: if an entry has no words or no paragraph, or two have the same words.
    """
    soup = BeautifulSoup(glossary, "html.parser")
    terms: list[Term] = []
    owners: dict[str, str] = {}
    for heading in soup.find_all("h3"):
        anchor = str(heading.get("id", ""))
        given = heading.get("data-words")
        listed = str(given).split(";") if given else heading.get_text().split(",")
        words = tuple(word for part in listed if (word := " ".join(part.split())))
        first = heading.find_next_sibling()
        if not words or first is None or first.name != "p":
            raise RenderError(
                f"The glossary's entry {heading.get_text()!r} needs words by which prose finds it "
                "and a paragraph that says what it is."
            )
        for word in words:
            if owners.setdefault(_key(word), anchor) != anchor:
                raise RenderError(
                    f"The glossary has {word!r} under #{owners[_key(word)]} and under #{anchor}; "
                    "take it from one of them."
                )
        terms.append(Term(anchor, words, _definition(first)))
    return terms


def _definition(paragraph: Tag) -> str:
    """What a paragraph holds, without links, and its formulas once.

    KaTeX sets each of them twice, hidden from one sense or the other; in what describes a link,
    both would be read.
    """
    copy = BeautifulSoup(str(paragraph), "html.parser")
    for link in copy.find_all("a"):
        link.unwrap()
    for formula in copy.select(".katex-mathml"):
        formula.decompose()
    for formula in copy.select(".katex-html"):
        del formula["aria-hidden"]
    return copy.p.decode_contents() if copy.p else ""


def explain(html: str, terms: Sequence[Term], glossary: str) -> str:
    """Link the first use of each term in each section, and append what the terms mean.

    Sections are those of the second level; what is folded is a section of its own. Headings,
    links, code, captions, tables and formulas are left alone, and so is a term that is spread over
    several elements, such as one of which a word is emphasised.

    Args:
        html: content of a page, in whose elements of class `prose` terms are looked for.
        terms: those of the glossary.
        glossary: address of the glossary, from this page.
    """
    if not terms:
        return html
    anchors = {_key(word): term.anchor for term in terms for word in term.words}
    pattern = _pattern(word for term in terms for word in term.words)
    soup = BeautifulSoup(html, "html.parser")
    no_prose = {id(part) for part in soup.select(NO_PROSE)}
    shown: set[str] = set()
    linked: set[tuple[int, str]] = set()
    section = 0
    for block in soup.find_all(["h2", *BLOCKS]):
        section += block.name == "h2"
        if block.find_parent(class_="prose") is None or block.name == "h2":
            continue
        if any(id(parent) in no_prose for parent in block.parents):
            continue
        fold = block.find_parent("details")
        place = id(fold) if fold else section
        for text, uses in _uses(block, pattern):
            pieces: list[NavigableString | Tag] = []
            end = 0
            for start, stop in uses:
                anchor = anchors[_key(text[start:stop])]
                if (place, anchor) in linked:
                    continue
                linked.add((place, anchor))
                shown.add(anchor)
                link = soup.new_tag("a", attrs={"class": "term", "href": f"{glossary}#{anchor}"})
                link["aria-describedby"] = f"term-{anchor}"
                link.string = text[start:stop]
                pieces += [NavigableString(text[end:start]), link]
                end = stop
            if pieces:
                text.replace_with(*pieces, NavigableString(text[end:]))
    if not shown:
        return str(soup)
    meanings = "".join(
        f'<p id="term-{escape(term.anchor)}">{term.definition}</p>'
        for term in terms
        if term.anchor in shown
    )
    # The search finds them in the glossary.
    return f'{soup}<div class="terms" hidden data-search-exclude>{meanings}</div>'


def _uses(
    block: Tag, pattern: re.Pattern[str]
) -> list[tuple[NavigableString, list[tuple[int, int]]]]:
    """The texts of a block of prose, each with where a word of the glossary stands in it."""
    texts = [text for text in block.find_all(string=True) if type(text) is NavigableString]
    read = [str(text) if _is_prose(text, block) else GAP * len(text) for text in texts]
    found = [match.span() for match in pattern.finditer("".join(read))]
    uses, begin = [], 0
    for text in texts:
        end = begin + len(text)
        inside = [(a - begin, b - begin) for a, b in found if begin <= a and b <= end]
        uses.append((text, inside))
        begin = end
    return uses


def _is_prose(text: NavigableString, block: Tag) -> bool:
    return text.find_parent([*UNTOUCHED, *BLOCKS]) is block and not text.find_parent(class_="katex")


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Finds whole words, the longest first; spaces and line breaks are alike.

    A word may begin with a capital letter, or, as headings do, with one that prose has not.
    """
    forms = []
    for word in sorted(words, key=len, reverse=True):
        first, rest = re.escape(word[0]), re.escape(word[1:]).replace(r"\ ", r"\s+")
        if word[1:2].islower():
            first = f"[{word[0].lower()}{word[0].upper()}]"
        forms.append(first + rest)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(forms)})(?![\w-])")


def _key(words: str) -> str:
    return " ".join(words.split()).casefold()
