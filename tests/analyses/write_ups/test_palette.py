import re
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

from analyses.write_ups.palette import DASHES, FILLS, LIGHT, PALETTES, SYMBOLS, Palette
from tests.analyses.colour_vision import SIMULATED, contrast, difference, lab, linear, seen

APART = 15.0
"""In CIELAB, stated before anything was measured: a few times what is just noticeable side by
side, since curves cross a page and have to be found again in a legend."""
FROM_PAPER = 3.0
"""Contrast that WCAG 2.2 asks of parts of graphics; text needs 4.5."""


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_colours_are_hex_and_scales_run_from_zero_to_one(palette: Palette) -> None:
    named = [palette.paper, palette.ink, palette.quiet, palette.grid, palette.accent]
    stops = [colour for scale in palette.scales.values() for _, colour in scale]
    named += [palette.negative, palette.positive, *palette.heads, *palette.series]
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in [*named, *stops])
    for scale in palette.scales.values():
        places = [place for place, _ in scale]
        assert places == sorted(set(places))
        assert (places[0], places[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_zero_is_the_colour_of_paper(palette: Palette) -> None:
    assert dict(palette.scales["signed"])[0.5] == palette.paper
    assert palette.scales["share"][0] == palette.scales["magnitude"][0] == (0.0, palette.paper)


def test_both_palettes_have_the_same_parts() -> None:
    light, dark = PALETTES["light"], PALETTES["dark"]
    assert len(light.series) == len(dark.series)
    assert len(light.heads) == len(dark.heads) >= 8
    for name, scale in light.scales.items():
        assert [place for place, _ in scale] == [place for place, _ in dark.scales[name]]


def confused(palette: Palette) -> list[str]:
    """Pairs of colours that somebody takes for each other, of those that must not be.

    Neighbouring series, the first four heads, what shares a dash, and the first four of both,
    which stand in one figure.
    """
    heads, series = palette.heads, palette.series
    pairs = [*pairwise(series), *combinations(heads[:4], 2)]
    for colours in (heads, series):
        pairs += zip(colours, colours[len(DASHES) :], strict=False)
    pairs += [(head, one) for head in heads[:4] for one in series[:4]]
    return [
        f"{first} and {second} to a {viewer}"
        for first, second in pairs
        for viewer in SIMULATED
        if difference(first, second, viewer) < APART
    ]


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_heads_and_series_stay_apart_for_everybody(palette: Palette) -> None:
    assert not confused(palette)


def test_colours_that_merge_are_found() -> None:
    # Red and olive, blue and purple: what deuteranopes could not tell apart.
    once = replace(LIGHT, series=("#1f5673", "#6b4a8e", "#c8442a", "#8a6a00", "#3f7d4e", "#7a716a"))
    found = [pair for pair in confused(once) if "deuteranope" in pair]
    assert {"#1f5673 and #6b4a8e to a deuteranope", "#c8442a and #8a6a00 to a deuteranope"} <= {
        *found
    }


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_heads_and_series_stand_out_from_paper(palette: Palette) -> None:
    shown = [*palette.heads, *palette.series, palette.negative, palette.positive]
    assert min(contrast(colour, palette.paper) for colour in shown) >= FROM_PAPER
    # Words and strings of code have the colours of these two.
    assert min(contrast(palette.series[n], palette.paper) for n in (0, 4)) >= 4.5


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_no_two_have_one_colour_and_none_of_them_is_red(palette: Palette) -> None:
    shown = [*palette.heads, *palette.series]
    assert len({*shown}) == len(shown)
    for red in (palette.accent, palette.positive):
        assert min(difference(red, colour, "trichromat") for colour in shown) >= 2 * APART


def test_what_has_one_colour_differs_in_dash_and_symbol() -> None:
    for colours in (len(LIGHT.heads), len(LIGHT.series)):
        looks = [(n % colours, n % len(DASHES)) for n in range(5 * colours)]
        assert len({*looks}) == len(looks)
    assert len({*DASHES}) == len(DASHES) and len({*SYMBOLS}) == len(SYMBOLS)
    # Neighbours differ in fill.
    assert len({*FILLS}) == len(FILLS) > 1


def test_colour_arithmetic_agrees_with_published_values() -> None:
    # The sRGB primaries in CIELAB under D65, by B. Lindbloom's calculator.
    for colour, expected in {
        "#ffffff": (100, 0, 0),
        "#ff0000": (53.24, 80.09, 67.20),
        "#0000ff": (32.30, 79.19, -107.86),
        "#808080": (53.59, 0, 0),
    }.items():
        np.testing.assert_allclose(lab(linear(colour)), expected, atol=0.02)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    # White stays white for everybody.
    for viewer in SIMULATED:
        np.testing.assert_allclose(seen("#ffffff", viewer), (100, 0, 0), atol=0.05)
