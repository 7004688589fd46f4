import base64
import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from plotly.graph_objects import Figure as Plot

from analyses.instruments.attention import patterns
from analyses.instruments.heads import heads
from analyses.write_ups.figures import (
    CIRCUITSVIS,
    PLOTLY,
    Figure,
    attention,
    attention_of,
    bars,
    boxes,
    heatmaps,
    histogram,
    lines,
    scatter,
)
from analyses.write_ups.palette import Scale
from models.problem import Problem
from models.sorted_list.task import SortedList

TITLES: dict[str, Any] = {"x_title": "prediction", "y_title": "source"}
WORDS: dict[str, Any] = {"caption": "What it shows.", "alt": "What one would see."}
SIGNED = np.array([[1.0, -3.0, 0.5], [2.0, 0.0, 1.0]])


def heat(scale: Scale, **panels: Any) -> dict[str, Any]:
    words = {name: panels.pop(name, text) for name, text in WORDS.items()}
    return heatmaps(panels, scale=scale, unit="logits", **TITLES, **words).content()


def array(values: dict[str, Any]) -> np.ndarray:
    """An array as plotly.py wrote it."""
    flat = np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return flat.reshape([int(size) for size in values.get("shape", str(len(flat))).split(", ")])


@pytest.mark.parametrize("blank", ["caption", "alt"])
@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_figure_needs_caption_and_alternative(blank: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"a figure needs its {blank}; describe it"):
        Figure(Plot(), **(WORDS | {blank: text}))
    with pytest.raises(ValueError, match=f"a figure needs its {blank}; describe it"):
        heat("share", a=SIGNED, **{blank: text})


@pytest.mark.parametrize("missing", ["x_title", "y_title", "caption", "alt"])
def test_titles_cannot_be_left_out(missing: str) -> None:
    given = {name: text for name, text in (TITLES | WORDS).items() if name != missing}
    with pytest.raises(TypeError, match=missing):
        lines({"a": [1.0, 2.0]}, x=[0.0, 1.0], **given)


@pytest.mark.parametrize(
    ("scale", "panels", "limits"),
    [
        ("signed", {"a": SIGNED}, (-3.0, 3.0)),
        ("signed", {"a": SIGNED, "b": 5 * np.eye(3)[:2]}, (-5.0, 5.0)),
        ("signed", {"a": np.zeros((2, 3))}, (-1.0, 1.0)),
        ("magnitude", {"a": np.abs(SIGNED)}, (0.0, 3.0)),
        ("share", {"a": np.abs(SIGNED) / 10}, (0.0, 1.0)),
    ],
)
def test_limits_of_the_colour_scale(
    scale: Scale, panels: dict[str, np.ndarray], limits: tuple[float, float]
) -> None:
    traces = heat(scale, **panels)["data"]
    assert len(traces) == len(panels)
    for trace in traces:
        assert (trace["zmin"], trace["zmax"]) == limits
        assert trace["meta"] == {"scale": scale}
    assert [trace["showscale"] for trace in traces] == [True, False][: len(panels)]


def test_arrays_are_float32_and_travel_once() -> None:
    content = heat("signed", a=torch.from_numpy(SIGNED))
    (trace,) = content["data"]
    assert trace["z"]["dtype"] == "f4"
    np.testing.assert_array_equal(array(trace["z"]), SIGNED.astype("f4"))
    assert json.dumps(content).count("bdata") == 1
    curve = lines({"a": [0.1, 0.2]}, x=[0.0, 1.0], **TITLES, **WORDS).content()["data"][0]
    assert curve["y"]["dtype"] == "f4"


def test_content_has_no_template_and_says_what_it_shows() -> None:
    figure = lines({"a": [1.0, 2.0]}, x=[0.0, 1.0], height=321, **TITLES, **WORDS)
    assert "template" in json.loads(str(figure.plot.to_json()))["layout"]
    layout = figure.content()["layout"]
    assert "template" not in layout
    assert layout["height"] == 321
    assert layout["meta"] == WORDS | {"panels": 1}
    assert layout["xaxis"]["title"]["text"] == "prediction"
    assert layout["yaxis"]["title"]["text"] == "source"


def test_a_page_shows_the_figure_once_and_its_caption_as_text() -> None:
    figure = Figure(Plot(), "Caption.", "Alternative.")
    shown = figure._repr_mimebundle_(include=None, exclude=None)
    assert shown == {PLOTLY: figure.content(), "text/plain": "Caption."}


