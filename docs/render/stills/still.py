"""A whole figure: panels, axes, legend and colour bar."""

import math
from collections.abc import Iterator
from copy import deepcopy
from html import escape
from typing import Any

from docs.render import RenderError
from docs.render.stills.axis import Axis, Extent, Tick, axis, written
from docs.render.stills.levels import STEPS, strokes
from docs.render.stills.marks import (
    DOTS,
    UNITS,
    Panel,
    dots,
    drawn,
    spacing,
    stretched,
    style,
    symbol,
)
from docs.render.stills.parts import framed, key, label_below, label_beside
from docs.render.stills.titles import is_title, panel_titles
from docs.render.stills.values import values

LETTER = 6.6
"""Width of a typical letter beside an axis, in pixels."""
ROOM = 620
"""Width of a figure on a wide screen, in pixels."""
NARROW = 230
"""Width of a plot on a phone."""


def settled(figure: dict[str, Any]) -> dict[str, Any]:
    """The same figure with the type and the range of every axis given.

    Still and interactive figure are both drawn from it, so that they show the same.
    """
    found = deepcopy(figure)
    for number in range(_panels(found)):
        panel = _panel(found, number)
        for name, each in (("xaxis", panel.x), ("yaxis", panel.y)):
            described = found["layout"].setdefault(name + _suffix(number), {})
            described |= {"type": each.kind, "range": list(each.range)}
            if each.kind == "category":
                # Plotly would put what a later trace brings behind what the first one has.
                described |= {"categoryorder": "array", "categoryarray": list(each.categories)}
    return found


def still(figure: dict[str, Any]) -> str:
    """The HTML of a figure's still.

    Args:
        figure: as plotly has it, `data` and `layout`, settled.

    Raises:
        RenderError: if it holds something that no still can be drawn of.
    """
    titles = panel_titles(figure["layout"])
    panels = "".join(
        _panel_html(figure, number, titles.get("x" + _suffix(number), ""))
        for number in range(_panels(figure))
    )
    bar = next((_bar(t) for t in figure["data"] if t.get("showscale")), "")
    return (
        f'<div class="still" data-search-exclude>{_legend(figure)}'
        f'<div class="still__row"><div class="still__panels">{panels}</div>{bar}</div></div>'
    )


def _panels(figure: dict[str, Any]) -> int:
    return (figure["layout"].get("meta") or {}).get("panels", 1)


def _suffix(number: int) -> str:
    return "" if number == 0 else str(number + 1)


def _traces(figure: dict[str, Any], number: int) -> list[dict[str, Any]]:
    name = "x" + _suffix(number)
    return [trace for trace in figure["data"] if trace.get("xaxis", "x") == name]


def _panel(figure: dict[str, Any], number: int) -> Panel:
    layout, traces = figure["layout"], _traces(figure, number)
    if not traces:
        raise RenderError(f"panel {number + 1} shows nothing.")
    across = [_across(trace) for trace in traces]
    upwards = [_upwards(trace) for trace in traces]
    bars = [trace for trace in traces if trace.get("type") == "bar"]
    markers = any("markers" in trace.get("mode", "") for trace in traces)
    sideways = Extent(0.03 if markers else 0.0)
    x = axis(layout.get("xaxis" + _suffix(number), {}), across, sideways)
    if bars and "range" not in layout.get("xaxis" + _suffix(number), {}) and x.kind == "linear":
        half = spacing(x, [value for trace in bars for value in values(trace["x"])]) / 2
        x = axis(layout.get("xaxis" + _suffix(number), {}), across, Extent(0.0, beyond=half))
    y = axis(layout.get("yaxis" + _suffix(number), {}), upwards, Extent(0.05, zero=bool(bars)))
    return Panel(x, y)


def _across(trace: dict[str, Any]) -> list[Any]:
    if trace.get("type") == "heatmap" and "x" not in trace:
        return []
    return values(trace["x"])


def _upwards(trace: dict[str, Any]) -> list[Any]:
    if trace.get("type") == "heatmap" and "y" not in trace:
        return []
    if trace.get("type") == "box":
        return values(trace["lowerfence"]) + values(trace["upperfence"])
    return values(trace["y"])


def _panel_html(figure: dict[str, Any], number: int, title: str) -> str:
    panel = _panel(figure, number)
    traces = _traces(figure, number)
    is_map = any(trace.get("type") == "heatmap" for trace in traces)
    ticks_x = panel.x.ticks(10 if _panels(figure) == 1 else 6)
    ticks_y = panel.y.ticks(6)
    content = "" if is_map else "".join(_grid(panel, ticks_x, ticks_y))
    of_type: dict[str, int] = {}
    for trace in traces:
        kind = trace.get("type", "scatter")
        place = of_type.get(kind, 0)
        of_type[kind] = place + 1
        of = sum(other.get("type", "scatter") == kind for other in traces)
        content += drawn(panel, trace, (place, of))
    content += "".join(_shapes(figure, panel, number)) + "".join(_notes(figure, panel, number))
    length = sum(len(tick.label) + 1 for tick in ticks_x) * LETTER
    longest = max((len(tick.label) for tick in ticks_x), default=0) * LETTER
    gutter = max((len(tick.label) for tick in ticks_y), default=0) * LETTER + 10
    upright = length > ROOM / _panels(figure) - gutter
    # Numbers can be left out between others, names cannot.
    crowded = length > NARROW and panel.x.kind == "category"
    every = 1 if crowded or upright else math.ceil(length / NARROW)
    content += "".join(
        label_below(tick.place, tick.label, spare=place % every > 0)
        for place, tick in enumerate(ticks_x)
    )
    content += "".join(label_beside(1 - tick.place, tick.label) for tick in ticks_y)
    return framed(
        content,
        title=title,
        across=panel.x.title,
        up=panel.y.title,
        gutter=gutter,
        foot=longest + 10,
        kind="upright " * upright + "crowded" * crowded,
    )


