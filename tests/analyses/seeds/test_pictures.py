"""A model's picture apart from the model: small enough for a gallery, and for a line of its own."""

import importlib.util
import json
from xml.etree import ElementTree

import pytest

from models import load
from models.card import slugs

SEEN, SMALL = 3_000, 2_500
"""Characters of what a picture is drawn from, as JSON, and of a small picture."""


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_a_picture_is_drawn_from_json_and_small_ones_are_light(slug: str) -> None:
    if importlib.util.find_spec(f"analyses.{slug}.seen") is None:
        pytest.skip("it does not tell what its picture is drawn from")
    picture, seen = (
        importlib.import_module(f"analyses.{slug}.{name}") for name in ("picture", "seen")
    )
    text = json.dumps(seen.seen(load(slug)))
    assert len(text) <= SEEN
    full, small = (picture.drawn(json.loads(text), small=small) for small in (False, True))
    assert len(small) <= SMALL
    for svg in (full, small):
        root = ElementTree.fromstring(svg)
        assert root.get("aria-label")
        strokes = {path.get("stroke") for path in root.iter() if path.get("stroke")}
        assert strokes and all(stroke.startswith("var(--mim-") for stroke in strokes if stroke)
