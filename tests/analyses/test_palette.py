import re

import pytest

from analyses.palette import PALETTES, Palette


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_colours_are_hex_and_scales_run_from_zero_to_one(palette: Palette) -> None:
    named = [palette.paper, palette.ink, palette.quiet, palette.grid, palette.accent]
    stops = [colour for scale in palette.scales.values() for _, colour in scale]
    assert all(re.fullmatch("#[0-9a-f]{6}", c) for c in [*named, *palette.series, *stops])
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
    assert len(light.series) == len(dark.series) == len(set(light.series)) == len(set(dark.series))
    for name, scale in light.scales.items():
        assert [place for place, _ in scale] == [place for place, _ in dark.scales[name]]
