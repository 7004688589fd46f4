"""The model's own picture: how alike its positions are, before a token is read."""

from collections.abc import Mapping
from typing import Any

from analyses.write_ups import carpet

LOOKS = (
    "A square of small squares in two colours, the same on both sides of its diagonal, with four "
    "quarters that can be told apart"
)
"""What one sees of it."""


def drawn(seen: Mapping[str, Any], *, small: bool = False) -> str:
    """The SVG; see `carpet.carpet`."""
    return carpet.carpet(seen["rows"], LOOKS, small=small)
