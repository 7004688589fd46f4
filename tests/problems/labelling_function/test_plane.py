"""What is drawn on the maps of all points."""

import pytest
import torch

from analyses.labelling_function.plane import OUTLINED, plane
from analyses.write_ups.palette import PALETTES, Palette
from models.labelling_function.task import SIDE
from tests.analyses.colour_vision import contrast


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_curves_are_seen_on_every_colour_of_a_map(palette: Palette) -> None:
    stops = [colour for scale in palette.scales.values() for _, colour in scale]
    for stop in stops:
        assert max(contrast(colour, stop) for _, colour in OUTLINED) >= 3


def test_a_map_of_classes_has_its_patterns_in_their_colours_and_no_colour_bar() -> None:
    red = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    red[::2] = True
    figure = plane(
        {"": 2.0 * red - 1}, scale="signed", unit="", rows=red, bar=False, caption="c", alt="a"
    )
    traces = figure.content()["data"]
    assert not traces[0]["showscale"]
    metas = {trace["name"]: trace["meta"] for trace in traces[1:] if trace["mode"] == "markers"}
    assert (metas["blue"], metas["red"]) == ({"sign": -1}, {"sign": 1})
    assert metas["blue-red"] == {"series": 2}
