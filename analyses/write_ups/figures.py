"""Figures: functions from arrays to what a page shows.

Axis titles, caption and text alternative are required. Colours are named, not given: a
trace says `signed`, `share` or `magnitude`, the number of a head or of a series, or a sign, and
is drawn in the reader's palette. Arrays travel once, as float32.

A series whose name begins with a head, `head 0.1` or `head 0.1, mean ablated`, has that head's
colour, dash, symbol and fill, which are the same on every figure. They go by the head's number,
counted as if every layer had as many heads as the palette has colours: what has the same number
in another layer has the same colour, and another dash.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal, NamedTuple

import numpy as np
import plotly.graph_objects as go
import torch
from circuitsvis.attention import attention_heads
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.attention import patterns as patterns_of
from analyses.instruments.heads import heads as heads_of
from analyses.write_ups.palette import DASHES, FILLS, LIGHT, SYMBOLS, Scale
from models.problem import Problem

PLOTLY = "application/vnd.plotly.v1+json"
CIRCUITSVIS = "application/vnd.circuitsvis+json"
Array = Tensor | np.ndarray | Sequence[float] | Sequence[Sequence[float]]


@dataclass(frozen=True)
class Figure:
    """A plotly figure with its caption and text alternative."""

    plot: go.Figure
    caption: str
    """What is shown and what to see, in plain text."""
    alt: str
    """What somebody who cannot see the figure should know."""

    def __post_init__(self) -> None:
        for what in ("caption", "alt"):
            if not getattr(self, what).strip():
                raise ValueError(f"a figure needs its {what}; describe it in a sentence")

    def content(self) -> dict[str, Any]:
        """The figure as JSON, without plotly's own template."""
        content = json.loads(str(self.plot.to_json()))
        content["layout"].pop("template", None)
        content["layout"]["meta"] = {"caption": self.caption, "alt": self.alt} | content[
            "layout"
        ].get("meta", {})
        return content

    def _repr_mimebundle_(self, **options: object) -> dict[str, Any]:
        return {PLOTLY: self.content(), "text/plain": self.caption}


def heatmaps(
    panels: Mapping[str, Array],
    *,
    scale: Scale,
    unit: str,
    x_title: str,
    y_title: str,
    caption: str,
    alt: str,
    x_labels: Sequence[str] | None = None,
    y_labels: Sequence[str] | None = None,
    marks: Sequence[tuple[int, int]] = (),
    bar: bool = True,
    height: int = 420,
) -> Figure:
    """One or two matrices `[row, column]`, by panel title, with one colour scale.

    `signed` scales are centred on zero. `marks` are (row, column) cells to circle. Without `bar`
    there is no colour bar: for entries that are no quantities but are their colours.
    """
    arrays = {title: _float32(values) for title, values in panels.items()}
    low, high = _limits(list(arrays.values()), scale)
    plot = _panelled(list(arrays), x_title, y_title, height)
    for number, (title, values) in enumerate(arrays.items()):
        axes = _axes(number)
        plot.add_heatmap(
            z=values,
            x=list(x_labels) if x_labels else None,
            y=list(y_labels) if y_labels else None,
            zmin=low,
            zmax=high,
            colorscale=[list(stop) for stop in LIGHT.scales[scale]],
            meta={"scale": scale},
            showscale=bar and number == 0,
            colorbar={"title": {"text": unit, "side": "right"}, "thickness": 10, "x": 1.0},
            hovertemplate=_hover(
                title,
                f"{x_title}: %{{x}}",
                f"{y_title}: %{{y}}",
                f"%{{z:{_digits(values)}}} {unit}",
            ),
            **axes,
        )
        if marks:
            plot.add_scatter(
                x=[x_labels[column] if x_labels else column for _, column in marks],
                y=[y_labels[row] if y_labels else row for row, _ in marks],
                mode="markers",
                marker={
                    "size": 6,
                    "color": LIGHT.paper,
                    "line": {"width": 1.5, "color": LIGHT.ink},
                },
                meta={"mark": True},
                hoverinfo="skip",
                showlegend=False,
                **axes,
            )
    rows, columns = next(iter(arrays.values())).shape
    for axis in plot.select_yaxes():
        axis.update(range=[rows - 0.5, -0.5], **_label_axis(y_labels))
    for axis in plot.select_xaxes():
        axis.update(range=[-0.5, columns - 0.5], **_label_axis(x_labels))
    return Figure(plot, caption, alt)


