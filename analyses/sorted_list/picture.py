"""The model's own picture: where each value looks, one head above the line, one below."""

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor

from analyses.instruments.circuits import copying_heads
from analyses.sorted_list.tables import value_ov, value_qk
from analyses.write_ups.svg import svg
from models.problem import Problem
from models.sorted_list.task import SortedList

WIDTH = 640.0
HALF = 150.0
MARGIN = 16.0


def model_picture(problem: Problem[SortedList]) -> str:
    """An SVG of where the values look, and of which head copies them; see `arcs`."""
    return arcs(value_qk(problem), value_ov(problem))


def arcs(qk: Float[Tensor, "head value value"], ov: Float[Tensor, "head value value"]) -> str:
    """An SVG of two heads: an arc from every value to the value above it that it prefers.

    The values stand on a line from left to right. The line's pieces take the colour of the
    head that copies those values (by the OV circuit); arcs take the colour of the head
    that looks (by the QK circuit), and are drawn strong where that head also copies what
    it looks at.
    """
    values = qk.shape[1]
    copied_by = copying_heads(ov).tolist()
    step = (WIDTH - 2 * MARGIN) / (values - 1)

    def place(value: int) -> float:
        return round(MARGIN + step * value, 1)

    parts = []
    for head, side in ((0, -1), (1, 1)):
        for query in range(values - 1):
            key = query + 1 + int(qk[head, query, query + 1 :].argmax())
            strong = copied_by[key] == head
            height = round(HALF + side * min(HALF - 6, 14 + (key - query) * step * 0.62), 1)
            parts.append(
                f'<path d="M{place(query)} {HALF:g}C{place(query)} {height} {place(key)} {height} '
                f'{place(key)} {HALF:g}" stroke="var(--mim-head-{head})" '
                f'stroke-width="{1.4 if strong else 0.7}" opacity="{0.9 if strong else 0.3}"/>'
            )
    edges = [0, *(v for v in range(1, values) if copied_by[v] != copied_by[v - 1]), values]
    for first, after in pairwise(edges):
        left, right = place(first) - step / 2, place(after - 1) + step / 2
        parts.append(
            f'<path d="M{left:.1f} {HALF:g}H{right:.1f}" stroke-width="5" '
            f'stroke="var(--mim-head-{copied_by[first]})"/>'
        )
    label = (
        "Arcs from each value to the value above it that each head prefers, over a line coloured "
        "by the head that copies the value"
    )
    return svg(WIDTH, 2 * HALF, label, parts)
