"""Executed notebooks as pages: figures become pictures, which a reader can reach into."""

import base64
import json
import math
import re
from array import array
from collections.abc import Callable, Iterator
from copy import deepcopy
from hashlib import sha256
from html import escape
from itertools import count, groupby
from typing import Any

import nbformat
from nbformat import NotebookNode

from docs.render import RenderError
from docs.render.stills.attention import attention_still
from docs.render.stills.numbers import attention_table, table
from docs.render.stills.still import settled, still

PLOTLY = "application/vnd.plotly.v1+json"
CIRCUITSVIS = "application/vnd.circuitsvis+json"
NUMBER = "application/vnd.mim.number+json"
FACT = "application/vnd.mim.fact+json"
DATA = "application/vnd.mim.data+json"
LIVE = "application/vnd.mim.live+json"
PICTURE = "image/svg+xml"

BLOCK = re.compile(r"\[\[(\w+)(?: (\w+))?\]\]")
"""A cell or paragraph that consists of `[[name]]` is replaced by a block of that name.
`[[name slug]]` is the block about that problem, on a page that is about none."""

Blocks = Callable[[str, str | None], str]
"""Gives the HTML of a named block (of a problem); raises RenderError for an unknown name."""

Put = Callable[[str, str], None]
"""Lays a file beside the page, by its name and what it says."""


def page_notebook(notebook: NotebookNode, where: str, blocks: Blocks, put: Put) -> NotebookNode:
    """Make the notebook that the site shows out of the executed one, which is left alone.

    Args:
        notebook: as the analyse stage left it.
        where: the page's name in error messages.
        blocks: gives the HTML of `[[name]]` cells.
        put: takes the files of figures, which the page finds beside itself: what the interactive
            figure is drawn from, and its numbers.

    Raises:
        RenderError: if a cell raised, a figure lacks its caption, text alternative or
            height, or a block is unknown.
    """
    page = deepcopy(notebook)
    page.cells = [cell for cell in page.cells if _is_shown(cell)]
    numbers = count(1)
    for index, cell in enumerate(page.cells, 1):
        if cell.cell_type == "code":
            place = f"{where}, cell {index}"
            cell.outputs = list(_page_outputs(cell.outputs, place, numbers, put))
        elif block := BLOCK.fullmatch(cell.source.strip()):
            cell.source = blocks(block[1], block[2])
    return page


