"""Blocks: the parts of pages that are made from cards and results, such as `[[specification]]`."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from mkdocs.utils import get_relative_url
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from analyses.write_ups.claims_table import OTHERS, TITLES, cells, elsewhere
from analyses.write_ups.numerals import percent
from docs.render import RenderError
from docs.render.addresses import NOWHERE, Addresses
from docs.render.months import Month, in_words
from docs.render.people import people
from docs.render.start import pinned, program
from docs.render.submissions import FORMULA

TEMPLATES = Path(__file__).parents[1] / "theme" / "blocks"


def ordinal(number: int) -> str:
    """A rank in words that fit between others.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 22, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '113th']
    """
    teens = 10 < number % 100 < 14
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def python(source: str) -> Markup:
    """A program as the HTML of a block of code, its words marked as those of cells are."""
    lines = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip().split("\n")
    # An empty line would end the block that it stands in.
    return Markup("\n".join(line or "<span></span>" for line in lines))


_templates = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["cells"] = cells
_templates.filters["in_words"] = in_words
_templates.filters["ordinal"] = ordinal
_templates.filters["percent"] = percent
_templates.globals["formula"] = FORMULA
_templates.filters["python"] = python
_templates.globals["people"] = people
_templates.globals["titles"] = TITLES
_templates.globals["others_title"] = OTHERS
_templates.globals["elsewhere"] = elsewhere
_templates.globals["pinned"] = pinned
_templates.globals["program"] = program


def block(
    name: str,
    slug: str | None,
    *,
    months: list[Month],
    month: Month | None,
    url: str,
    addresses: Addresses = NOWHERE,
) -> str:
    """The HTML of one block.

    Args:
        name: of a template in `docs/theme/blocks`.
        slug: the problem that the block is about, if it is not that of the page.
        months: all problems, newest first.
        month: the problem that the page is about, if any.
        url: of the page, from the site's root; links are relative to it.
        addresses: of the site and of the repository, where they are known.

    Raises:
        RenderError: if no block has that name, or no problem that slug.
    """
    known = sorted(path.stem for path in TEMPLATES.glob("*.html"))
    if name not in known:
        raise RenderError(f"{url}: no block is called [[{name}]]; known: {', '.join(known)}.")
    if slug is not None:
        month = next((known for known in months if known.slug == slug), None)
        if month is None:
            slugs = ", ".join(month.slug for month in months)
            raise RenderError(f"{url}: [[{name} {slug}]] names no problem; known: {slugs}.")
    html = _templates.get_template(f"{name}.html").render(
        months=months,
        month=month,
        addresses=addresses,
        link=lambda target: get_relative_url(target, url),
    )
    # A blank line would end an HTML block in Markdown.
    return "\n".join(line for line in html.splitlines() if line.strip())
