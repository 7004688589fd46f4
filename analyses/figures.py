"""Figures: functions from arrays to what a page shows.

Axis titles, caption and text alternative are required. Colours are named, not given: a
trace says `signed`, `share` or `magnitude`, or the number of a series, and is drawn in the
reader's palette. Arrays travel once, as float32.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from circuitsvis.attention import attention_heads
from jaxtyping import Float
from torch import Tensor

from analyses.palette import LIGHT, Scale

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
    height: int = 420,
) -> Figure:
    """One or two matrices `[row, column]`, by panel title, with one colour scale.

    `signed` scales are centred on zero. `marks` are (row, column) cells to circle.
    """
    arrays = {title: _float32(values) for title, values in panels.items()}
    low, high = _limits(list(arrays.values()), scale)
    plot = _panelled(list(arrays), x_title, y_title, height)
    for number, values in enumerate(arrays.values()):
        axes = _axes(number)
        plot.add_heatmap(
            z=values,
            x=list(x_labels) if x_labels else None,
            y=list(y_labels) if y_labels else None,
            zmin=low,
            zmax=high,
            colorscale=[list(stop) for stop in LIGHT.scales[scale]],
            meta={"scale": scale},
            showscale=number == 0,
            colorbar={"title": {"text": unit, "side": "right"}, "thickness": 10, "x": 1.0},
            hovertemplate=f"{x_title}: %{{x}}<br>{y_title}: %{{y}}<br>"
            f"%{{z:.3f}} {unit}<extra></extra>",
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
    for number, (name, values) in enumerate(series.items()):
        plot.add_scatter(
            x=list(x),
            y=_float32(values),
            name=name,
            mode="lines+markers",
            marker={"size": 4},
            meta={"series": number},
            line={"color": LIGHT.series[number]},
        )
    for label, place in (vertical or {}).items():
        plot.add_vline(x=place, line={"dash": "dot", "width": 1}, annotation_text=label)
    if log_y:
        # Plotly would write 2 for 2, 20 and 200.
        ticks = [digit * 10.0**power for power in range(-3, 5) for digit in (1, 2, 5)]
        plot.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks])
    _legend(plot, len(series))
    return Figure(plot, caption, alt)


FEW = 30
"""Points of a series that are drawn large, if there are no more."""


def scatter(
    series: Mapping[str, tuple[Array, Array]],
    *,
    x_title: str,
    y_title: str,
    caption: str,
    alt: str,
    line: Mapping[str, tuple[Array, Array]] | None = None,
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
        joined: whether the points of a series are joined in their order.
        log_x: whether x is drawn on a logarithmic scale.
        height: in pixels.
    """
    plot = _panelled([""], x_title, y_title, height)
    curves = dict(line or {})
    # What is drawn first lies below.
    for number, (name, (x, y)) in reversed([*enumerate([*series.items(), *curves.items()])]):
        points = number < len(series)
        many = len(x) > FEW
        plot.add_scatter(
            x=_float32(x),
            y=_float32(y),
            name=name,
            mode=("lines+markers" if joined else "markers") if points else "lines",
            marker={
                "size": 5 if many or joined else 9,
                "opacity": 0.6 if many and not joined else 1.0,
                "color": LIGHT.series[number],
            },
            meta={"series": number},
            line={"width": 1.5, "color": LIGHT.series[number]},
            legendrank=number,
        )
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
    for number, (name, groups) in enumerate(series.items()):
        filled = [
            (label, np.quantile(values, [0, 0.25, 0.5, 0.75, 1]))
            for label, group in zip(x, groups, strict=True)
            if (values := _float32(group)).size
        ]
        low, first, middle, third, high = np.stack([five for _, five in filled], axis=1)
        plot.add_box(
            x=[label for label, _ in filled],
            lowerfence=_float32(low),
            q1=_float32(first),
            median=_float32(middle),
            q3=_float32(third),
            upperfence=_float32(high),
            name=name,
            meta={"series": number},
            marker={"color": LIGHT.series[number]},
            line={"width": 1.5, "color": LIGHT.series[number]},
        )
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
    """Bars by category, one colour a series."""
    plot = _panelled([""], x_title, y_title, height)
    for number, (name, values) in enumerate(series.items()):
        plot.add_bar(
            x=list(x),
            y=_float32(values),
            name=name,
            meta={"series": number},
            marker={"color": LIGHT.series[number]},
        )
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
    caption: str
    alt: str
    fallback: str
    """HTML of the first, for notebooks outside the site."""

    def _repr_mimebundle_(self, **options: object) -> dict[str, Any]:
        content = {"choices": self.choices, "caption": self.caption, "alt": self.alt}
        return {CIRCUITSVIS: content, "text/html": self.fallback, "text/plain": self.caption}


def attention(
    patterns: Float[Tensor, "batch head query key"],
    tokens: Sequence[Sequence[str]],
    heads: Sequence[str],
    *,
    caption: str,
    alt: str,
) -> Attention:
    """CircuitsVis's view of attention patterns, the sequence chosen by the reader."""
    choices = []
    for number, words in enumerate(tokens):
        # Three decimals: what a colour can show, at a third of the weight.
        rounded = np.round(patterns[number].double().cpu().numpy(), 3).tolist()
        choices.append(
            {
                "label": f"{number + 1}: {' '.join(words)}",
                "component": "AttentionHeads",
                "props": {
                    "attention": rounded,
                    "tokens": list(words),
                    "attentionHeadNames": list(heads),
                },
            }
        )
    first = choices[0]["props"]
    drawn = attention_heads(
        attention=np.array(first["attention"]),
        tokens=first["tokens"],
        attention_head_names=list(heads),
    )
    return Attention(choices, caption, alt, _named_after_content(str(drawn)))


def _named_after_content(html: str) -> str:
    """Replace CircuitsVis's random id: the same figure is the same HTML."""
    (random,) = set(re.findall(r"circuits-vis-[0-9a-f-]{13}", html))
    digest = hashlib.sha256(html.replace(random, "").encode()).hexdigest()
    return html.replace(random, f"circuits-vis-{digest[:13]}")


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
