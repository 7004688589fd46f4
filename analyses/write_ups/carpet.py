"""A picture of small squares, for numbers of either sign: the face of a problem."""

from jaxtyping import Float
from torch import Tensor

COLOURS = ("negative", "positive")
"""Of the palette, by sign."""
LEVELS = 8
"""Strengths in which numbers are drawn, up to the largest of them."""


def carpet(values: Float[Tensor, "row column"], label: str) -> str:
    """An SVG of squares, coloured by the sign of a number and as strong as it is large.

    Args:
        values: a number for each square.
        label: what one sees, for those who do not.
    """
    rows, columns = values.shape
    levels = (values / values.abs().max() * LEVELS).round().long()
    parts = []
    for level in range(-LEVELS, LEVELS + 1):
        places = (levels == level).nonzero().tolist()
        if level and places:
            # A square is a piece of a broad line; small gaps keep neighbours apart.
            path = "".join(f"M{column}.04 {row}.5h.92" for row, column in places)
            parts.append(
                f'<path d="{path}" stroke="var(--mim-{COLOURS[level > 0]})" '
                f'opacity="{abs(level) / LEVELS:g}"/>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns} {rows}" fill="none" '
        f'stroke-width="0.92" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    )
