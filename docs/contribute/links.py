"""Whether the site builds with the month, and the links of its pages lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from posixpath import normpath
from urllib.parse import unquote, urljoin, urlsplit

from docs.contribute.month import Fault, Month
from docs.contribute.prose import Cell, cells
from docs.render import RenderError

LINK = re.compile(r"\]\(\s*<?([^)\s>]*)|\b(?:href|src)=[\"']([^\"']*)")
IMAGE = re.compile(r"!\[\s*\]\(|<img(?![^>]*\balt=[\"'][^\"']+)[^>]*>")


def site_faults(month: Month, folder: Path) -> Iterator[Fault]:
    """Build the whole site into an empty folder, and try the month's links."""
    # MkDocs takes a second to import.
    from mkdocs.exceptions import Abort, ConfigurationError

    from docs.render.__main__ import build_site

    try:
        build_site(folder)
    except (RenderError, Abort, ConfigurationError) as error:
        text = f"the site does not build: {error} (`nox -s site` says more)"
        yield month.fault(*_blamed(month, str(error), text))
    yield from link_faults(month, folder)


def _blamed(month: Month, error: str, text: str) -> tuple[Path, str, None, str]:
    """The page that an error of rendering is about, and what to look for in it."""
    page = month.solution if "solution" in error.split(" ")[0] else month.problem
    named = re.search(r"links to (\S+),|called (\[\[\w+\]\])", error)
    return page, text, None, (named[1] or named[2]) if named else ""


def link_faults(month: Month, site: Path) -> Iterator[Fault]:
    """Links of the pages' prose that lead nowhere, and images without alternative.

    Args:
        month: whose pages to read.
        site: the built site.
    """
    for name, page in month.pages.items():
        home = f"problems/{month.slug}/"
        here = home if name == "problem" else f"{home}solution/"
        for cell in cells(page):
            if not cell.prose:
                continue
            for found in LINK.finditer(cell.text):
                if complaint := _complaint(found[1] or found[2] or "", home, here, site):
                    yield month.fault(page, complaint, _line(cell, found))
            for found in IMAGE.finditer(cell.text):
                text = "an image has no text alternative; describe it: ![what one sees](...)."
                yield month.fault(page, text, _line(cell, found))


def _line(cell: Cell, found: re.Match[str]) -> int:
    return cell.line + cell.text.count("\n", 0, found.start())


def _complaint(link: str, home: str, here: str, site: Path) -> str | None:
    """What is wrong with a link of the page at the address `here`; None if nothing is."""
    parts = urlsplit(link)
    if parts.scheme in ("http", "https", "mailto"):
        return None
    if parts.scheme or parts.netloc or not link:
        return f"{link!r} is no link; expected a page of this site, http, https or mailto."
    target = _target(parts.path, home, here, site)
    if not parts.path and not target.is_file():
        # A page that is not published yet; its own headings have no addresses.
        return None
    if not target.is_file():
        return f"the link to {link!r} leads nowhere; link to a page or its source."
    if parts.fragment and f'id="{parts.fragment}"' not in target.read_text(encoding="utf-8"):
        return f"the link to {link!r} leads to no heading of that page."
    return None


def _target(path: str, home: str, here: str, site: Path) -> Path:
    if re.search(r"\.(md|ipynb)$", path) and not (site / home / path).is_file():
        # The source of a page; sources of both pages lie in one folder of the docs.
        source = re.sub(r"(^|/)index$", r"\1.", re.sub(r"\.(md|ipynb)$", "", path))
        address = f"{normpath(home + source)}/"
    else:
        address = urlsplit(urljoin(f"http://site.test/{here}", path)).path
    found = site / unquote(address).lstrip("/")
    return found / "index.html" if found.is_dir() else found