MOST_TICKS = 20
"""A matrix with more rows or columns has every fifth one labelled, and the last."""


def _label_axis(labels: Sequence[str] | None) -> dict[str, Any]:
    axis: dict[str, Any] = {"showgrid": False, "zeroline": False}
    if labels:
        axis |= {"type": "category"}
    if labels and len(labels) > MOST_TICKS:
        axis |= {"tickmode": "array", "tickvals": [*labels[:-5:5], labels[-1]], "tickangle": 0}
    return axis


def lines(
    series: Mapping[str, Array],
    *,
    x: Sequence[float],
    x_title: str,
    y_title: str,
    caption: str,
    alt: str,
    vertical: Mapping[str, float] | None = None,
    log_y: bool = False,
    height: int = 360,
) -> Figure:
    """Curves over one axis; `vertical` marks places on it, by label. With `log_y`, y is drawn on
    a logarithmic scale, and values that are not positive are left out.
    """
    plot = _panelled([""], x_title, y_title, height)
    for name, look in _looks(series).items():
        y = _float32(series[name])
        plot.add_scatter(
            x=list(x),
            y=y,
            name=name,
            mode="lines+markers",
            marker={
                "size": 5,
                "symbol": look.symbol,
                # Were every point of long curves marked, their dashes could not be seen.
                "maxdisplayed": FEW // 2 if len(y) > FEW and len(series) > 1 else 0,
            },
            meta=look.meta,
            line={"color": look.colour, "dash": look.dash, "width": 1.5},
            hovertemplate=_hover(name, _said(x_title, "x", _float32(x)), _said(y_title, "y", y)),
        )
    _share_ticks(plot, x_title, y_title)
    for label, place in (vertical or {}).items():
        plot.add_vline(x=place, line={"dash": "dot", "width": 1}, annotation_text=label)
    if log_y:
        # Plotly would write 2 for 2, 20 and 200.
        ticks = [digit * 10.0**power for power in range(-3, 5) for digit in (1, 2, 5)]
        plot.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    _legend(plot, len(series))
    return Figure(plot, caption, alt)


FEW = 30
"""Points of a series that are drawn large, if there are no more. Of several longer curves each
marks at most half as many."""


def scatter(
    series: Mapping[str, tuple[Array, Array]],
    *,
    x_title: str,
    y_title: str,
    caption: str,
    alt: str,
    line: Mapping[str, tuple[Array, Array]] | None = None,
    signs: Mapping[str, Literal[-1, 1]] | None = None,
    joined: bool = False,
    log_x: bool = False,
    height: int = 360,
) -> Figure:
    """Points of one or more series, each given as its x and its y values.

    Args:
        series: points, by name.
        x_title: what x is.
        y_title: what y is.
        caption: what is shown and what to see.
        alt: what somebody who cannot see the figure should know.
        line: curves without points to compare with, by name.
        signs: series that are drawn blue or red because that is what they are about, by name.
        joined: whether the points of a series are joined in their order.
        log_x: whether x is drawn on a logarithmic scale.
        height: in pixels.
    """
    plot = _panelled([""], x_title, y_title, height)
    curves = dict(line or {})
    given = [*series.items(), *curves.items()]
    looks = _looks([name for name, _ in given], signs)
    # What is drawn first lies below.
    for number, (name, (x, y)) in reversed([*enumerate(given)]):
        points = number < len(series)
        many = len(x) > FEW
        look = looks[name]
        x, y = _float32(x), _float32(y)
        plot.add_scatter(
            x=x,
            y=y,
            name=name,
            mode=("lines+markers" if joined else "markers") if points else "lines",
            marker={
                "size": 5 if many and not joined else 7 if joined else 9,
                "opacity": 0.6 if many and not joined else 1.0,
                "color": look.colour,
                "symbol": look.symbol,
            },
            meta=look.meta,
            line={"width": 1.5, "color": look.colour, "dash": look.dash},
            legendrank=number,
            hovertemplate=_hover(name, _said(x_title, "x", x), _said(y_title, "y", y)),
        )
    _share_ticks(plot, x_title, y_title)
    if log_x:
        plot.update_xaxes(type="log", exponentformat="power", dtick=1)
    _legend(plot, len(series) + len(curves))
    return Figure(plot, caption, alt)


