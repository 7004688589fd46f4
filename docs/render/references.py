"""What Markdown pages say by name: numbers of solutions, and problems that may not exist yet."""

import difflib
import posixpath
import re

from analyses.write_ups.results import Number, fact_html, literal
from docs.render import RenderError
from docs.render.months import Month

CODE = r"(?P<fence>^(?:```|~~~).*?^(?:```|~~~)$)|(?P<span>`+).+?(?P=span)"
REFERENCE = re.compile(
    rf"{CODE}|\{{\{{(?P<number>.*?)\}}\}}|\[\[problem (?P<slug>\w+)\]\]", re.DOTALL | re.MULTILINE
)


def resolve(markdown: str, months: list[Month], src_uri: str) -> str:
    """Fill in `{{ slug.name }}` and `[[problem slug]]`, but not in code.

    The first is a number or fact that the solution of a problem recorded. The second is the
    title of a problem, and a link from the day on which there is such a problem.

    Args:
        markdown: of one page.
        months: all problems.
        src_uri: of the page in the docs; links are relative to it.

    Raises:
        RenderError: if nothing is recorded under a name, or the problem is still open.
    """

    def put(match: re.Match[str]) -> str:
        if match["number"] is not None:
            return _number(match["number"].strip(), months, src_uri)
        if match["slug"] is not None:
            return _problem(match["slug"], months, src_uri)
        return match[0]

    return REFERENCE.sub(put, markdown)


def _number(name: str, months: list[Month], src_uri: str) -> str:
    slug, _, rest = name.partition(".")
    month = next((month for month in months if month.slug == slug), None)
    if month is None or not rest:
        known = ", ".join(month.slug for month in months)
        raise RenderError(
            f"{src_uri}: {{{{ {name} }}}} is no number of a problem; write {{{{ slug.name }}}} "
            f"with one of these slugs: {known}."
        )
    if month.card.state == "open":
        raise RenderError(
            f"{src_uri}: {{{{ {name} }}}} would give away a result of {slug}, which is still open."
        )
    numbers, facts = month.results["numbers"], month.results["facts"]
    if rest in facts or rest in numbers:
        page = _link(slug, month.recorded.get(rest, "solution"), src_uri)
        known = facts.get(rest)
        return Number(**numbers[rest]).html(page) if known is None else fact_html(rest, known, page)
    near = difflib.get_close_matches(rest, [*numbers, *facts], n=3) or sorted(numbers)[:8]
    raise RenderError(
        f"{src_uri}: {slug} records nothing under the name {rest!r}; did you mean "
        f"{', '.join(near)}?"
    )


def _problem(slug: str, months: list[Month], src_uri: str) -> str:
    month = next((month for month in months if month.slug == slug), None)
    if month is None:
        return slug.replace("_", " ").title()
    return f'<a href="{_link(slug, "index", src_uri)}">{literal(month.card.title)}</a>'


def _link(slug: str, page: str, src_uri: str) -> str:
    """From a page to the source of a problem's page, which becomes a link to the page itself."""
    return posixpath.relpath(f"problems/{slug}/{page}.ipynb", posixpath.dirname(src_uri))
