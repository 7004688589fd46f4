"""The model's own picture: running sums as walks, each step in the colour of the answer."""

from jaxtyping import Float, Int
from torch import Tensor

from analyses.write_ups.svg import svg

WIDTH, HEIGHT, MARGIN = 640.0, 300.0, 14.0
COLOURS = ("negative", "series-2", "positive")
"""Of the palette: negative, zero and positive."""


def walks(
    sums: Int[Tensor, "sequence pos"], predictions: Float[Tensor, "sequence pos d_vocab_out"]
) -> str:
    """An SVG of running sums from left to right.

    Every dot is a prediction: its colour is the class of the largest probability, and it is
    the larger the surer the model is.
    """
    highest = float(sums.abs().max()) or 1.0
    length = sums.shape[1]

    def x(position: int) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * position / (length - 1), 1)

    def y(total: int) -> float:
        return round(HEIGHT / 2 - (HEIGHT / 2 - MARGIN) * total / highest, 1)

    lines = "".join(
        "M" + "L".join(f"{x(place):g} {y(total):g}" for place, total in enumerate(row))
        for row in sums.tolist()
    )
    parts = [f'<path d="{lines}" stroke="var(--mim-quiet)" stroke-width="0.6" opacity="0.45"/>']
    surest, classes = (found.tolist() for found in predictions.max(dim=-1))
    for number, colour in enumerate(COLOURS):
        for width, low, high in ((4.0, 0.0, 0.7), (5.5, 0.7, 0.95), (7.0, 0.95, 2.0)):
            dots = "".join(
                f"M{x(place):g} {y(total):g}h0"
                for row, sums_ in enumerate(sums.tolist())
                for place, total in enumerate(sums_)
                if classes[row][place] == number and low <= surest[row][place] < high
            )
            if dots:
                parts.append(
                    f'<path d="{dots}" stroke="var(--mim-{colour})" '
                    f'stroke-width="{width:g}" stroke-linecap="round"/>'
                )
    label = (
        "Running sums of several sequences as lines from left to right, with a dot at each step "
        "in the colour of the model's answer"
    )
    return svg(WIDTH, HEIGHT, label, parts)
