"""Executed notebooks as pages: figures become light placeholders that the browser draws."""

import json
import re
from collections.abc import Callable, Iterator
from html import escape
from itertools import count, groupby
from typing import Any

import nbformat
from nbformat import NotebookNode

from docs.render import RenderError

PLOTLY = "application/vnd.plotly.v1+json"
CIRCUITSVIS = "application/vnd.circuitsvis+json"
NUMBER = "application/vnd.mim.number+json"
PICTURE = "image/svg+xml"

BLOCK = re.compile(r"\[\[(\w+)\]\]")
"""A cell or paragraph that consists of `[[name]]` is replaced by a block of that name."""

Blocks = Callable[[str], str]
"""Gives the HTML of a named block; raises RenderError for an unknown name."""


def page_notebook(notebook: NotebookNode, where: str, blocks: Blocks) -> NotebookNode:
    """Make the notebook that the site shows out of the executed one, which is left alone.

    Args:
        notebook: as the analyse stage left it.
        where: the page's name in error messages.
        blocks: gives the HTML of `[[name]]` cells.

    Raises:
        RenderError: if a cell raised, a figure lacks its caption, text alternative or
            height, or a block is unknown.
    """
    page = nbformat.from_dict(json.loads(json.dumps(notebook)))
    page.cells = [
        cell for cell in page.cells if "remove-cell" not in cell.metadata.get("tags", [])
    ]
    numbers = count(1)
    for index, cell in enumerate(page.cells, 1):
        if cell.cell_type == "code":
            cell.outputs = list(_page_outputs(cell.outputs, f"{where}, cell {index}", numbers))
        elif block := BLOCK.fullmatch(cell.source.strip()):
            cell.source = blocks(block[1])
    return page


def count_figures(notebook: NotebookNode) -> int:
    """How many figures the cells of an executed notebook made."""
    return sum(
        PLOTLY in output.get("data", {}) or CIRCUITSVIS in output.get("data", {})
        for cell in notebook.cells
        if cell.cell_type == "code" and "remove-cell" not in cell.metadata.get("tags", [])
        for output in cell.outputs
    )


def check_figures(notebook: NotebookNode, html: str, where: str) -> None:
    """Compare figures in the notebook with figures on the page.

    Raises:
        RenderError: if one got lost; nbconvert drops what it does not know without a word.
    """
    made = count_figures(notebook)
    shown = html.count("data-plotly=") + html.count("data-circuitsvis=")
    if made != shown:
        raise RenderError(f"{where}: the notebook has {made} figures, its page shows {shown}.")


def _page_outputs(
    outputs: list[NotebookNode], place: str, numbers: "count[int]"
) -> Iterator[NotebookNode]:
    for is_number, group in groupby(outputs, lambda output: NUMBER in output.get("data", {})):
        if is_number:
            rows = "".join(_number(output.data[NUMBER]) for output in group)
            yield _html(f'<dl class="numbers">{rows}</dl>')
        else:
            for output in group:
                yield _page_output(output, place, numbers)


def _page_output(output: NotebookNode, place: str, numbers: "count[int]") -> NotebookNode:
    if output.output_type == "error":
        raise RenderError(f"{place} raised {output.ename}: {output.evalue}. Analyse it again.")
    data = output.get("data", {})
    if PLOTLY in data:
        return _html(_plotly_figure(data[PLOTLY], next(numbers), place))
    if CIRCUITSVIS in data:
        return _html(_circuitsvis_figure(data[CIRCUITSVIS], next(numbers), place))
    if PICTURE in data and output.metadata.get("role") == "picture":
        svg = data[PICTURE]
        return _html(f'<div class="picture">{svg[svg.index("<svg") :]}</div>')
    return output


def _html(html: str) -> NotebookNode:
    return nbformat.v4.new_output("display_data", data={"text/html": html})


def _attribute(value: Any) -> str:
    """JSON that can stand in a single-quoted attribute as it is."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for character in "&<>'":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _number(number: dict[str, Any]) -> str:
    name = escape(number["name"].replace("_", " "))
    value = f"{number['value']:,.{number['digits']}f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"<div><dt>{name}</dt><dd><data value='{number['value']!r}'>{value}</data> "
        f"{escape(number['unit'])}</dd></div>"
    )


def _plotly_figure(figure: dict[str, Any], number: int, place: str) -> str:
    # The template would be several kilobytes a figure, and the page has its own.
    layout = {key: value for key, value in figure["layout"].items() if key != "template"}
    meta = layout.pop("meta", None) or {}
    height = layout.get("height")
    if not isinstance(height, int | float):
        raise RenderError(f"{place}: figure {number} has no layout.height (pixels).")
    drawn = _attribute({"data": figure["data"], "layout": layout})
    box = (
        f'<div class="plot" role="img" aria-label="{escape(meta.get("alt", ""))}" '
        f"style=\"height:{height:g}px\" data-plotly='{drawn}'></div>"
    )
    return _figure(box, meta, number, place)


def _circuitsvis_figure(figure: dict[str, Any], number: int, place: str) -> str:
    choices = figure.get("choices") or [{**figure, "label": ""}]
    drawn = [{key: choice[key] for key in ("component", "props")} for choice in choices]
    select = ""
    if len(choices) > 1:
        options = "".join(f"<option>{escape(choice['label'])}</option>" for choice in choices)
        select = f"<label class='choose'>Show <select>{options}</select></label>"
    box = (
        f'{select}<div class="widget" role="group" aria-label="{escape(figure.get("alt", ""))}" '
        f"data-circuitsvis='{_attribute(drawn)}'></div>"
    )
    return _figure(box, figure, number, place)


def _figure(box: str, meta: dict[str, Any], number: int, place: str) -> str:
    for part in ("caption", "alt"):
        if not meta.get(part):
            raise RenderError(f"{place}: figure {number} has no {part}.")
    return (
        f'<figure class="figure" id="figure-{number}">{box}<figcaption>'
        f'<a class="figure-number" href="#figure-{number}">Figure {number}</a> {meta["caption"]}'
        f'<details class="alternative"><summary>In words</summary><p>{escape(meta["alt"])}</p>'
        "</details></figcaption></figure>"
    )