def test_two_panels_have_titles_and_axes_of_their_own() -> None:
    content = heat("signed", left=SIGNED, right=SIGNED)
    layout = content["layout"]
    assert [note["text"] for note in layout["annotations"]] == ["left", "right"]
    assert [trace["xaxis"] for trace in content["data"]] == ["x", "x2"]
    for axis in ("xaxis", "xaxis2"):
        assert layout[axis]["title"]["text"] == "prediction"
    (start, end), (again, last) = layout["xaxis"]["domain"], layout["xaxis2"]["domain"]
    assert 0 == start < end < again < last == pytest.approx(1)


@pytest.mark.parametrize("labelled", [True, False])
def test_marks_stand_at_row_and_column(labelled: bool) -> None:
    labels = {"x_labels": ["p", "q", "r"], "y_labels": ["k", "l"]} if labelled else {}
    figure = heatmaps(
        {"": SIGNED},
        scale="signed",
        unit="logits",
        marks=[(1, 2), (0, 0)],
        **labels,
        **TITLES,
        **WORDS,
    )
    marks = figure.content()["data"][1]
    assert list(marks["x"]) == (["r", "p"] if labelled else [2, 0])
    assert list(marks["y"]) == (["l", "k"] if labelled else [1, 0])


def test_rows_of_a_matrix_run_downwards() -> None:
    layout = heat("signed", a=SIGNED)["layout"]
    assert layout["yaxis"]["range"] == [1.5, -0.5]
    assert layout["xaxis"]["range"] == [-0.5, 2.5]


@pytest.mark.parametrize(
    ("names", "metas"),
    [
        (["head 0.0", "head 0.1"], [{"head": 0}, {"head": 1}]),
        # A head has its colour wherever it stands; the others take what is free.
        (["direct path", "head 0.1", "biases"], [{"series": 0}, {"head": 1}, {"series": 2}]),
        (["head 0.7, mean ablated", "head 0.1"], [{"head": 7}, {"head": 1}]),
        (["head 0.1", "head 1.1", "head 2.0"], [{"head": 1}, {"head": 9}, {"head": 16}]),
        (["ahead 0.1", "head", "0.1", "heads 0.1"], [{"series": n} for n in range(4)]),
    ],
)
def test_a_head_is_known_by_its_name(names: list[str], metas: list[dict[str, int]]) -> None:
    values, points = [1.0, 2.0], ([0.0, 1.0], [1.0, 2.0])
    for figure in (
        lines(dict.fromkeys(names, values), x=[0.0, 1.0], **TITLES, **WORDS),
        scatter(dict.fromkeys(names, points), joined=True, **TITLES, **WORDS),
        boxes({name: [values, values] for name in names}, x=["a", "b"], **TITLES, **WORDS),
        bars(dict.fromkeys(names, values), x=["a", "b"], **TITLES, **WORDS),
        histogram(dict.fromkeys(names, values), start=0.0, stop=2.0, width=1.0, **TITLES, **WORDS),
    ):
        drawn = {trace["name"]: trace for trace in figure.content()["data"]}
        kinds = ("head", "series")
        for name, meta in zip(names, metas, strict=True):
            assert {k: v for k, v in drawn[name]["meta"].items() if k in kinds} == meta


def test_a_head_looks_the_same_everywhere() -> None:
    def of_second_head(*names: str) -> list[Any]:
        values = [1.0, 2.0]
        curve, bar, points = (
            next(t for t in figure.content()["data"] if t["name"] == "head 0.1")
            for figure in (
                lines(dict.fromkeys(names, values), x=[0.0, 1.0], **TITLES, **WORDS),
                bars(dict.fromkeys(names, values), x=["a", "b"], **TITLES, **WORDS),
                scatter(dict.fromkeys(names, (values, values)), **TITLES, **WORDS),
            )
        )
        assert curve["line"]["dash"] == points["line"]["dash"]
        assert curve["marker"]["symbol"] == points["marker"]["symbol"]
        return [curve["line"], curve["marker"], bar["meta"], bar["marker"], points["marker"]]

    alone = of_second_head("head 0.1")
    assert alone == of_second_head("direct path", "head 0.0", "head 0.1", "head 0.2")
    assert alone[2] == {"head": 1, "fill": "hollow"}


