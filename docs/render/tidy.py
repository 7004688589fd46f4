"""What is done to the HTML of every page: notebook dress off, mathematics typeset."""

import posixpath
import re
from itertools import groupby

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from mkdocs.structure.files import Files

from docs.render import RenderError, vendor
from docs.render.permitted import permitted
from docs.render.trails import tie_claims, tie_numbers
from docs.render.unbroken import unbroken

TEX = re.compile(
    r"\$\$(?P<block>.+?)\$\$|\\\[(?P<bracketed>.+?)\\\]"
    r"|(?<![\\$])\$(?P<inline>[^\s$](?:[^$\n]*[^\s$\\])?)\$(?!\d)|\\\((?P<round>.+?)\\\)",
    re.DOTALL,
)
NOTEBOOK = "jupyter-wrapper"
"""Class of the box that mkdocs-jupyter puts around the cells of a notebook."""
LONG = 8
"""Cells of more lines than this are folded: what they show says it better. Those of a solution are
folded, however short, unless they are tagged `show`: there, code is what a reader may check, not
what he reads."""

UNSEARCHED = "details.source, .highlight, .output > pre, dl.numbers, table"
"""What is on the pages of problems beside prose. The index of the search holds what one would look
for, so that one finds it and does not wait for the rest; claims are found on the Evidence page."""

VERBATIM = ("code", "pre", "data", "svg", "annotation")
UNDEFINED = re.compile(r"\]\[(?P<used>[^\]]+)\]|\[(?P<defined>[^\]]+)\]:\s*(?:https?:|$)")
"""What Markdown leaves of a link whose address stands nowhere, and of an address that is none."""


def tidy(html: str, src_uri: str, files: Files) -> str:
    """Clean the HTML of one page.

    Args:
        html: content of the page as MkDocs or mkdocs-jupyter made it.
        src_uri: where its source lies in the docs, for relative links.
        files: what the site consists of.

    Raises:
        RenderError: if the page holds what no page may hold, a link to another source does not
            resolve, a link is left as text because its address is defined nowhere, or a formula is
            malformed.
    """
    solution = re.fullmatch(r"problems/(\w+)/solution\.ipynb", src_uri)
    if NOTEBOOK in html:
        html = _undressed(html, 0 if solution else LONG)
    soup = BeautifulSoup(permitted(html, src_uri), "html.parser")
    tie_numbers(soup)
    if solution:
        here, there = map(files.get_file_from_path, (src_uri, "evidence.md"))
        page = there.url_relative_to(here) if here and there else None
        tie_claims(soup, page and f"{page}#claim-{solution[1]}-")
    _resolve_links(soup, src_uri, files)
    _typeset(soup)
    _check_defined(soup, src_uri)
    unbroken(soup)
    for table in soup.find_all("table"):
        if not table.get("class"):
            table["class"] = "plain"
        if table.caption is None:
            table["aria-label"] = _name(table)
        # It scrolls where it has no room; scrolling.js then makes it a stop of the keyboard.
        table.wrap(soup.new_tag("div", attrs={"class": "table"}))
    return str(soup)


def _name(table: Tag) -> str:
    """What a table without a caption is called by whoever cannot see where it stands."""
    heading = table.find_previous(["h1", "h2", "h3"])
    section = "" if heading is None or heading.name == "h1" else heading.get_text()
    if "claims" in table.get_attribute_list("class"):
        return f"Claims: {section}" if section else "Claims of this solution"
    return section or "Table"


def _undressed(html: str, longest: int) -> str:
    """Keep prose, code and outputs; drop JupyterLab's boxes, and what stands around them.

    Args:
        html: of one page.
        longest: lines of code that stay unfolded; those of cells tagged `show` always do.
    """
    soup = BeautifulSoup(html, "html.parser")
    notebook = soup.select_one(f".{NOTEBOOK}")
    if notebook is None:
        return html
    # Tables of libraries come with a style of their own.
    cruft = ".jp-OutputArea-output style, .celltoolbar, .zeroclipboard-container, .anchor-link"
    for dropped in notebook.select(cruft):
        dropped.decompose()
    for code in notebook.select(".highlight-ipynb"):
        code["class"] = "highlight"
    for pre in notebook.select(".highlight pre"):
        # Material's style and copy button are for `pre > code`.
        inner = soup.new_tag("code")
        inner.extend(list(pre.contents))
        pre.append(inner)
    # mkdocs-jupyter puts each code cell into a second box of the same class.
    cells = notebook.select(".jp-Cell:not(.jp-Cell .jp-Cell)")
    parts = [part for cell in cells for part in _parts(soup, cell, longest)]
    notebook.clear()
    notebook.attrs = {"class": "notebook"}
    for are_folded, group in groupby(parts, lambda part: part.name == "details"):
        together = list(group)
        notebook.extend([_merged(soup, together)] if are_folded else together)
    for unsearched in notebook.select(UNSEARCHED):
        unsearched["data-search-exclude"] = ""
    return str(notebook)


