"""Typed results: numbers in prose that nothing recomputes."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docs.contribute.month import Fault, Month

RESULT = re.compile(
    r"(?<![\w.])(?:"
    r"\d[\d.,]*\s*(?:\\?[%％‰]|per\s?cent(?:age)?\b)"  # 92 %, 99.8\%, 5 per cent
    r"|\d*\.\d+(?:e[+-]?\d+)?|\d+e[+-]?\d+|0,\d+"  # 0.92, .92, 1e-3, 0,92
    r")"
)
QUOTE = re.compile(r"<q\b([^>]*)>.*?</q>", re.DOTALL)
NO_RESULTS = re.compile(
    r"```.*?```|\{\{.*?\}\}"
    r"|\]\([^)]*\)|https?://\S+|<[a-zA-Z/!][^>]*>"  # links and tags
    r"|^#+ [\d.]+"  # the number of a section
    r"|\b(?:section|figure|table|appendix|version|Python|PyTorch|CUDA) \d+(?:\.\d+)*"
    r"|\b\d+(?:\.\d+){2,}|\b20\d\d\.\d\d\b|arXiv:[\d.]+"  # versions, those of the site, papers
    r"|\b95\s%\s(?:confidence\s)?intervals?",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
MATHS = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$([^$\n]+)\$", re.DOTALL)
COMPARED = re.compile(r"\\(?:approx|sim|simeq|geq?|leq?|pm|times|cdot|[,;!])")


class Cell(NamedTuple):
    """A cell of a page in percent format."""

    prose: bool
    line: int
    """Of the file, where the cell's first line stands."""
    text: str
    """Prose without the comment signs."""


def cells(page: Path) -> list[Cell]:
    """The cells of a page, with exact lines, which jupytext does not tell."""
    found: list[Cell] = []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("# %%"):
            found.append(Cell("[markdown]" in line or "[md]" in line, number + 1, ""))
        elif found:
            cell = found[-1]
            content = re.sub(r"^# ?", "", line) if cell.prose else line
            found[-1] = cell._replace(text=f"{cell.text}{content}\n")
    return found


def typed_results(month: Month, heads: set[str]) -> Iterator[Fault]:
    """Decimal numbers and percentages in prose, captions and alternatives of the pages.

    Args:
        month: whose pages to read.
        heads: names of heads, such as `0.1`, which are no numbers when written as code.
    """
    for page in month.pages.values():
        for cell in cells(page):
            if not cell.prose:
                continue
            for quote in QUOTE.finditer(cell.text):
                if not re.search(r"""cite=["']https?://""", quote[1]):
                    line = cell.line + cell.text.count("\n", 0, quote.start())
                    text = 'a quotation does not say where it is from: <q cite="https://...">.'
                    yield month.fault(page, text, line)
            for match in RESULT.finditer(_readable(cell.text, heads)):
                line = cell.line + cell.text.count("\n", 0, match.start())
                yield month.fault(page, _typed(match[0]), line)
        for text, line in _captions(page):
            for match in RESULT.finditer(text):
                yield month.fault(page, _typed(match[0]), line)


def _typed(number: str) -> str:
    return (
        f"'{number.strip()}' is a typed result; record it and write {{{{ name }}}}, mark it as "
        'quoted, <q cite="https://...">, or, if it is none, write it as code.'
    )


def _readable(text: str, heads: set[str]) -> str:
    """Prose with blanks for all that holds no results, every line in its place."""
    text = NO_RESULTS.sub(_blank, QUOTE.sub(_blank, text))
    text = CODE.sub(
        lambda found: found[0] if _is_number(found[2]) and found[2] not in heads else _blank(found),
        text,
    )
    return MATHS.sub(
        lambda found: (
            found[0] if _is_number(COMPARED.sub("", found[1] or found[2])) else _blank(found)
        ),
        text,
    )


def _is_number(text: str) -> bool:
    """Whether it would be a result if it were not set as code or mathematics."""
    text = text.replace("\\%", "%")
    return not re.search(r"[A-Za-z\\(]", text) and RESULT.search(text) is not None


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _captions(page: Path) -> Iterator[tuple[str, int]]:
    """What the page's code gives as `caption` and `alt`, as far as it is written out."""
    try:
        tree = ast.parse(page.read_text(encoding="utf-8"))
    except SyntaxError:
        # Executing the page says so, with the line.
        return
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        for keyword in call.keywords:
            if keyword.arg in ("caption", "alt"):
                for constant in _written_out(keyword.value):
                    yield str(constant.value), constant.lineno


def _written_out(node: ast.AST) -> Iterator[ast.Constant]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    elif not isinstance(node, ast.FormattedValue):
        for child in ast.iter_child_nodes(node):
            yield from _written_out(child)