def count_figures(notebook: NotebookNode) -> int:
    """How many figures the cells of an executed notebook made."""
    return sum(
        PLOTLY in output.get("data", {}) or CIRCUITSVIS in output.get("data", {})
        for cell in notebook.cells
        if cell.cell_type == "code" and _is_shown(cell)
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


def _is_shown(cell: NotebookNode) -> bool:
    return not {"remove-cell", "parameters"} & set(cell.metadata.get("tags", []))


def _page_outputs(
    outputs: list[NotebookNode], place: str, numbers: "count[int]", put: Put
) -> Iterator[NotebookNode]:
    for is_ledger, group in groupby(outputs, lambda output: _recorded(output) is not None):
        if is_ledger:
            rows = "".join(_number(_recorded(output) or {}) for output in group)
            yield _html(f'<dl class="numbers" data-search-exclude>{rows}</dl>')
        else:
            for output in group:
                yield _page_output(output, place, numbers, put)


def _page_output(output: NotebookNode, place: str, numbers: "count[int]", put: Put) -> NotebookNode:
    if output.output_type == "error":
        raise RenderError(f"{place} raised {output.ename}: {output.evalue}. Analyse it again.")
    data = output.get("data", {})
    if PLOTLY in data:
        return _html(_plotly_figure(data[PLOTLY], next(numbers), place, put))
    if CIRCUITSVIS in data:
        return _html(_attention_figure(data[CIRCUITSVIS], next(numbers), place, put))
    if LIVE in data:
        return _html(_live(data[LIVE], data["text/html"], put))
    if PICTURE in data and output.metadata.get("role") == "picture":
        svg = data[PICTURE]
        return _html(f'<div class="picture">{svg[svg.index("<svg") :]}</div>')
    return output


def _live(content: dict[str, Any], table: str, put: Put) -> str:
    """A place for the live panel; until a reader reaches for it, a table."""
    file = _laid_down(content, "live", put)
    return (
        f'<section class="live" aria-label="The model, live" data-live="{file}">{table}</section>'
    )


def _html(html: str) -> NotebookNode:
    return nbformat.v4.new_output("display_data", data={"text/html": html})


def _recorded(output: NotebookNode) -> dict[str, Any] | None:
    data = output.get("data", {})
    if DATA in data:
        return {"text": data["text/plain"]}
    return data.get(NUMBER) or data.get(FACT)


def recorded_names(notebook: NotebookNode) -> list[str]:
    """The numbers and facts that the cells of an executed notebook recorded, as far as these are
    shown.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and _is_shown(cell)]
    found = [_recorded(output) or {} for cell in cells for output in cell.outputs]
    return [recorded["name"] for recorded in found if "name" in recorded]


def _number(recorded: dict[str, Any]) -> str:
    """One row of the ledger, which prose links to; of the evaluation data, what they are."""
    text = escape(recorded["text"])
    if "name" not in recorded:
        what, _, text = text.partition(": ")
        return f"<div><dt>{what}</dt><dd>{text}</dd></div>"
    if "value" in recorded:
        value = recorded["value"]
        text = f"<data value='{escape(repr(value))}'>{text}</data>"
        # The text of a share is a percentage and says so.
        if recorded["unit"] != "share":
            text = f"{text} {escape(recorded['unit'])}"
        if not value.is_integer():
            text += f" <small>{value:.6g}</small>"
    name = escape(recorded["name"])
    return f'<div id="number-{name}"><dt><code>{name}</code></dt><dd>{text}</dd></div>'


def _plotly_figure(figure: dict[str, Any], number: int, place: str, put: Put) -> str:
    meta = figure["layout"].get("meta") or {}
    height = figure["layout"].get("height")
    if not isinstance(height, int | float):
        raise RenderError(f"{place}: figure {number} has no layout.height (pixels).")
    panels = meta.get("panels", 1)
    # The template would be several kilobytes a figure, and the page has its own.
    layout = {key: value for key, value in figure["layout"].items() if key != "template"}
    try:
        drawn = settled({"data": figure["data"], "layout": layout | {"meta": {"panels": panels}}})
        picture = still(drawn)
    except RenderError as error:
        raise RenderError(f"{place}: figure {number}: {error}") from error
    drawn["data"] = [_slim(trace) for trace in drawn["data"]]
    put(f"figure-{number}.csv", table(figure))
    file = _laid_down(drawn, f"figure-{number}", put)
    box = (
        f'<div class="drawing" role="img" aria-label="{escape(meta.get("alt", ""))}" '
        f'style="--height:{height:.0f}px;--panels:{panels}" data-plotly="{file}">{picture}</div>'
    )
    return _figure(box, meta, number, place)


def _laid_down(drawn: Any, what: str, put: Put) -> str:
    """Lay what an interactive part is made from beside the page, for whoever reaches for it.

    Named by what it holds: a page never draws what another version of it left in a cache.
    """
    text = json.dumps(drawn, separators=(",", ":"), ensure_ascii=False)
    name = f"{what}-{sha256(text.encode()).hexdigest()[:8]}.json"
    put(name, text)
    return name


def _slim(trace: dict[str, Any]) -> dict[str, Any]:
    """Send a matrix as 16-bit multiples of a step, a third of the weight of float32.

    The step is 1/2047 of the largest entry, an eighth of what a colour shows; the executed
    notebook keeps the floats. The low bytes of all entries come before the high ones, which are
    much alike and so take little.
    """
    z = trace.get("z")
    if not isinstance(z, dict) or z.get("dtype") != "f4" or "," not in z.get("shape", ""):
        return trace
    values = array("f", base64.b64decode(z["bdata"]))
    largest = max(map(abs, values), default=0.0)
    if not largest or not all(map(math.isfinite, values)):
        return trace
    step = largest / 2047
    # Negative ones as their complement, the low byte first.
    steps = [round(value / step) & 0xFFFF for value in values]
    planes = bytes(n & 0xFF for n in steps) + bytes(n >> 8 for n in steps)
    bdata = base64.b64encode(planes).decode()
    # Its colours are those of the reader's palette.
    kept = {name: value for name, value in trace.items() if name != "colorscale"}
    return kept | {"z": {"step": step, "bdata": bdata, "shape": z["shape"]}}


def _attention_figure(figure: dict[str, Any], number: int, place: str, put: Put) -> str:
    choices = figure["choices"]
    stills = "".join(
        attention_still(choice, marked=figure.get("marked", ""), hidden=place_shown > 0)
        for place_shown, choice in enumerate(choices)
    )
    select = ""
    if len(choices) > 1:
        options = "".join(f"<option>{escape(choice['label'])}</option>" for choice in choices)
        select = f"<label class='choose'>Show <select>{options}</select></label>"
    put(f"figure-{number}.csv", attention_table(choices))
    file = _laid_down(choices, f"figure-{number}", put)
    box = (
        f'{select}<div class="drawing drawing--attention" role="img" '
        f'aria-label="{escape(figure.get("alt", ""))}" style="--panels:{len(choices[0]["heads"])}" '
        f'data-circuitsvis="{file}">{stills}</div>'
    )
    return _figure(box, figure, number, place)


def _figure(box: str, meta: dict[str, Any], number: int, place: str) -> str:
    for part in ("caption", "alt"):
        if not meta.get(part):
            raise RenderError(f"{place}: figure {number} has no {part}.")
    name = f"name-of-figure-{number}"
    return (
        f'<figure class="figure" id="figure-{number}" aria-labelledby="{name}">{box}<figcaption>'
        f'<a class="figure-number" id="{name}" href="#figure-{number}">Figure {number}</a> '
        f'{meta["caption"]}<div class="figure__tools"><details class="alternative"><summary>In '
        f"words</summary><p>{escape(meta['alt'])}</p></details>"
        f'<a href="figure-{number}.csv" download>Numbers <span class="visually-hidden">of figure '
        f"{number} </span>(CSV)</a></div></figcaption></figure>"
    )
