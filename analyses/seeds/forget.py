"""Forget what was computed of a model, before the next one is judged.

Measurements are cached by the model that they are of, so that claims share them. Of many models
in one process, all that would stay.
"""

import gc
from collections.abc import Iterable
from functools import _lru_cache_wrapper


def forget(packages: Iterable[str]) -> None:
    """Empty the caches of all functions of some packages, and free what only they held."""
    beginnings = tuple(f"{package}." for package in packages)
    # A claim's cache may belong to a function that no module names.
    for found in gc.get_objects():
        # `isinstance` would have objects that stand for others load these.
        if type(found) is _lru_cache_wrapper and found.__module__.startswith(beginnings):
            found.cache_clear()
    gc.collect()
