"""The pictures of many models beside each other, small. Needs no torch."""

import re
from collections.abc import Iterable
from html import escape
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

NAMED = re.compile(r"""role="img" aria-label=("[^"]*"|'[^']*')""")
"""What a picture says of itself, which of many alike is said once for all."""

SIZES = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')

NAME = "Pictures of the models"
"""Of all of them together."""


class Pictured(NamedTuple):
    """A model's own picture."""

    words: str
    """Which model it is."""
    svg: str


def gallery(pictures: Iterable[Pictured], caption: str) -> str:
    """HTML of small pictures, each over the words that say which model it is; those that are twice
    as wide as high get more room.

    Raises:
        ValueError: if a picture does not say what one sees, as `svg` has it.
    """
    shown = list(pictures)
    items = "".join(f"<li>{_renamed(picture)}{escape(picture.words)}</li>" for picture in shown)
    look = "gallery gallery--wide" if shown and all(map(_is_wide, shown)) else "gallery"
    return (
        f'<figure class="{look}" aria-label="{NAME}" data-search-exclude><ul>{items}</ul>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _renamed(picture: Pictured) -> str:
    label = f'role="img" aria-label={quoteattr(f"Picture: {picture.words}")}'
    svg, found = NAMED.subn(lambda match: label, picture.svg, count=1)
    if not found:
        raise ValueError(
            f"the picture of {picture.words} has no label; draw it with `analyses.write_ups.svg`"
        )
    return svg.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1)


def _is_wide(picture: Pictured) -> bool:
    sizes = SIZES.search(picture.svg)
    return sizes is not None and float(sizes[1]) >= 2 * float(sizes[2])