def boxes(
    series: Mapping[str, Sequence[Array]],
    *,
    x: Sequence[str],
    x_title: str,
    y_title: str,
    caption: str,
    alt: str,
    height: int = 360,
) -> Figure:
    """Box plots by category: quartiles, and whiskers to the smallest and the largest value.

    They are computed here, so that five numbers of each box travel. A category without values
    is left out.
    """
    plot = _panelled([""], x_title, y_title, height)
    for name, look in _looks(series).items():
        filled = [
            (label, np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))
            for label, group in zip(x, series[name], strict=True)
            if (values := _float32(group)).size
        ]
        fives = _float32(np.stack([five for _, five in filled], axis=1))
        low, first, middle, third, high = fives
        plot.add_box(
            x=[label for label, _ in filled],
            lowerfence=low,
            q1=first,
            median=middle,
            q3=third,
            upperfence=high,
            name=name,
            meta=look.meta,
            marker={"color": look.colour},
            line={"width": 1.5, "color": look.colour},
            # Of boxes plotly says five numbers, each with a name; only their digits can be set.
            hoverinfo="y",
            yhoverformat=_digits(fives, y_title),
        )
    _share_ticks(plot, x_title, y_title)
    plot.update_xaxes(type="category", categoryorder="array", categoryarray=list(x))
    plot.update_layout(boxmode="group")
    _legend(plot, len(series))
    return Figure(plot, caption, alt)


def bars(
    series: Mapping[str, Array],
    *,
    x: Sequence[str] | Sequence[int],
    x_title: str,
    y_title: str,
    caption: str,
    alt: str,
    height: int = 340,
) -> Figure:
    """Bars by category, one colour and fill a series."""
    plot = _panelled([""], x_title, y_title, height)
    # Of many bars, which are narrow, one would see nothing else.
    outline = {"line": {"width": 0.75 if len(x) > FEW else 1.5}}
    for name, look in _looks(series).items():
        y = _float32(series[name])
        plot.add_bar(
            x=list(x),
            y=y,
            name=name,
            meta=look.meta | {"fill": look.fill},
            marker={"color": look.colour} | (outline if look.fill != "solid" else {}),
            hovertemplate=_hover(name, f"{x_title}: %{{x}}", _said(y_title, "y", y)),
        )
    _share_ticks(plot, x_title, y_title)
    plot.update_layout(barmode="group", bargap=0.15)
    _legend(plot, len(series))
    return Figure(plot, caption, alt)


def histogram(
    series: Mapping[str, Array],
    *,
    start: float,
    stop: float,
    width: float,
    x_title: str,
    y_title: str,
    caption: str,
    alt: str,
    height: int = 340,
) -> Figure:
    """Counts of values in bins of one width. Binned here, so that only counts travel."""
    edges = np.arange(start, stop + width / 2, width)
    counts = {name: np.histogram(_float32(v), edges)[0] for name, v in series.items()}
    centres = [round(float(edge + width / 2), 6) for edge in edges[:-1]]
    return bars(
        counts,
        x=[f"{centre:g}" for centre in centres],
        x_title=x_title,
        y_title=y_title,
        caption=caption,
        alt=alt,
        height=height,
    )


