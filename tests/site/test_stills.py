"""Stills: what is drawn stands where its numbers say, as in the interactive figure."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.write_ups import figures
from analyses.write_ups.palette import DASHES, LIGHT, SYMBOLS
from docs.render import RenderError
from docs.render.colours import stylesheet
from docs.render.stills import axis as axes
from docs.render.stills import levels, marks
from docs.render.stills.attention import attention_still
from docs.render.stills.axis import Axis, Extent
from docs.render.stills.numbers import table
from docs.render.stills.still import settled, still

STYLE = Path(__file__).parents[2] / "docs" / "theme" / "assets" / "site.css"
DESCRIBED: dict[str, Any] = {"caption": "c", "alt": "a", "x_title": "x", "y_title": "y"}
FINITE = st.floats(-1e4, 1e4, allow_nan=False).map(lambda value: round(value, 2))
SERIES = st.lists(FINITE, min_size=2, max_size=40)


def content(figure: figures.Figure) -> dict[str, Any]:
    return settled(figure.content())


def ranges(drawn: dict[str, Any]) -> tuple[tuple[float, float], tuple[float, float]]:
    layout = drawn["layout"]
    return tuple(layout["xaxis"]["range"]), tuple(layout["yaxis"]["range"])


def back(place: float, limits: tuple[float, float]) -> float:
    """The value that stands at a place of the box of 1000 units."""
    return limits[0] + place / 1000 * (limits[1] - limits[0])


def points(path: str) -> np.ndarray[Any, Any]:
    """The points of a path of straight lines."""
    return np.array(re.findall(r"-?\d+", path), dtype=float).reshape(-1, 2)


@given(SERIES)
def test_a_curve_stands_where_its_values_are(values: list[float]) -> None:
    x = [float(place) for place in range(len(values))]
    drawn = content(figures.lines({"one": values}, x=x, **DESCRIBED))
    (path,) = re.findall(r'class="line [^"]*" d="M([^"]*)"', still(drawn))
    across, up = ranges(drawn)
    for (left, top), at, value in zip(points(path), x, values, strict=True):
        assert back(left, across) == pytest.approx(at, abs=(across[1] - across[0]) / 1999)
        assert back(1000 - top, up) == pytest.approx(value, abs=(up[1] - up[0]) / 1999 + 1e-3)


@given(SERIES)
def test_bars_begin_at_zero_and_end_at_their_values(values: list[float]) -> None:
    labels = [f"bar {n}" for n in range(len(values))]
    drawn = content(figures.bars({"one": values, "two": values}, x=labels, **DESCRIBED))
    _, up = ranges(drawn)
    both = re.findall(r'class="bar [^"]*" d="([^"]*)"', still(drawn).split("still__row")[1])
    assert len(both) == 2
    for path in both:
        bars = re.findall(r"M(-?\d+) (-?\d+)V(-?\d+)H(-?\d+)V(-?\d+)z", path)
        for (left, foot, top, right, end), value in zip(bars, values, strict=True):
            assert foot == end and int(left) <= int(right)
            tolerance = (up[1] - up[0]) / 1999 + 1e-3
            assert back(1000 - int(foot), up) == pytest.approx(0, abs=tolerance)
            assert back(1000 - int(top), up) == pytest.approx(value, abs=tolerance)


def test_five_numbers_make_a_box() -> None:
    drawn = content(figures.boxes({"one": [[0.0, 1.0, 2.0, 3.0, 10.0]]}, x=["a"], **DESCRIBED))
    (path,) = re.findall(r'class="box [^"]*" d="([^"]*)"', still(drawn))
    _, up = ranges(drawn)
    heights = [back(1000 - int(y), up) for y in re.findall(r"(?:V| )(\d+)", path)]
    low, first, corner, third, median, above, high = heights
    assert (first, third) == (pytest.approx(1, abs=0.02), pytest.approx(3, abs=0.02))
    assert corner == first and above == third
    assert (low, median, high) == (
        pytest.approx(0, abs=0.02),
        pytest.approx(2, abs=0.02),
        pytest.approx(10, abs=0.02),
    )


def cells(map_html: str, shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    """The level of each cell of a map, -1 where nothing is drawn."""
    found = np.full(shape, -1)
    for step, path in re.findall(r'<path class="l(\d+)" d="([^"]*)"', map_html):
        row = column = 0
        for strokes in re.findall(r"m(-?\d+) (\d+)h(\d+)", path):
            right, down, length = map(int, strokes)
            row, column = row + down, column + right
            run = found[row, column : column + length]
            assert (run == -1).all(), "no cell is drawn twice"
            run[:] = int(step)
            column += length
    return found


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_every_cell_of_a_map_has_the_level_of_its_value(rows: int, columns: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(rows, columns)).astype("float32")
    figure = figures.heatmaps({"": values}, scale="signed", unit="u", **DESCRIBED)
    (html,) = re.findall(
        r'<svg class="map signed" x="0%" y="0%" width="100%" height="100%"[^>]*>(.*?)</svg>',
        still(content(figure)),
    )
    largest = float(np.abs(values).max())
    expected = [
        [-1 if (at := levels.level("signed", z, -largest, largest)) is None else at for z in row]
        for row in values.tolist()
    ]
    assert cells(html, values.shape).tolist() == expected


def test_a_margin_beside_a_map_moves_it_aside() -> None:
    figure = figures.heatmaps({"": np.eye(4)}, scale="share", unit="u", **DESCRIBED)
    figure.plot.update_xaxes(range=[-4.5, 3.5])
    assert 'class="map share" x="50%" y="0%" width="50%" height="100%"' in still(content(figure))


@pytest.mark.parametrize("scale", ["signed", "share", "magnitude"])
def test_steps_of_a_scale_have_its_colours_and_none_where_the_paper_is(scale: Any) -> None:
    stops = LIGHT.scales[scale]
    colours = levels.colours(stops)
    assert len(colours) == levels.STEPS
    assert (colours[0], colours[-1]) == (stops[0][1], stops[-1][1])
    low = -1.0 if scale == "signed" else 0.0
    blank = [step for step, colour in enumerate(colours) if colour == LIGHT.paper]
    assert blank == [5 if scale == "signed" else 0]
    assert levels.level(scale, 0.0, low, 1.0) is None
    assert f"--l10:{colours[10]};" in stylesheet()


def test_a_scale_between_two_colours_is_mixed_by_hand() -> None:
    assert levels.colours([(0.0, "#000000"), (1.0, "#1020f0")])[5] == "#081078"


@given(FINITE, st.floats(0.001, 1e4), st.integers(4, 10))
def test_ticks_are_round_values_within_the_axis(start: float, length: float, most: int) -> None:
    found = Axis("linear", (start, start + length), "").ticks(most)
    places = [tick.place for tick in found]
    assert places == sorted(places) and len(found) <= most + 1
    assert len({tick.label for tick in found}) == len(found)
    for tick in found:
        value = float(tick.label.replace(",", "").replace(axes.MINUS, "-"))
        assert value == pytest.approx(start + tick.place * length, abs=length * 1e-6 + 1e-9)


@pytest.mark.parametrize(
    ("axis", "labels"),
    [
        (Axis("linear", (0.0, 1.0), ""), ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (Axis("linear", (0.0, 0.1), "", percent=True), ["0 %", "2 %", "4 %", "6 %", "8 %", "10 %"]),
        (Axis("log", (0.0, 4.0), ""), ["1", "10", "100", "1,000", "10,000"]),
        (Axis("category", (-0.5, 1.5), "", ("a", "b")), ["a", "b"]),
        (Axis("linear", (9.5, -0.5), "", given=((0, "SEP"), (9, "b9"))), ["SEP", "b9"]),
    ],
)
def test_examples_of_ticks(axis: Axis, labels: list[str]) -> None:
    assert [tick.label for tick in axis.ticks(6)] == [
        text.replace(" %", "\u202f%") for text in labels
    ]


def test_labels_that_are_numbers_are_taken_for_numbers_as_plotly_does() -> None:
    assert axes.axis({}, [["+1", "-2"]], Extent(0.0)).range == (-2.0, 1.0)
    assert axes.axis({}, [["1-5", "6-10"]], Extent(0.0)).kind == "category"
    assert axes.axis({"type": "log"}, [[1, 100, 0]], Extent(0.0)).range == (0.0, 2.0)


def test_series_keep_colour_dash_symbol_and_name() -> None:
    both = {"head 0.1": [1.0, 2.0], "mean": [2.0, 1.0]}
    html = still(content(figures.lines(both, x=[0.0, 1.0], **DESCRIBED)))
    legend, plot = html.split('class="still__row"')
    for part in (legend, plot):
        assert 'class="line h1 dash-dash"' in part and 'class="line s0 dash-solid"' in part
    assert re.findall(r"</svg>([^<]+)</span>", legend) == ["head 0.1", "mean"]


def test_a_vertical_line_and_its_label_stand_at_their_value() -> None:
    figure = figures.lines({"one": [0.0, 1.0]}, x=[0.0, 10.0], vertical={"here": 5.0}, **DESCRIBED)
    drawn = content(figure)
    place = (5 - ranges(drawn)[0][0]) / (ranges(drawn)[0][1] - ranges(drawn)[0][0])
    assert f'class="marker-line" d="M{round(1000 * place)} 0V1000"' in still(drawn)
    assert f'class="note" x="{100 * place:.4g}%"' in still(drawn) and ">here</text>" in still(drawn)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "violin"}, "no still can be drawn of a trace of type 'violin'"),
        ({"marker": {"symbol": "star"}}, "no still can be drawn of markers 'star'; known: circle"),
        ({"y": {"dtype": "c8", "bdata": ""}}, "an array of dtype 'c8' cannot be read"),
    ],
)
def test_what_cannot_be_drawn_is_named(change: dict[str, Any], message: str) -> None:
    figure = figures.lines({"one": [1.0, 2.0]}, x=[0.0, 1.0], **DESCRIBED).content()
    figure["data"][0] |= change
    with pytest.raises(RenderError, match=message):
        still(settled(figure))


def test_attention_is_drawn_with_its_tokens_and_the_right_answer() -> None:
    pattern = [[1.0, 0.0], [0.25, 0.75]]
    choice = {"tokens": ["<5>", "SEP"], "heads": ["0.0", "0.1"], "attention": [pattern, pattern]}
    html = attention_still(choice | {"marks": [[1, 0]]}, marked="the answer", hidden=False)
    assert ">the answer</span>" in html
    first = html.split("head 0.1")[0]
    assert cells(first, (2, 2)).tolist() == [[10, -1], [2, 8]]
    assert 'class="dot circle mark ring" d="M0.5 1h0"' in first
    assert first.count("&lt;5&gt;") == 2 and "<5>" not in html


def parsed(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_numbers_of_a_map_are_its_rows() -> None:
    panels = {"a, b": np.eye(2), "c": 2 * np.eye(2)}
    figure = figures.heatmaps(
        panels, scale="share", unit="u", x_labels=["p", "q"], y_labels=["r", "s"], **DESCRIBED
    )
    assert parsed(table(figure.content())) == [
        ["panel", "y \\ x", "p", "q"],
        ["a, b", "r", "1", "0"],
        ["a, b", "s", "0", "1"],
        ["c", "r", "2", "0"],
        ["c", "s", "0", "2"],
    ]


def test_numbers_of_series_are_their_points() -> None:
    figure = figures.lines({"one": [0.5, 1.25], "two": [3.0, 4.0]}, x=[0.0, 1.0], **DESCRIBED)
    assert parsed(table(figure.content())) == [
        ["series", "x", "y"],
        ["one", "0", "0.5"],
        ["one", "1", "1.25"],
        ["two", "0", "3"],
        ["two", "1", "4"],
    ]


def test_every_symbol_and_dash_of_the_palette_has_a_still() -> None:
    assert set(SYMBOLS) <= {*marks.DOTS, *marks.SYMBOLS}
    sheet = STYLE.read_text(encoding="utf-8")
    assert all(f".dash-{dash} " in sheet for dash in DASHES if dash != "solid")