def test_series_differ_by_more_than_hue() -> None:
    names = ["direct path", "head 0.0", "head 0.1", "biases"]
    values = [1.0, 2.0]
    curves = lines(dict.fromkeys(names, values), x=[0.0, 1.0], **TITLES, **WORDS).content()["data"]
    assert len({curve["line"]["dash"] for curve in curves}) == len(names)
    assert len({curve["marker"]["symbol"] for curve in curves}) == len(names)
    clouds = scatter(dict.fromkeys(names, (values, values)), **TITLES, **WORDS).content()["data"]
    assert len({cloud["marker"]["symbol"] for cloud in clouds}) == len(names)
    shown = bars(dict.fromkeys(names[:3], values), x=["a", "b"], **TITLES, **WORDS).content()
    assert {bar["meta"]["fill"] for bar in shown["data"]} == {"solid", "hollow", "half"}


@pytest.mark.parametrize(("many", "width"), [(30, 1.5), (51, 0.75)])
def test_bars_that_are_not_solid_have_an_outline(many: int, width: float) -> None:
    given = {f"head 0.{n}": [1.0] * many for n in range(3)}
    drawn = bars(given, x=list(range(many)), **TITLES, **WORDS).content()["data"]
    assert [bar["marker"].get("line") for bar in drawn] == [None, *2 * [{"width": width}]]


def test_one_head_in_two_states_keeps_its_colour_and_has_hollow_points() -> None:
    names = ["head 0.1", "head 0.1, mean ablated"]
    first, second = lines(
        dict.fromkeys(names, [1.0, 2.0]), x=[0.0, 1.0], **TITLES, **WORDS
    ).content()["data"]
    assert first["meta"] == second["meta"]
    assert [t["marker"]["symbol"] for t in (first, second)] == ["square", "square-open"]


def test_points_can_be_blue_and_red_because_they_are() -> None:
    given = {"right end red": ([0.0], [1.0]), "right end blue": ([0.0], [2.0])}
    content = scatter(
        given, signs={"right end red": 1, "right end blue": -1}, **TITLES, **WORDS
    ).content()
    blue, red = content["data"]
    assert (blue["meta"], red["meta"]) == ({"sign": -1}, {"sign": 1})
    assert blue["marker"]["symbol"] != red["marker"]["symbol"]


@pytest.mark.parametrize(
    ("title", "values", "said"),
    [
        ("logits", [4.282956, -1.0], "%{y:.4~g}"),
        ("number of predictions", [12345.0, 0.0], "%{y:,.0f}"),
        ("bits", [123456.7, 0.5], "%{y:,.0f}"),
        ("share of cases", [0.97, 1.0], "%{y:.4~p}"),
        ("Share of cases", [0.0, 1.0], "%{y:.4~p}"),
        ("margin", [float("nan"), 0.25], "%{y:.4~g}"),
    ],
)
def test_hover_texts_have_name_titles_and_sensible_digits(
    title: str, values: list[float], said: str
) -> None:
    words: dict[str, Any] = {"x_title": "value", "y_title": title} | WORDS
    expected = f"head 0.1<br>value: %{{x:,.0f}}<br>{title}: {said}<extra></extra>"
    curve = lines({"head 0.1": values}, x=[28.0, 29.0], **words).content()
    points = scatter({"head 0.1": ([28.0, 29.0], values)}, **words).content()
    bar = bars({"head 0.1": values}, x=[28, 29], **words).content()
    assert curve["data"][0]["hovertemplate"] == expected
    assert points["data"][0]["hovertemplate"] == expected
    assert bar["data"][0]["hovertemplate"] == expected.replace("%{x:,.0f}", "%{x}")
    share = title.lower().startswith("share")
    for content in (curve, points, bar):
        assert content["layout"]["yaxis"].get("tickformat") == (".4~p" if share else None)


def test_hover_texts_of_matrices_name_the_panel() -> None:
    left, right = heat("signed", left=SIGNED, right=SIGNED)["data"]
    said = "prediction: %{x}<br>source: %{y}<br>%{z:.4~g} logits<extra></extra>"
    assert left["hovertemplate"] == f"left<br>{said}"
    assert right["hovertemplate"] == f"right<br>{said}"
    assert heat("signed", **{"": np.eye(2)})["data"][0]["hovertemplate"] == (
        "prediction: %{x}<br>source: %{y}<br>%{z:,.0f} logits<extra></extra>"
    )


