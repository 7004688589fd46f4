"""The model's own picture: what heads look at from the last position, a row for each sequence.

Still to be written: a picture that belongs to your model and gives nothing away.
"""

from collections.abc import Mapping

from jaxtyping import Float
from torch import Tensor

from analyses.instruments.heads import Head
from analyses.write_ups.svg import svg

WIDTH, ROW = 640.0, 24.0


def rows(attention: Mapping[Head, Float[Tensor, "sequence key"]]) -> str:
    """An SVG of squares, the stronger the more attention a position gets: heads side by side, each
    in its colour.
    """
    sequences, keys = next(iter(attention.values())).shape
    step = WIDTH / (len(attention) * (keys + 1) - 1)
    parts = []
    for place, (head, values) in enumerate(attention.items()):
        squares = "".join(
            f'<rect x="{step * (place * (keys + 1) + key):g}" y="{ROW * sequence:g}" '
            f'width="{step - 2:g}" height="{ROW - 2:g}" opacity="{value:.2f}"/>'
            for sequence, row in enumerate(values.tolist())
            for key, value in enumerate(row)
        )
        parts.append(f'<g fill="var(--mim-head-{head.number})">{squares}</g>')
    label = (
        "Rows of squares, one for each position, as strong as the attention that a head pays to it"
    )
    return svg(WIDTH, ROW * sequences, label, parts)
