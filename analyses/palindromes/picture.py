"""The model's own picture: how alike its positions are, before a token is read."""

import torch
from jaxtyping import Float
from torch import Tensor

from models.palindromes.task import Palindromes
from models.problem import Problem

COLOURS = ("negative", "positive")
"""Of the palette, by the sign of the cosine."""
LEVELS = 8
"""Strengths in which cosines are drawn, up to the largest of them."""


def alike(problem: Problem[Palindromes]) -> Float[Tensor, "value value"]:
    """Cosine between the embeddings of each two different positions that hold a value.

    What all of these positions have in common is left out first, and the diagonal is zero.
    """
    rows = problem.weights["pos_embed.W_pos"][1:-1]
    directions = torch.nn.functional.normalize(rows - rows.mean(dim=0), dim=1)
    return (directions @ directions.T).fill_diagonal_(0)


def carpet(cosines: Float[Tensor, "row column"]) -> str:
    """An SVG of squares, coloured by the sign of a cosine and as strong as it is large."""
    rows, columns = cosines.shape
    levels = (cosines / cosines.abs().max() * LEVELS).round().long()
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
        'stroke-width="0.92" role="img" aria-label="A square of small squares in two colours, '
        'the same on both sides of its diagonal, with four quarters that can be told apart">'
        f"{''.join(parts)}</svg>"
    )
