"""A picture of small squares, for numbers of either sign: the face of a problem."""

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from analyses.write_ups.svg import svg

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
                f'<path d="{path}" stroke="var(--mim-{COLOURS[level > 0]})" stroke-width="0.92" '
                f'opacity="{abs(level) / LEVELS:g}"/>'
            )
    return svg(columns, rows, label, parts)


def alike(rows: Float[Tensor, "row d_model"]) -> Float[Tensor, "row row"]:
    """Cosine between each two different rows; what all have in common is left out first, and the
    diagonal is zero.
    """
    directions = normalize(rows - rows.mean(dim=0), dim=1)
    return (directions @ directions.T).fill_diagonal_(0)