@dataclass(frozen=True)
class Attention:
    """Attention patterns of several sequences, one shown at a time."""

    choices: list[dict[str, Any]]
    """One for each sequence: `label`, `tokens`, `heads`, `attention[head][query][key]` and
    `marks`, cells `[query, key]`. All that is shown is drawn from these."""
    marked: str
    """What the marked cells are; empty where none are."""
    caption: str
    alt: str
    fallback: str
    """HTML of the first, for notebooks outside the site."""

    def _repr_mimebundle_(self, **options: object) -> dict[str, Any]:
        content = {
            "choices": self.choices,
            "marked": self.marked,
            "caption": self.caption,
            "alt": self.alt,
        }
        return {CIRCUITSVIS: content, "text/html": self.fallback, "text/plain": self.caption}


def attention(
    patterns: Float[Tensor, "batch head query key"],
    tokens: Sequence[Sequence[str]],
    heads: Sequence[str],
    *,
    caption: str,
    alt: str,
    marks: Sequence[Sequence[tuple[int, int]]] = (),
    marked: str = "",
) -> Attention:
    """Attention patterns of each head, the sequence chosen by the reader.

    Args:
        patterns: attention probabilities.
        tokens: the words of each sequence.
        heads: their names, `0.0`, `0.1`, ...
        caption: what is shown and what to see, in plain text.
        alt: what somebody who cannot see the figure should know.
        marks: for each sequence the cells (query, key) to mark, in all heads.
        marked: what the marked cells are.

    Raises:
        ValueError: if cells are marked and nothing says what they are, or not for each sequence.
    """
    if any(marks) and not marked.strip():
        raise ValueError("a figure with marks says in `marked` what they are")
    choices = []
    for number, (words, cells) in enumerate(zip(tokens, marks or [()] * len(tokens), strict=True)):
        choices.append(
            {
                "label": f"{number + 1}: {', '.join(words)}",
                "tokens": list(words),
                "heads": list(heads),
                # Three decimals: what a colour can show, at a third of the weight.
                "attention": np.round(patterns[number].double().cpu().numpy(), 3).tolist(),
                "marks": [list(cell) for cell in cells],
            }
        )
    first = choices[0]
    drawn = attention_heads(
        attention=np.array(first["attention"]),
        tokens=first["tokens"],
        attention_head_names=first["heads"],
    )
    return Attention(choices, marked, caption, alt, _named_after_content(str(drawn)))


def attention_of(
    problem: Problem[Any],
    tokens: Int[Tensor, "batch n_ctx"],
    *,
    caption: str,
    alt: str,
    marks: Sequence[Sequence[tuple[int, int]]] = (),
    marked: str = "",
) -> Attention:
    """`attention` of all heads of a model, layer by layer, on some sequences."""
    layers = range(problem.architecture.n_layers)
    return attention(
        torch.cat([patterns_of(problem, tokens, layer) for layer in layers], dim=1),
        [[problem.task.vocabulary[token] for token in row] for row in tokens],
        [str(head) for head in heads_of(problem)],
        caption=caption,
        alt=alt,
        marks=marks,
        marked=marked,
    )


def _named_after_content(html: str) -> str:
    """Replace CircuitsVis's random id: the same figure is the same HTML."""
    (random,) = set(re.findall(r"circuits-vis-[0-9a-f-]{13}", html))
    digest = hashlib.sha256(html.replace(random, "").encode()).hexdigest()
    return html.replace(random, f"circuits-vis-{digest[:13]}")


class _Look(NamedTuple):
    """How a series is drawn."""

    meta: dict[str, int]
    """What says its colour in either palette."""
    colour: str
    """That of the light one, for notebooks outside the site."""
    dash: str
    symbol: str
    fill: str


HEAD = re.compile(r"head (\d+)\.(\d+)\b")
"""What the name of a series that is a head begins with: layer and head."""