def _grid(panel: Panel, across: list[Tick], up: list[Tick]) -> Iterator[str]:
    """Lines at the ticks, that of zero darker."""
    if panel.x.grid and panel.x.kind != "category":
        path = "".join(f"M{round(UNITS * tick.place)} 0V{UNITS}" for tick in across)
        yield stretched(f'<path class="grid" d="{path}"/>')
    if panel.y.grid:
        path = "".join(f"M0 {round(UNITS * (1 - tick.place))}H{UNITS}" for tick in up)
        yield stretched(f'<path class="grid" d="{path}"/>')
    zero = panel.y.share(0.0)
    if panel.y.kind == "linear" and -0.001 <= zero <= 1.001:
        yield stretched(f'<path class="zero" d="M0 {round(UNITS * (1 - zero))}H{UNITS}"/>')


def _shapes(figure: dict[str, Any], panel: Panel, number: int) -> Iterator[str]:
    for shape in figure["layout"].get("shapes", []):
        if shape.get("xref", "x") != "x" + _suffix(number):
            continue
        if shape.get("type") != "line" or not shape.get("yref", "").endswith(" domain"):
            raise RenderError("a still can show vertical lines, and no other shapes.")
        at = panel.x.coordinate(shape["x0"])
        assert at is not None
        place = round(UNITS * panel.x.share(at))
        yield stretched(f'<path class="marker-line" d="M{place} 0V{UNITS}"/>')


ANCHORS = {"left": "start", "right": "end"}


def _notes(figure: dict[str, Any], panel: Panel, number: int) -> Iterator[str]:
    suffix = _suffix(number)
    for note in figure["layout"].get("annotations", []):
        if is_title(note) or note.get("xref", "x") != f"x{suffix}":
            continue
        at = panel.x.coordinate(note["x"])
        up = note["y"] if note["yref"].endswith(" domain") else panel.y.coordinate(note["y"])
        if at is None or up is None:
            raise RenderError(f"the note {note['text']!r} stands on no axis.")
        top = 1 - (up if note["yref"].endswith(" domain") else panel.y.share(up))
        anchor = ANCHORS.get(note.get("xanchor", ""), "middle")
        across = note.get("xshift", 0) + (4 if anchor == "start" else 0)
        down = -note.get("yshift", 0) + (12 if note.get("yanchor") == "top" else 4)
        yield (
            f'<text class="note" x="{100 * panel.x.share(at):.4g}%" y="{100 * top:.4g}%" '
            f'dx="{across:g}" dy="{down:g}" text-anchor="{anchor}">{escape(note["text"])}</text>'
        )


def _legend(figure: dict[str, Any]) -> str:
    if not figure["layout"].get("showlegend"):
        return ""
    named = [
        trace
        for trace in figure["data"]
        if trace.get("showlegend", True) and trace.get("name") and trace["type"] != "heatmap"
    ]
    named.sort(key=lambda trace: trace.get("legendrank", 1000))
    entries = "".join(f"<span>{_key(trace)}{escape(trace['name'])}</span>" for trace in named)
    return f'<p class="still__legend">{entries}</p>'


def _key(trace: dict[str, Any]) -> str:
    """What stands for a trace in the legend."""
    colour = style(trace)
    if trace["type"] in ("bar", "box"):
        fill = (trace.get("meta") or {}).get("fill", "solid" if trace["type"] == "bar" else "")
        shape = f'<path class="bar {fill} {colour}" d="M8 1H20V11H8z"/>'
        return key(shape)
    shape, mode = "", trace.get("mode", "lines")
    if "lines" in mode:
        dash = trace.get("line", {}).get("dash", "solid")
        shape += f'<path class="line {colour} dash-{dash}" d="M0 6H28"/>'
    if "markers" in mode:
        given = trace.get("marker", {}).get("symbol", "circle")
        kind, is_open = given.removesuffix("-open"), given.endswith("-open")
        if kind in DOTS:
            shape += dots(kind, f"{colour} size-7", "M14 6h0", hollow=is_open)
        else:
            drawn_key = symbol(kind, f"{colour} size-7", is_open=is_open)
            shape += f'<svg x="14" y="6">{drawn_key}</svg>'
    return key(shape)


def _bar(trace: dict[str, Any]) -> str:
    """The colour bar of a map: its steps, and some of its values."""
    low, high, scale = trace["zmin"], trace["zmax"], trace["meta"]["scale"]
    described = trace.get("colorbar", {})
    bare = Axis("linear", (low, high), "", given=_given(described))
    column = [[low + (high - low) * step / (STEPS - 1)] for step in reversed(range(STEPS))]
    steps = strokes(scale, column, low, high)
    ticks = "".join(
        f'<text class="tick-bar" x="100%" y="{100 * (1 - tick.place):.4g}%">{escape(tick.label)}'
        "</text>"
        for tick in bare.ticks(5)
    )
    unit = described.get("title", {}).get("text", "")
    return (
        f'<div class="still__bar"><svg class="panel__plot" aria-hidden="true"><svg class="map '
        f'{scale}" width="100%" height="100%" viewBox="0 -.5 1 {STEPS}" '
        f'preserveAspectRatio="none">{steps}</svg>{ticks}</svg>'
        f'<p class="panel__y">{escape(unit)}</p></div>'
    )


def _given(described: dict[str, Any]) -> tuple[tuple[Any, str], ...]:
    places = described.get("tickvals") or ()
    labels = described.get("ticktext") or [written(place, 1) for place in places]
    return tuple(zip(values(places), map(str, labels), strict=True))