def test_entries_that_are_colours_need_no_colour_bar() -> None:
    words: dict[str, Any] = {"unit": "", **TITLES, **WORDS}
    traces = heatmaps({"a": SIGNED, "b": SIGNED}, scale="signed", bar=False, **words).content()
    assert [trace["showscale"] for trace in traces["data"]] == [False, False]


@pytest.mark.parametrize(
    ("names", "points", "marked"), [("ab", 30, 30), ("ab", 113, 15), ("a", 113, 113)]
)
def test_long_curves_do_not_hide_their_dashes_under_points(
    names: str, points: int, marked: int
) -> None:
    values = [float(n) for n in range(points)]
    curve, *_ = lines(dict.fromkeys(names, values), x=values, **TITLES, **WORDS).content()["data"]
    assert (curve["marker"]["maxdisplayed"] or points) == marked


def test_series_are_coloured_by_number() -> None:
    for figure in (
        lines({"a": [1.0], "b": [2.0]}, x=[0.0], **TITLES, **WORDS),
        bars({"a": [1.0], "b": [2.0]}, x=["one"], **TITLES, **WORDS),
    ):
        content = figure.content()
        assert [trace["meta"]["series"] for trace in content["data"]] == [0, 1]
        assert [trace["name"] for trace in content["data"]] == ["a", "b"]
        assert content["layout"]["showlegend"] is True
    alone = bars({"a": [1.0]}, x=["one"], **TITLES, **WORDS).content()
    assert alone["layout"]["showlegend"] is False


def test_places_on_the_axis_are_marked_by_label() -> None:
    layout = lines(
        {"a": [1.0, 2.0]}, x=[0.0, 1.0], vertical={"25": 0.5}, **TITLES, **WORDS
    ).content()["layout"]
    assert layout["shapes"][0]["x0"] == layout["shapes"][0]["x1"] == 0.5
    assert layout["annotations"][0]["text"] == "25"


def test_a_histogram_counts_into_half_open_bins() -> None:
    values = torch.tensor([0.0, 0.1, 0.25, 0.3, 0.5, 0.74, 0.75, 1.0])
    figure = histogram({"p": values}, start=0.0, stop=1.0, width=0.25, **TITLES, **WORDS)
    (trace,) = figure.content()["data"]
    # The last bin holds its upper edge too.
    assert array(trace["y"]).tolist() == [2, 2, 2, 2]
    assert list(trace["x"]) == ["0.125", "0.375", "0.625", "0.875"]


def test_a_histogram_counts_every_value_of_a_fine_binning() -> None:
    values = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    figure = histogram({"p": values}, start=0.0, stop=1.0, width=0.05, **TITLES, **WORDS)
    counts = array(figure.content()["data"][0]["y"])
    assert len(counts) == 20
    assert counts.sum() == 1000
    assert counts[0] == int((values < 0.05).sum())


def test_the_same_attention_is_the_same_html() -> None:
    patterns = torch.rand(2, 1, 2, 2, generator=torch.Generator().manual_seed(0))

    def drawn(word: str) -> str:
        shown = attention(patterns, [["a", word], ["c", "d"]], ["0.0"], **WORDS)
        return shown._repr_mimebundle_()["text/html"]

    def ids(html: str) -> list[str]:
        return re.findall(r"circuits-vis-[0-9a-f]{13}", html)

    assert drawn("b") == drawn("b")
    assert len(ids(drawn("b"))) == 2 and len(set(ids(drawn("b")))) == 1
    # A page has several, each drawn into an element of its own.
    assert ids(drawn("b")) != ids(drawn("x"))