def _looks(
    names: Collection[str], signs: Mapping[str, Literal[-1, 1]] | None = None
) -> dict[str, _Look]:
    """By the number of the head, or the first number that nothing else in the figure has."""
    layers = {name: found for name in names if (found := HEAD.match(name))}
    heads = {
        name: int(found[1]) * len(LIGHT.heads) + int(found[2]) for name, found in layers.items()
    }
    free = (number for number in count() if number not in heads.values())
    looks, shown = {}, set[int]()
    for name in names:
        number = heads[name] if name in heads else next(free)
        symbol = SYMBOLS[number % len(SYMBOLS)]
        if signs and name in signs:
            meta = {"sign": signs[name]}
            colour = LIGHT.positive if signs[name] > 0 else LIGHT.negative
        elif name in heads:
            meta, colour = {"head": number}, LIGHT.heads[number % len(LIGHT.heads)]
        else:
            meta, colour = {"series": number}, LIGHT.series[number % len(LIGHT.series)]
        # One head in several states keeps its looks; its points become hollow.
        if number in shown:
            symbol += "-open"
        shown.add(number)
        dash, fill = DASHES[number % len(DASHES)], FILLS[number % len(FILLS)]
        looks[name] = _Look(meta, colour, dash, symbol, fill)
    return looks


def _is_share(title: str) -> bool:
    return title.lower().startswith("share ")


def _digits(values: np.ndarray, title: str = "") -> str:
    """A number format of d3: per cent for an axis of shares, counts in full, else four digits."""
    if _is_share(title):
        return ".4~p"
    finite = values[np.isfinite(values)]
    large = np.abs(finite).max(initial=0) >= 10_000
    return ",.0f" if large or (finite == np.round(finite)).all() else ".4~g"


def _said(title: str, axis: str, values: np.ndarray) -> str:
    return f"{title}: %{{{axis}:{_digits(values, title)}}}"


def _hover(*parts: str) -> str:
    """Lines of a hover text, without those that are empty."""
    return "<br>".join(filter(None, parts)) + "<extra></extra>"


def _share_ticks(plot: go.Figure, x_title: str, y_title: str) -> None:
    if _is_share(x_title):
        plot.update_xaxes(tickformat=".4~p")
    if _is_share(y_title):
        plot.update_yaxes(tickformat=".4~p")


def _float32(values: Array) -> np.ndarray:
    if isinstance(values, Tensor):
        values = values.detach().cpu().numpy()
    return np.asarray(values, dtype=np.float32)


def _limits(arrays: list[np.ndarray], scale: Scale) -> tuple[float, float]:
    if scale == "share":
        return 0.0, 1.0
    largest = max(float(np.abs(values).max()) for values in arrays) or 1.0
    return (-largest, largest) if scale == "signed" else (0.0, largest)


def _axes(number: int) -> dict[str, str]:
    suffix = "" if number == 0 else str(number + 1)
    return {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}


def _panelled(titles: list[str], x_title: str, y_title: str, height: int) -> go.Figure:
    """Axes for one panel, or for two side by side (stacked by the page where it is narrow)."""
    plot = go.Figure()
    gap = 0.14
    width = (1 - gap * (len(titles) - 1)) / len(titles)
    layout: dict[str, Any] = {
        "height": height,
        "margin": {"l": 56, "r": 24, "t": 36 if any(titles) else 16, "b": 52},
        "meta": {"panels": len(titles)},
    }
    for number, title in enumerate(titles):
        suffix = "" if number == 0 else str(number + 1)
        left = number * (width + gap)
        layout[f"xaxis{suffix}"] = {
            "title": {"text": x_title},
            "domain": [left, left + width],
            "anchor": f"y{suffix}",
        }
        layout[f"yaxis{suffix}"] = {"title": {"text": y_title}, "anchor": f"x{suffix}"}
        if title:
            plot.add_annotation(
                text=title,
                xref=f"x{suffix} domain",
                yref=f"y{suffix} domain",
                x=0,
                y=1,
                xanchor="left",
                yanchor="bottom",
                yshift=4,
                showarrow=False,
            )
    plot.update_layout(layout)
    return plot


def _legend(plot: go.Figure, series: int) -> None:
    plot.update_layout(
        showlegend=series > 1, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    )
