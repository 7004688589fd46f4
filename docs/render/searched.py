"""What the search finds beside prose: claims and explanations, one by one."""

from collections.abc import Iterator
from html import escape
from typing import Any

from docs.render.months import Month

EVIDENCE = "evidence/"
"""Address of the page that has a row for each of them."""


def entries(months: list[Month]) -> Iterator[dict[str, str]]:
    """An entry of the search index for each claim and each explanation: its sentence is the title.

    The page's own entry leaves its tables out, which would be one line of thousands of words.
    """
    for month in months:
        about = month.card.title
        for claim in month.claims:
            place = f"claim-{month.slug}-{claim.name}"
            yield _entry(place, claim.sentence, f"{about}: {claim.quantity}; {claim.verdict}.")
        for explained in month.explanations:
            place = f"explanation-{month.slug}-{explained.name}"
            yield _entry(place, explained.sentence, f"{about}: an explanation as a program.")


def with_claims(index: dict[str, Any], months: list[Month]) -> dict[str, Any]:
    """A search index with these entries, if it has the page that they are parts of."""
    pages = index["docs"]
    if not any(page["location"] == EVIDENCE for page in pages):
        return index
    return index | {"docs": [*pages, *entries(months)]}


def _entry(place: str, title: str, text: str) -> dict[str, str]:
    # The search shows both as HTML, as the theme's plugin writes them.
    return {
        "location": f"{EVIDENCE}#{place}",
        "title": escape(title, quote=False),
        "text": escape(text, quote=False),
    }
