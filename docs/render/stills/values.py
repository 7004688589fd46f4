"""Arrays of a plotly description, which are lists, or packed."""

import base64
from array import array
from collections.abc import Sequence
from typing import Any

from docs.render import RenderError

CODES = {"f4": "f", "f8": "d", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I"}


def values(given: Any) -> list[Any]:
    """A list of what plotly was given: as it is, or unpacked.

    Raises:
        RenderError: if it is packed in a way that plotly.py does not pack.
    """
    if isinstance(given, dict):
        if given.get("dtype") not in CODES:
            raise RenderError(f"an array of dtype {given.get('dtype')!r} cannot be read.")
        return array(CODES[given["dtype"]], base64.b64decode(given["bdata"])).tolist()
    return list(given)


def rows(given: Any) -> list[list[float]]:
    """The rows of a matrix."""
    if not isinstance(given, dict):
        return [values(row) for row in given]
    flat = values(given)
    columns = int(given["shape"].split(",")[1])
    return [flat[start : start + columns] for start in range(0, len(flat), columns)]


def number(value: Any) -> float | None:
    """A value as plotly takes it where it looks for numbers: `"+1"` is one, too."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def all_numbers(given: Sequence[Any]) -> bool:
    """Whether an axis of these values is one of numbers, to plotly."""
    return all(number(value) is not None for value in given)