def _parts(soup: BeautifulSoup, cell: Tag, longest: int) -> list[Tag]:
    """What one cell shows, in order; code that is folded takes along the numbers it recorded."""
    prose = cell.select_one(".jp-RenderedMarkdown")
    if prose and "jp-MarkdownCell" in cell.get_attribute_list("class"):
        prose.attrs = {"class": "prose"}
        return [prose]
    outputs = cell.select(".jp-OutputArea-output")
    for output in outputs:
        # A code cell may show Markdown, too.
        prose = "jp-RenderedMarkdown" in output.get_attribute_list("class")
        output.attrs = {"class": "output prose" if prose else "output"}
    code = cell.select_one(".highlight")
    if code is None:
        return outputs
    tags = cell.get_attribute_list("class")
    short = _lines(code) <= longest and "celltag_hide-input" not in tags
    if short or "celltag_show" in tags:
        return [code, *outputs]
    ledgers = [output for output in outputs if output.select_one("dl.numbers")]
    # Colours would be half of all elements of a page, for what few unfold.
    for text in code.select("code"):
        text.string = text.get_text()
    folded = soup.new_tag("details", attrs={"class": "source"})
    folded.extend([code, *ledgers])
    return [folded, *(output for output in outputs if output not in ledgers)]


def _merged(soup: BeautifulSoup, folds: list[Tag]) -> Tag:
    """Cells with nothing between them but their code, folded as one."""
    lines = sum(_lines(code) for fold in folds for code in fold.select(".highlight"))
    numbers = sum(len(fold.select("dl.numbers > [id]")) for fold in folds)
    label = f"Code, {lines} line{'s' * (lines > 1)}"
    if numbers:
        label += f"; {numbers} number{'s' * (numbers > 1)}"
    merged = soup.new_tag("details", attrs={"class": "source"})
    merged.append(soup.new_tag("summary", string=label))
    merged.extend([part for fold in folds for part in list(fold.children)])
    return merged


def _lines(code: Tag) -> int:
    return code.get_text().strip().count("\n") + 1


def _resolve_links(soup: BeautifulSoup, src_uri: str, files: Files) -> None:
    """Turn links between sources into links between pages; MkDocs skips those in notebooks."""
    here = files.get_file_from_path(src_uri)
    for link in soup.find_all("a", href=re.compile(r"^[^:?#]+\.(md|ipynb|py)(#|$)")):
        path, _, anchor = str(link["href"]).partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(src_uri), path))
        file = files.get_file_from_path(target)
        if here is None or file is None:
            raise RenderError(f"{src_uri} links to {path}, but there is no {target} in the docs.")
        link["href"] = file.url_relative_to(here) + (f"#{anchor}" if anchor else "")


def _check_defined(soup: BeautifulSoup, src_uri: str) -> None:
    for text in soup.find_all(string=UNDEFINED):
        match = UNDEFINED.search(text)
        if match and not text.find_parent(VERBATIM) and not text.find_parent(class_="literal"):
            name = match["used"] or match["defined"]
            raise RenderError(
                f"{src_uri} shows {match[0].strip()!r} instead of a link: write [{name}]: and the "
                "address on a line of its own; what is meant as it stands belongs into `code`."
            )


def _typeset(soup: BeautifulSoup) -> None:
    found: list[tuple[NavigableString, list[re.Match[str]]]] = []
    for text in soup.find_all(string=TEX):
        if not text.find_parent(VERBATIM) and not text.find_parent(class_="literal"):
            found.append((text, list(TEX.finditer(text))))
    matches = [match for _, in_text in found for match in in_text]
    formulas = [
        (next(part for part in match.groups() if part), bool(match["block"] or match["bracketed"]))
        for match in matches
    ]
    # The search index would hold each formula three times, and none that one can read.
    typeset = (
        html.replace('class="katex"', 'class="katex" data-search-exclude', 1)
        for html in vendor.typeset(formulas)
    )
    for text, in_text in found:
        pieces: list[str] = []
        end = 0
        for match in in_text:
            pieces += [_escape(text[end : match.start()]), next(typeset)]
            end = match.end()
        pieces.append(_escape(text[end:]))
        text.replace_with(BeautifulSoup("".join(pieces), "html.parser"))


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
