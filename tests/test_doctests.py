"""The examples in docstrings are true, those of the months included."""

import doctest
import importlib
from pathlib import Path

import pytest

pytestmark = pytest.mark.every_month

ROOT = Path(__file__).parents[1]
PAGES = {"problem", "solution"}
"""Pages are scripts; importing one would run it. Of the template's files, none is a module."""
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for floor in ("models", "analyses", "docs")
    for path in sorted((ROOT / floor).rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
    and path.stem not in PAGES
    and "template" not in path.parts
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_modules_of_every_floor_are_among_them() -> None:
    assert {
        "models",
        "models.sorted_list.task",
        "analyses.instruments.circuits",
        "docs.render.blocks",
    } <= set(MODULES)
