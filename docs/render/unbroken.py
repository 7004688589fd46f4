"""A number, its power of ten and its unit stay on one line."""

import re

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement

UNIT = r"(?:%|(?:nats?|logits?|bits?|[kMG]?B|m?s)\b)"
POWER = r"× ?10"
BETWEEN = re.compile(rf"(?<=\d)[ \n](?={UNIT}|{POWER})|(?<=\d.×)[ \n](?=10)")
AFTER = re.compile(rf"[ \n](?={UNIT}|{POWER})")
VERBATIM = ("code", "pre", "svg", "math")
NO_BREAK = "\N{NO-BREAK SPACE}"


def unbroken(soup: BeautifulSoup) -> None:
    """Put no-break spaces between the numbers of a page and their powers and units, in place.

    The number may be an element of its own: one that was computed, or is quoted.

    >>> html = "<p><data>99.8</data> % of 2.5 × 10⁹ in 3 s, <code>2 s</code></p>"
    >>> page = BeautifulSoup(html, "html.parser")
    >>> unbroken(page)
    >>> page.get_text().replace(NO_BREAK, "_")
    '99.8_% of 2.5_×_10⁹ in 3_s, 2 s'
    """
    for text in soup.find_all(string=AFTER):
        if text.find_parent(VERBATIM):
            continue
        bound = BETWEEN.sub(NO_BREAK, text)
        if AFTER.match(text) and _ends_in_digit(text.previous_sibling):
            bound = NO_BREAK + bound[1:]
        if bound != text:
            text.replace_with(bound)


def _ends_in_digit(before: PageElement | None) -> bool:
    return isinstance(before, Tag) and before.get_text()[-1:].isdigit()
