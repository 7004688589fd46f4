import doctest
import importlib
import pkgutil

import pytest

import analyses

FOUND = pkgutil.walk_packages(analyses.__path__, "analyses.")
# Pages are scripts; importing one would run it.
MODULES = [found.name for found in FOUND if not found.name.endswith(".solution")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_modules_with_examples_are_among_them() -> None:
    assert {"analyses.circuits", "analyses.findings"} <= set(MODULES)
