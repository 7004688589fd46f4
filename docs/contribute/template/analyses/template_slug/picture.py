"""The model's own picture: what the head of layer 0 looks at, a row for each sequence.

Still to be written: a picture that belongs to your model and gives nothing away.
"""

from jaxtyping import Float
from torch import Tensor

WIDTH, ROW = 640.0, 24.0


def rows(attention: Float[Tensor, "sequence key"]) -> str:
    """An SVG of squares, the stronger the more attention a position gets."""
    sequences, keys = attention.shape
    step = WIDTH / keys
    squares = "".join(
        f'<rect x="{step * key:g}" y="{ROW * sequence:g}" width="{step - 2:g}" '
        f'height="{ROW - 2:g}" opacity="{attention[sequence, key]:.2f}"/>'
        for sequence in range(sequences)
        for key in range(keys)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {ROW * sequences:g}" '
        'fill="var(--mim-head-0)" role="img" aria-label="Rows of squares, one for each '
        f'position, as strong as the attention it gets">{squares}</svg>'
    )
