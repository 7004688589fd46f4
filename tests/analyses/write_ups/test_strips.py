"""The strip of a claim: what stands where on its axis, and what it says without being seen."""

import math

import pytest
from bs4 import BeautifulSoup

from analyses.write_ups.strips import EDGE, WIDTH, axis, strip
from tests.analyses.records import control, finding


def x(html: str, kind: str, name: str = "cx") -> list[float]:
    """Where marks of one kind stand."""
    marks = BeautifulSoup(html, "html.parser").select(f".strip__{kind}")
    return [float(str(mark[name])) for mark in marks]


def test_marks_stand_where_their_numbers_are() -> None:
    html = strip(finding(value=0.95, interval=(0.9, 1.0), threshold=0.5, controls=[control()]))
    inner = WIDTH - 2 * EDGE
    assert x(html, "value") == [EDGE + 0.95 * inner]
    assert x(html, "control") == [pytest.approx(EDGE + 0.02 * inner)]
    assert f"M{EDGE + 0.9 * inner:g} 7H{EDGE + inner:g}" in html, "the interval"
    assert f"M{EDGE + 0.5 * inner:g} 0V14" in html, "the threshold"


@pytest.mark.parametrize(
    ("comparison", "begin", "width"),
    [("at least", WIDTH / 2, WIDTH / 2), ("at most", 0.0, WIDTH / 2)],
)
def test_the_side_that_satisfies_the_threshold_is_tinted(
    comparison: str, begin: float, width: float
) -> None:
    html = strip(finding(threshold=0.5, comparison=comparison))
    assert (x(html, "side", "x"), x(html, "side", "width")) == ([begin], [width])


@pytest.mark.parametrize(
    ("value", "threshold", "others", "low", "high", "is_linear"),
    [
        (0.95, 0.9, [0.02], 0.0, 1.0, True),
        # A gap that no axis shows: shares stay shares.
        (0.998, 0.995, [0.43, 0.02], 0.0, 1.0, True),
        (4.2, 1.0, [-2.2, -0.5], -2.2, 4.2, True),
        (0.003, 0.01, [0.2], 0.0, 0.2, False),
        (1.5e-12, 2.5e-4, [0.06], 0.0, 0.06, False),
        (59.4, 1.0, [-961.2, -5723.7], -5723.7, 59.4, False),
        (0.0, 0.0, [7e20], 0.0, 7e20, True),
        (0.0, 0.0, [], 0.0, 1.0, True),
    ],
)
def test_an_axis_fits_its_numbers(
    value: float, threshold: float, others: list[float], low: float, high: float, is_linear: bool
) -> None:
    on = axis(value, threshold, others)
    assert (on.low, on.high, on.step is None) == (low, high, is_linear)
    numbers = sorted([value, threshold, *others])
    places = [on.place(number) for number in numbers]
    assert places == sorted(places)
    assert places[0] >= 0 and places[-1] <= 1
    assert (on.place(low), on.place(high)) == (0, 1)


def test_a_strip_says_in_words_what_it_shows() -> None:
    html = strip(finding(value=0.003, interval=None, threshold=0.01, comparison="at most"))
    svg = BeautifulSoup(html, "html.parser").svg
    assert svg is not None and svg["role"] == "img"
    assert svg["aria-label"] == (
        "On an axis from 0 to 0.02: measured 0.003; threshold at most 0.01; controls 0.02."
    )
    assert "to 0.2, logarithmic: " in strip(
        finding(value=0.003, interval=None, threshold=0.01, controls=[control(value=0.2)])
    )
    assert "interval 0.94 to 0.96" in strip(finding())


def test_what_is_no_number_has_no_place() -> None:
    assert strip(finding(value=math.nan)) == ""
    assert strip(finding(interval=(0.1, math.inf))) == ""
    html = strip(finding(controls=[control(value=math.nan), control()]))
    assert len(x(html, "control")) == 1
    assert "nan" in html, "and its text says so"
