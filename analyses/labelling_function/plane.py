"""Maps of all points, with the three curves drawn in and the pattern of each row beside them."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from analyses.labelling_function.edges import crossings
from analyses.labelling_function.rows import PATTERNS, patterns
from analyses.write_ups.figures import Figure, heatmaps
from analyses.write_ups.palette import LIGHT, Scale
from models.labelling_function.task import SIDE

OUTLINED = ((2.6, LIGHT.paper), (1.1, LIGHT.ink))
"""Widths and colours of a curve, which is seen on red, blue and paper alike."""
OF_ONE_COLOUR: dict[str, dict[str, int]] = {"blue": {"sign": -1}, "red": {"sign": 1}}
"""Patterns that are drawn in the colour that all of the row has."""
COLUMN = 3.5
"""Width of a margin column, in columns of the map."""


def curves() -> dict[str, tuple[Float[Tensor, " x"], Float[Tensor, " x"]]]:
    """The points (Y, X) of each curve that lie on the map, by the test that changes there."""
    x = torch.linspace(0, SIDE - 1, 2 * SIDE)
    by_test = crossings(x)
    shown = {test: y <= SIDE - 1 for test, y in by_test.items()}
    return {test: (y[shown[test]], x[shown[test]]) for test, y in by_test.items()}


def plane(
    panels: Mapping[str, Float[Tensor, "x y"]],
    *,
    scale: Scale,
    unit: str,
    caption: str,
    alt: str,
    marks: Sequence[tuple[int, int]] = (),
    rows: Bool[Tensor, "x y"] | None = None,
    bar: bool = True,
    height: int = 460,
) -> Figure:
    """One or two maps `[x, y]`, by panel title, with one colour scale.

    Args:
        panels: one number for each point.
        scale: how it is coloured; `signed` is blue below zero and red above.
        unit: of these numbers.
        caption: what is shown and what to see, in plain text.
        alt: what somebody who cannot see the figure should know.
        marks: points (X, Y) to circle.
        rows: whether each point is red; draws the pattern of each row as a dash in the margin, a
            column for each pattern.
        bar: whether there is a colour bar.
        height: in pixels.
    """
    figure = heatmaps(
        panels,
        scale=scale,
        unit=unit,
        x_title="Y",
        y_title="X",
        caption=caption,
        alt=alt,
        marks=marks,
        bar=bar,
        height=height,
    )
    plot = figure.plot
    found = patterns(rows) if rows is not None else []
    margin = COLUMN * (len(PATTERNS) + 0.5) if found else 0.0
    for number in range(len(panels)):
        suffix = "" if number == 0 else str(number + 1)
        axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        for test, (y, x) in curves().items():
            for width, colour in OUTLINED:
                plot.add_scatter(
                    x=y.numpy(),
                    y=x.numpy(),
                    mode="lines",
                    name=test,
                    line={"width": width, "color": colour},
                    meta={"mark": True},
                    hovertemplate=f"curve of test {test}<extra></extra>",
                    showlegend=False,
                    **axes,
                )
            plot.add_annotation(
                text=test, x=float(y[-1]), y=float(x[-1]), showarrow=False, xshift=-12, yshift=12,
                xref=axes["xaxis"], yref=axes["yaxis"],
                # On deep colours of a map, in either palette, as `heatmaps` draws its marks.
                bgcolor=LIGHT.paper, font={"color": LIGHT.ink, "size": 11}, borderpad=1,
            )  # fmt: skip
        for column, name in enumerate(PATTERNS if found else ()):
            of_it = [row for row, its in enumerate(found) if its == name]
            place = -margin + COLUMN * (column + 0.5)
            plot.add_scatter(
                x=[place] * len(of_it),
                y=of_it,
                mode="markers",
                name=name,
                marker={"symbol": "square", "size": 3},
                meta=OF_ONE_COLOUR.get(name, {"series": column}),
                hovertemplate=f"X: %{{y}}<br>{name}<extra></extra>",
                showlegend=number == 0,
                legendgroup=name,
                **axes,
            )
    for axis in plot.select_xaxes():
        axis.update(range=[-0.5 - margin, SIDE - 0.5], tickvals=list(range(0, SIDE, 20)))
    if found:
        plot.update_layout(
            showlegend=True,
            legend={
                "orientation": "h",
                "x": 0,
                "y": -0.16,
                "yanchor": "top",
                "itemsizing": "constant",
            },
        )
    return figure
