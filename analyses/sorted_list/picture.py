"""The model's own picture: where each value looks, one head above the line, one below."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from analyses.write_ups.svg import svg

WIDTH = 640.0
HALF = 150.0
MARGIN = 16.0
STEP = 4
"""From one value to the next in a small picture."""


def drawn(seen: Mapping[str, Any], *, small: bool = False) -> str:
    """An SVG of two heads: an arc from every value to the value above it that it prefers.

    The values stand on a line from left to right. The line's pieces take the colour of the
    head that copies those values (by the OV circuit); arcs take the colour of the head
    that looks (by the QK circuit), and are drawn strong where that head also copies what
    it looks at.

    Args:
        seen: as `seen.looking`.
        small: draw simpler arcs, at whole numbers: of light weight, for a page with many.
    """
    label = (
        "Arcs from each value to the value above it that each head prefers, over a line coloured "
        "by the head that copies the value"
    )
    if small:
        width = STEP * len(seen["copied_by"])
        return svg(width, round(width * 2 * HALF / WIDTH), label, _in_few_paths(seen))
    return svg(WIDTH, 2 * HALF, label, _one_by_one(seen))


def _one_by_one(seen: Mapping[str, Any]) -> list[str]:
    copied_by = seen["copied_by"]
    step = (WIDTH - 2 * MARGIN) / (len(copied_by) - 1)

    def place(value: int) -> float:
        return round(MARGIN + step * value, 1)

    parts = []
    for head, side in ((0, -1), (1, 1)):
        for query, key in enumerate(seen["looks"][head]):
            strong = copied_by[key] == head
            height = round(HALF + side * min(HALF - 6, 14 + (key - query) * step * 0.62), 1)
            parts.append(
                f'<path d="M{place(query)} {HALF:g}C{place(query)} {height} {place(key)} {height} '
                f'{place(key)} {HALF:g}" stroke="var(--mim-head-{head})" '
                f'stroke-width="{1.4 if strong else 0.7}" opacity="{0.9 if strong else 0.3}"/>'
            )
    for head, first, after in _pieces(copied_by):
        left, right = place(first) - step / 2, place(after - 1) + step / 2
        parts.append(
            f'<path d="M{left:.1f} {HALF:g}H{right:.1f}" stroke-width="5" '
            f'stroke="var(--mim-head-{head})"/>'
        )
    return parts


def _in_few_paths(seen: Mapping[str, Any]) -> list[str]:
    copied_by = seen["copied_by"]
    half = round(STEP * len(copied_by) * HALF / WIDTH)
    parts = []
    for head, side in ((0, -1), (1, 1)):
        arcs = {False: "", True: ""}
        for query, key in enumerate(seen["looks"][head]):
            width = STEP * (key - query)
            # The top of an arc with one handle is half as high as the handle.
            handle = side * min(2 * (half - 2), 6 + width)
            arcs[copied_by[key] == head] += f"M{STEP * query} 0q{width // 2} {handle} {width} 0"
        look = f'stroke="var(--mim-head-{head})"'
        parts += [
            f'<path d="{arcs[strong]}" {look} opacity="{0.9 if strong else 0.3}"/>'
            for strong in (False, True)
            if arcs[strong]
        ]
        line = "".join(
            f"M{STEP * first - STEP // 2} 0h{STEP * (after - first)}"
            for of, first, after in _pieces(copied_by)
            if of == head
        )
        if line:
            parts.append(f'<path d="{line}" {look} stroke-width="3"/>')
    return [f'<g transform="translate({STEP // 2} {half})" stroke-width=".5">{"".join(parts)}</g>']


def _pieces(copied_by: list[int]) -> list[tuple[int, int, int]]:
    """The pieces of the line: the head that copies, the first value, the one after the last."""
    n = len(copied_by)
    edges = [0, *(v for v in range(1, n) if copied_by[v] != copied_by[v - 1]), n]
    return [(copied_by[first], first, after) for first, after in pairwise(edges)]
