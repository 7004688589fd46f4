"""What a trace draws, as SVG in shares of its panel.

The plot is a box of 1000 by 1000 units that is stretched to its place; strokes are not stretched
with it (`vector-effect` in the style sheet). So a point is a line of no length with round ends.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from analyses.write_ups.palette import LIGHT
from docs.render import RenderError
from docs.render.stills.axis import Axis
from docs.render.stills.levels import strokes
from docs.render.stills.values import rows, values

UNITS = 1000
SYMBOLS = {
    "diamond": "M0-5 5 0 0 5-5 0z",
    "triangle-up": "M0-5 5 4-5 4z",
    "triangle-down": "M0 5 5-4-5-4z",
    "cross": "M-4-1.4H-1.4V-4H1.4V-1.4H4V1.4H1.4V4H-1.4V1.4H-4z",
    "x": "M-4-2.4-2.4-4 0-1.6 2.4-4 4-2.4 1.6 0 4 2.4 2.4 4 0 1.6-2.4 4-4 2.4-1.6 0z",
}
"""Symbols that are no dots, ten units large; the squares among dots have square ends."""
BOX = ("lowerfence", "q1", "median", "q3", "upperfence")
"""The five numbers of a box, from the least to the most."""
DOTS = ("circle", "square")


def style(trace: dict[str, Any]) -> str:
    """Classes that give a trace its colour."""
    meta = trace.get("meta") or {}
    if "head" in meta:
        return f"h{meta['head'] % len(LIGHT.heads)}"
    if "sign" in meta:
        return "positive" if meta["sign"] > 0 else "negative"
    if meta.get("mark"):
        return "mark"
    return f"s{meta.get('series', 0) % len(LIGHT.series)}"


class Panel:
    """Two axes, and what lies between them."""

    def __init__(self, x: Axis, y: Axis) -> None:
        self.x, self.y = x, y

    def points(self, xs: Iterable[Any], ys: Iterable[Any]) -> Iterator[tuple[float, float]]:
        """Where points lie, as shares from the left and from the top; those that lie nowhere
        are left out.
        """
        for x, y in zip(xs, ys, strict=True):
            across, up = self.x.coordinate(x), self.y.coordinate(y)
            if across is not None and up is not None:
                yield self.x.share(across), 1 - self.y.share(up)


def drawn(panel: Panel, trace: dict[str, Any], place: tuple[int, int]) -> str:
    """The SVG of one trace.

    Args:
        panel: the axes it is drawn on.
        trace: as plotly has it.
        place: which of how many it is among those of its type, for bars and boxes that share
            their categories.

    Raises:
        RenderError: if it is of a type that no still is drawn of.
    """
    kind = trace.get("type", "scatter")
    if kind == "heatmap":
        return _map(panel, trace)
    if kind == "bar":
        return _bars(panel, trace, *place)
    if kind == "box":
        return _boxes(panel, trace, *place)
    if kind == "scatter":
        return _scatter(panel, trace)
    raise RenderError(
        f"no still can be drawn of a trace of type {kind!r}; draw it with heatmap, scatter, bar or "
        "box, or teach docs/render/stills/marks.py to draw it."
    )


def stretched(content: str) -> str:
    """A box of 1000 by 1000 units, stretched to its place."""
    return (
        f'<svg class="stretched" width="100%" height="100%" viewBox="0 0 {UNITS} {UNITS}" '
        f'preserveAspectRatio="none">{content}</svg>'
    )


def _at(share: float) -> int:
    return round(UNITS * share)


def _scatter(panel: Panel, trace: dict[str, Any]) -> str:
    mode = trace.get("mode", "lines")
    points = list(panel.points(values(trace["x"]), values(trace["y"])))
    if not points:
        return ""
    colour, found = style(trace), ""
    if "lines" in mode:
        dash = trace.get("line", {}).get("dash", "solid")
        path = "M" + " ".join(f"{_at(x)} {_at(y)}" for x, y in points)
        if colour == "mark":
            # A curve on a map: its paper below, its ink above.
            colour = "outline" if trace["line"]["color"] == LIGHT.paper else "inked"
        found += stretched(f'<path class="line {colour} dash-{dash}" d="{path}"/>')
    if "markers" in mode:
        found += _markers(points, trace, colour)
    return found


def _markers(points: Sequence[tuple[float, float]], trace: dict[str, Any], colour: str) -> str:
    marker = trace.get("marker", {})
    if most := marker.get("maxdisplayed"):
        points = points[:: math.ceil(len(points) / most)]
    kind = marker.get("symbol", "circle").removesuffix("-open")
    name = f"{colour} size-{round(marker.get('size', 6))}"
    if marker.get("opacity", 1) < 1:
        name += " faint"
    is_open = marker.get("symbol", "").endswith("-open")
    if kind in DOTS:
        path = "".join(f"M{x} {y}h0" for x, y in dict.fromkeys((_at(x), _at(y)) for x, y in points))
        return stretched(dots(kind, name, path, hollow=is_open or colour == "mark"))
    return "".join(
        f'<svg x="{100 * x:.4g}%" y="{100 * y:.4g}%">{symbol(kind, name, is_open=is_open)}</svg>'
        for x, y in points
    )


def dots(kind: str, name: str, path: str, *, hollow: bool) -> str:
    """Points: lines of no length whose ends are round or square, and paper in hollow ones."""
    found = f'<path class="dot {kind} {name}" d="{path}"/>'
    return found + f'<path class="dot {kind} {name} hole" d="{path}"/>' * hollow


def symbol(kind: str, name: str, *, is_open: bool) -> str:
    """A point of another shape.

    Raises:
        RenderError: if there is no such shape.
    """
    if kind not in SYMBOLS:
        known = ", ".join((*DOTS, *SYMBOLS))
        raise RenderError(f"no still can be drawn of markers {kind!r}; known: {known}.")
    return f'<path class="symbol {name}{" open" * is_open}" d="{SYMBOLS[kind]}"/>'


def _bars(panel: Panel, trace: dict[str, Any], number: int, of: int) -> str:
    foot = _at(1 - panel.y.share(0.0))
    width = 0.85 * spacing(panel.x, values(trace["x"])) / of
    path = ""
    for x, y in zip(values(trace["x"]), values(trace["y"]), strict=True):
        at, top = panel.x.coordinate(x), panel.y.coordinate(y)
        if at is None or top is None:
            continue
        left = at + (number - of / 2) * width
        start, end = _at(panel.x.share(left)), _at(panel.x.share(left + width))
        path += f"M{start} {foot}V{_at(1 - panel.y.share(top))}H{end}V{foot}z"
    fill = (trace.get("meta") or {}).get("fill", "solid")
    # Of many bars, which are narrow, one would see nothing but outlines.
    if trace.get("marker", {}).get("line", {}).get("width", 1.5) < 1:
        fill += " thin"
    return stretched(f'<path class="bar {fill} {style(trace)}" d="{path}"/>')


def spacing(axis: Axis, given: Sequence[Any]) -> float:
    """How far bars are apart, in units of their axis."""
    places = sorted({c for value in given if (c := axis.coordinate(value)) is not None})
    return min((b - a for a, b in zip(places, places[1:], strict=False)), default=1.0)


def _boxes(panel: Panel, trace: dict[str, Any], number: int, of: int) -> str:
    width = 0.7 * spacing(panel.x, values(trace["x"])) / of
    parts = [
        values(trace[part]) for part in ("x", "lowerfence", "q1", "median", "q3", "upperfence")
    ]
    path = ""
    for x, *five in zip(*parts, strict=True):
        at = panel.x.coordinate(x)
        if at is None:
            continue
        centre = at + (number + 0.5 - of / 2) * width
        left, mid, right = (
            _at(panel.x.share(centre + shift)) for shift in (-0.4 * width, 0, 0.4 * width)
        )
        low, first, middle, third, high = (_at(1 - panel.y.share(value)) for value in five)
        path += (
            f"M{mid} {low}V{first}M{left} {first}H{right}V{third}H{left}z"
            f"M{left} {middle}H{right}M{mid} {third}V{high}"
        )
    return stretched(f'<path class="box {style(trace)}" d="{path}"/>')


def _map(panel: Panel, trace: dict[str, Any]) -> str:
    matrix = rows(trace["z"])
    scale = (trace.get("meta") or {}).get("scale")
    if scale is None:
        raise RenderError(
            "a heat map has no scale; draw it with `analyses.write_ups.figures.heatmaps`."
        )
    n_rows, n_columns = len(matrix), len(matrix[0])
    left, right = _span(panel.x, trace.get("x"), n_columns)
    above, below = (1 - share for share in _span(panel.y, trace.get("y"), n_rows))
    if above > below:
        matrix, above, below = matrix[::-1], below, above
    drawn = strokes(scale, matrix, trace["zmin"], trace["zmax"])
    return (
        f'<svg class="map {scale}" x="{100 * left:.4g}%" y="{100 * above:.4g}%" '
        f'width="{100 * (right - left):.4g}%" height="{100 * (below - above):.4g}%" '
        f'viewBox="0 -.5 {n_columns} {n_rows}" preserveAspectRatio="none">{drawn}</svg>'
    )


def _span(axis: Axis, given: Any, n: int) -> tuple[float, float]:
    """Where the cells of a map begin and end on an axis, as shares."""
    places = range(n) if given is None else [axis.coordinate(value) for value in values(given)]
    first, last = places[0], places[-1]
    if first is None or last is None:
        raise RenderError("the rows or columns of a heat map do not stand on its axes.")
    half = (last - first) / (n - 1) / 2 if n > 1 else 0.5
    return axis.share(first - half), axis.share(last + half)