def test_attention_is_rounded_to_three_decimals() -> None:
    patterns = torch.rand(2, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    shown = attention(
        patterns, [["a", "b", "c"], ["d", "e", "f"]], ["0.0", "0.1"], **WORDS
    )._repr_mimebundle_()
    content = shown[CIRCUITSVIS]
    assert [choice["label"] for choice in content["choices"]] == ["1: a, b, c", "2: d, e, f"]
    assert {"caption": content["caption"], "alt": content["alt"]} == WORDS
    for number, choice in enumerate(content["choices"]):
        assert choice.keys() == {"label", "tokens", "heads", "attention", "marks"}
        assert choice["heads"] == ["0.0", "0.1"]
        assert np.abs(np.array(choice["attention"]) - patterns[number].numpy()).max() <= 5.001e-4
        flat = np.array(choice["attention"]).flatten().tolist()
        assert all(len(repr(value)) <= 5 for value in flat)
        assert choice["marks"] == []
    assert content["choices"][1]["tokens"] == ["d", "e", "f"]
    assert content["marked"] == ""
    assert shown["text/plain"] == WORDS["caption"]


def test_attention_of_a_model_has_all_its_heads(deep: Problem[SortedList]) -> None:
    tokens = deep.task.sample(2, torch.Generator().manual_seed(0))
    shown = attention_of(deep, tokens, **WORDS)
    words = [deep.task.vocabulary[token] for token in tokens[1]]
    first = attention(patterns(deep, tokens, 0), [words, words], ["0.0", "0.1"], **WORDS)
    choice = shown.choices[1]
    assert choice["tokens"] == words
    assert choice["heads"] == [str(head) for head in heads(deep)]
    assert choice["attention"][:2] == first.choices[1]["attention"]
    assert np.array(choice["attention"]).shape == (4, deep.task.n_ctx, deep.task.n_ctx)


def test_cells_of_attention_are_marked_and_said_to_be() -> None:
    patterns, tokens = torch.ones(2, 1, 2, 2), [["a", "b"], ["c", "d"]]

    def content(**marking: Any) -> dict[str, Any]:
        shown = attention(patterns, tokens, ["0.0"], **marking, **WORDS)
        return json.loads(json.dumps(shown._repr_mimebundle_()[CIRCUITSVIS]))

    marked = content(marks=[[(1, 0)], []], marked="the right answer")
    assert [choice["marks"] for choice in marked["choices"]] == [[[1, 0]], []]
    assert marked["marked"] == "the right answer"
    with pytest.raises(ValueError, match="says in `marked` what they are"):
        content(marks=[[(1, 0)], []])
    with pytest.raises(ValueError, match="zip"):
        content(marks=[[(1, 0)]], marked="the right answer")


def test_points_travel_as_given_and_take_the_colours_of_series() -> None:
    given = {"a": ([1.0, 2.0], [3.0, 4.0]), "b": ([5.0], [6.0])}
    content = scatter(given, line={"fit": ([0.0, 1.0], [0.0, 2.0])}, **TITLES, **WORDS).content()
    # The line is drawn first, so that points lie on it, but named last.
    fit, b, a = content["data"]
    assert [trace["mode"] for trace in (a, b, fit)] == ["markers", "markers", "lines"]
    assert [trace["meta"]["series"] for trace in (a, b, fit)] == [0, 1, 2]
    assert [trace["legendrank"] for trace in (a, b, fit)] == [0, 1, 2]
    assert array(a["x"]).tolist() == [1.0, 2.0]
    assert array(b["y"]).tolist() == [6.0]
    assert array(fit["y"]).tolist() == [0.0, 2.0]
    assert content["layout"]["showlegend"]
    assert content["layout"]["xaxis"].get("type") != "log"


def test_points_can_be_joined_on_a_logarithmic_axis() -> None:
    content = scatter(
        {"a": ([1.0, 1e9], [0.0, 1.0])}, joined=True, log_x=True, **TITLES, **WORDS
    ).content()
    assert content["data"][0]["mode"] == "lines+markers"
    assert content["layout"]["xaxis"]["type"] == "log"
    assert not content["layout"]["showlegend"]


def test_curves_can_be_drawn_on_a_logarithmic_axis() -> None:
    content = lines({"a": [1.0, 10.0]}, x=[0.0, 1.0], log_y=True, **TITLES, **WORDS).content()
    assert content["layout"]["yaxis"]["type"] == "log"


def test_boxes_are_quartiles_and_whiskers_to_the_ends() -> None:
    groups = [[0.0, 1.0, 2.0, 3.0, 10.0], [], [7.0]]
    content = boxes({"": groups}, x=["-1", "0", "+1"], **TITLES, **WORDS).content()
    (box,) = content["data"]
    assert box["x"] == ["-1", "+1"]
    five = ("lowerfence", "q1", "median", "q3", "upperfence")
    assert [array(box[name]).tolist() for name in five] == [
        [0, 7],
        [1, 7],
        [2, 7],
        [3, 7],
        [10, 7],
    ]
    assert box["meta"] == {"series": 0}
    assert box["yhoverformat"] == ",.0f"
    # A category that has no box keeps its place.
    assert content["layout"]["xaxis"]["categoryarray"] == ["-1", "0", "+1"]


def test_every_category_has_its_group() -> None:
    with pytest.raises(ValueError, match="zip"):
        boxes({"": [[1.0]]}, x=["a", "b"], **TITLES, **WORDS)
