"""The model's own picture: running sums as walks, each step in the colour of the answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from analyses.cumulative_sum.claims import evaluation
from analyses.write_ups.svg import svg
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem

WALKS, FEW_WALKS = 18, 5
"""Sequences that are drawn, and those of a small picture."""
SCALE = 0.3
"""Of a small picture, in which dots stand at whole numbers."""
WIDTH, HEIGHT, MARGIN = 640.0, 300.0, 14.0
COLOURS = ("negative", "series-2", "positive")
"""Of the palette: negative, zero and positive."""
SURE = ((4.0, 0.0, 0.7), (5.5, 0.7, 0.95), (7.0, 0.95, 2.0))
"""How large a dot is, and the probabilities for which it is, from the one and below the other."""


def seen(problem: Problem[CumulativeSum]) -> dict[str, Any]:
    """What the picture is drawn from: sequences that the model was not trained on, and what it
    answers; see `walked`.
    """
    shown = evaluation(problem)[:WALKS]
    return walked(problem.task.sums(shown), problem.logits(shown).softmax(dim=-1))


def walked(
    sums: Int[Tensor, "sequence pos"], predictions: Float[Tensor, "sequence pos d_vocab_out"]
) -> dict[str, Any]:
    """Walks as numbers: `sums`, a row for each sequence; `dots`, a text for each, with a digit for
    each prediction: three times the class of the largest probability, and which of `SURE`.
    """
    surest, classes = (found.tolist() for found in predictions.max(dim=-1))
    return {
        "sums": sums.tolist(),
        "dots": [
            "".join(str(len(SURE) * number + _size(p)) for number, p in zip(row, sure, strict=True))
            for row, sure in zip(classes, surest, strict=True)
        ],
    }


def drawn(seen: Mapping[str, Any], *, small: bool = False) -> str:
    """An SVG of running sums from left to right.

    Every dot is a prediction: its colour is the class of the largest probability, and it is
    the larger the surer the model is.

    Args:
        seen: as `walked`.
        small: draw the first `FEW_WALKS` alone, to whole numbers: of light weight, for a page with
            many.
    """
    sums, dots = seen["sums"], seen["dots"]
    highest = float(max(abs(total) for row in sums for total in row)) or 1.0
    length, scale, digits = len(sums[0]), 1.0, 1
    if small:
        sums, dots, scale, digits = sums[:FEW_WALKS], dots[:FEW_WALKS], SCALE, 0

    def at(place: int, total: int) -> str:
        x = MARGIN + (WIDTH - 2 * MARGIN) * place / (length - 1)
        y = HEIGHT / 2 - (HEIGHT / 2 - MARGIN) * total / highest
        return f"{round(x * scale, digits):g} {round(y * scale, digits):g}"

    lines = "".join(
        "M" + "L".join(at(place, total) for place, total in enumerate(row)) for row in sums
    )
    parts = [
        f'<path d="{lines}" stroke="var(--mim-quiet)" stroke-width="{0.6 * scale:g}" '
        'opacity="0.45"/>'
    ]
    for number, colour in enumerate(COLOURS):
        for size, (width, _, _) in enumerate(SURE):
            found = _dotted(sums, dots, str(len(SURE) * number + size))
            if path := "".join(f"M{at(place, total)}h0" for place, total in found):
                parts.append(
                    f'<path d="{path}" stroke="var(--mim-{colour})" '
                    f'stroke-width="{width * scale:g}" stroke-linecap="round"/>'
                )
    label = (
        "Running sums of several sequences as lines from left to right, with a dot at each step "
        "in the colour of the model's answer"
    )
    return svg(WIDTH * scale, HEIGHT * scale, label, parts)


def _size(probability: float) -> int:
    return next(size for size, (_, low, high) in enumerate(SURE) if low <= probability < high)


def _dotted(
    sums: Sequence[Sequence[int]], dots: Sequence[str], digit: str
) -> list[tuple[int, int]]:
    """Where the dots of one kind are: position and sum."""
    return [
        (place, total)
        for row, kinds in zip(sums, dots, strict=True)
        for place, (total, kind) in enumerate(zip(row, kinds, strict=True))
        if kind == digit
    ]
