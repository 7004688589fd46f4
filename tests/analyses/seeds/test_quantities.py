"""Quantities that vary, and the pairs of them, over all problems that name some."""

import importlib
import subprocess
import sys
from importlib.util import find_spec

import pytest

from analyses.seeds.line import Line
from analyses.seeds.quantities import OF_LINE, value_of
from models.card import slugs

TELLING = [slug for slug in slugs() if find_spec(f"analyses.{slug}.differ")]
LINE = Line(
    seed=3,
    recipe="r",
    code="c",
    versions={},
    device="cpu",
    sha256="0",
    accuracy=0.75,
    loss=0.5,
    n_sequences=4,
    seconds_trained=1.0,
    seconds_judged=1.0,
    claims={},
    failures={"gain": "ZeroDivisionError: by zero"},
    quantities={"dead": 2.0, "margin": None},
    picture=None,
)


def test_a_quantity_is_that_of_the_line() -> None:
    assert value_of(LINE, "dead") == 2.0
    assert value_of(LINE, "margin") is None
    assert value_of(LINE, "gain") is None
    assert [value_of(LINE, name) for name in OF_LINE] == [0.75, 0.5]


def test_an_unknown_quantity_is_refused_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match=r"seed 3 .*'live'.*dead, margin, accuracy, loss"):
        value_of(LINE, "live")


@pytest.mark.every_month
@pytest.mark.parametrize("slug", TELLING)
def test_quantities_are_named_once_and_pairs_are_of_them(slug: str) -> None:
    differ = importlib.import_module(f"analyses.{slug}.differ")
    names = [quantity.name for quantity in differ.QUANTITIES]
    assert len(names) == len(set(names))
    assert not set(names) & set(OF_LINE)
    assert any(quantity.shown for quantity in differ.QUANTITIES)
    known = {*names, *OF_LINE}
    assert all({pair.x, pair.y} <= known and pair.x != pair.y for pair in differ.PAIRS)
    assert len({frozenset((pair.x, pair.y)) for pair in differ.PAIRS}) == len(differ.PAIRS)
    hidden = {quantity.name for quantity in differ.QUANTITIES if not quantity.shown}
    assert hidden <= {name for pair in differ.PAIRS for name in (pair.x, pair.y)}


@pytest.mark.every_month
def test_what_differs_is_told_without_torch() -> None:
    modules = [f"analyses.{slug}.differ" for slug in TELLING]
    modules += ["analyses.seeds.expected", "analyses.seeds.quantities"]
    code = f"import sys, {', '.join(modules)}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
