"""Blocks: the parts of pages that are made from cards and results, such as `[[specification]]`."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from mkdocs.utils import get_relative_url

from docs.render import RenderError
from docs.render.months import Month

TEMPLATES = Path(__file__).parents[1] / "theme" / "blocks"

_templates = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def block(name: str, months: list[Month], month: Month | None, url: str) -> str:
    """The HTML of one block.

    Args:
        name: of a template in `docs/theme/blocks`.
        months: all problems, newest first.
        month: the problem that the page is about, if any.
        url: of the page, from the site's root; links are relative to it.

    Raises:
        RenderError: if no block has that name.
    """
    known = sorted(path.stem for path in TEMPLATES.glob("*.html"))
    if name not in known:
        raise RenderError(f"{url}: no block is called [[{name}]]; known: {', '.join(known)}.")
    html = _templates.get_template(f"{name}.html").render(
        months=months, month=month, link=lambda target: get_relative_url(target, url)
    )
    # A blank line would end an HTML block in Markdown.
    return "\n".join(line for line in html.splitlines() if line.strip())
