"""The numbers of a figure as a table of comma-separated values, for whoever cannot hover."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from docs.render.stills.marks import BOX
from docs.render.stills.titles import panel_titles
from docs.render.stills.values import rows, values

Row = list[Any]


def table(figure: dict[str, Any]) -> str:
    """The numbers of a plotly figure.

    A map has a row for each of its rows; else there is a row for each point, bar or box.
    """
    layout = figure["layout"]
    maps = [trace for trace in figure["data"] if trace.get("type") == "heatmap"]
    if maps:
        return _written(_maps(maps, layout))
    return _written(_points(figure["data"], layout))


def attention_table(choices: list[dict[str, Any]]) -> str:
    """The numbers of an attention figure: a row for each head, query and key that it may see."""
    found: list[Row] = [
        ["sequence", "head", "query position", "query", "key position", "key", "attention"]
    ]
    for number, choice in enumerate(choices, 1):
        tokens = choice["tokens"]
        for name, pattern in zip(choice["heads"], choice["attention"], strict=True):
            for query, weights in enumerate(pattern):
                for key, weight in enumerate(weights[: query + 1]):
                    cells = [query, tokens[query], key, tokens[key], f"{weight:g}"]
                    found.append([number, name, *cells])
    return _written(iter(found))


def _written(found: Iterator[Row]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(found)
    return text.getvalue()


def _title(layout: dict[str, Any], axis: str) -> str:
    return layout.get(axis, {}).get("title", {}).get("text", "") or axis[0]


def _maps(maps: list[dict[str, Any]], layout: dict[str, Any]) -> Iterator[Row]:
    titles = panel_titles(layout)
    x, y = _title(layout, "xaxis"), _title(layout, "yaxis")
    columns = len(rows(maps[0]["z"])[0])
    across = values(maps[0].get("x", range(columns)))
    several = len(maps) > 1
    yield [*["panel"] * several, f"{y} \\ {x}", *across]
    for trace in maps:
        matrix = rows(trace["z"])
        name = [titles.get(trace.get("xaxis", "x"), "")] * several
        for label, row in zip(values(trace.get("y", range(len(matrix)))), matrix, strict=True):
            yield [*name, label, *(f"{value:.6g}" for value in row)]


FIVE = ("least", "1st quartile", "median", "3rd quartile", "most")
"""What the numbers of `BOX` are called."""


def _points(traces: list[dict[str, Any]], layout: dict[str, Any]) -> Iterator[Row]:
    x, y = _title(layout, "xaxis"), _title(layout, "yaxis")
    boxes = traces[0].get("type") == "box"
    yield ["series", x, *([f"{y}: {part}" for part in FIVE] if boxes else [y])]
    for trace in traces:
        parts = [values(trace[part]) for part in (BOX if boxes else ("y",))]
        for at, *row in zip(values(trace["x"]), *parts, strict=True):
            shown = [f"{value:.6g}" if isinstance(value, float) else value for value in (at, *row)]
            yield [trace.get("name", ""), *shown]
