"""A picture of small squares, for numbers of either sign: the face of a problem."""

from collections.abc import Sequence
from itertools import groupby

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from analyses.write_ups.svg import svg

COLOURS = ("negative", "positive")
"""Of the palette, by sign."""
LEVELS = 8
"""Strengths in which numbers are drawn, up to the largest of them."""
LETTERS = "abcdefghijklmnopq"
"""One for each level, from the strongest negative one over none to the strongest positive one."""
FEW = 320
"""Squares of a small carpet, the strongest."""


def woven(values: Float[Tensor, "row column"]) -> list[str]:
    """What a carpet is drawn from: a letter of `LETTERS` for each number, a text for each row."""
    levels = (values / values.abs().max() * LEVELS).round().long()
    return ["".join(LETTERS[level + LEVELS] for level in row) for row in levels.tolist()]


def carpet(rows: Sequence[str], label: str, *, small: bool = False) -> str:
    """An SVG of squares, coloured by the sign of a number and as strong as it is large.

    Args:
        rows: as `woven`.
        label: what one sees, for those who do not.
        small: draw the `FEW` strongest squares alone, in two strengths: of light weight, for a page
            with many.
    """
    levels = [[LETTERS.index(letter) - LEVELS for letter in row] for row in rows]
    parts = _strongest(levels) if small else _all(levels)
    return svg(len(levels[0]), len(levels), label, parts)


def alike(rows: Float[Tensor, "row d_model"]) -> Float[Tensor, "row row"]:
    """Cosine between each two different rows; what all have in common is left out first, and the
    diagonal is zero.
    """
    directions = normalize(rows - rows.mean(dim=0), dim=1)
    return (directions @ directions.T).fill_diagonal_(0)


def _all(levels: list[list[int]]) -> list[str]:
    parts = []
    for level in range(-LEVELS, LEVELS + 1):
        # A square is a piece of a broad line; small gaps keep neighbours apart.
        path = "".join(
            f"M{column}.04 {row}.5h.92"
            for row, found in enumerate(levels)
            for column, here in enumerate(found)
            if here == level
        )
        if level and path:
            parts.append(
                f'<path d="{path}" stroke="var(--mim-{COLOURS[level > 0]})" stroke-width="0.92" '
                f'opacity="{abs(level) / LEVELS:g}"/>'
            )
    return parts


def _strongest(levels: list[list[int]]) -> list[str]:
    sizes = [abs(level) for row in levels for level in row]
    # From this level on there are few enough; of the very strongest, all are drawn.
    least = next(
        (level for level in range(1, LEVELS) if sum(size >= level for size in sizes) <= FEW), LEVELS
    )
    strong = (least + LEVELS + 1) // 2

    def kind(level: int) -> int:
        """Sign, and 2 for a strong square, 1 for another one, 0 for one that is left out."""
        size = (abs(level) >= least) + (abs(level) >= strong)
        return size if level > 0 else -size

    paths: dict[int, str] = {}
    for row, found in enumerate(levels):
        column = 0
        for of, run in groupby(found, key=kind):
            width = len(list(run))
            if of:
                paths[of] = paths.get(of, "") + f"M{column} {row}h{width}"
            column += width
    # Half a row down: whole numbers are shorter.
    drawn = [
        f'<path d="{path}" stroke="var(--mim-{COLOURS[of > 0]})" opacity="{abs(of) / 2:g}"/>'
        for of, path in sorted(paths.items())
    ]
    return [f'<g transform="translate(0 .5)">{"".join(drawn)}</g>']
