"""The still of attention patterns: a square for each head, for each of the sequences."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Any

from docs.render.stills.levels import level
from docs.render.stills.marks import dots


def attention_still(choice: dict[str, Any], *, marked: str = "", hidden: bool) -> str:
    """The patterns of all heads on one sequence.

    Args:
        choice: `tokens`, `heads`, `attention` `[head][query][key]`, and `marks`, the cells (query,
            key) that are circled.
        marked: what the circled cells are.
        hidden: whether it waits to be chosen.
    """
    circle = dots("circle", "mark size-9", "M14 6h0", hollow=True)
    key = f'<svg class="key" viewBox="0 0 28 12">{circle}</svg>'
    legend = f'<p class="still__legend"><span>{key}{escape(marked)}</span></p>' if marked else ""
    panels = "".join(
        _head(name, pattern, choice["tokens"], choice.get("marks", []))
        for name, pattern in zip(choice["heads"], choice["attention"], strict=True)
    )
    return (
        f'<div class="still still--attention" data-search-exclude{" hidden" * hidden}>{legend}'
        f'<div class="still__row"><div class="still__panels">{panels}</div></div></div>'
    )


def _head(
    name: str,
    pattern: Sequence[Sequence[float]],
    tokens: Sequence[str],
    marks: Sequence[Sequence[int]],
) -> str:
    n = len(tokens)
    paths: dict[int, str] = {}
    for query, row in enumerate(pattern):
        key = 0
        for found, run in groupby(level("share", weight, 0.0, 1.0) for weight in row):
            length = len(list(run))
            if found is not None:
                paths[found] = f"{paths.get(found, '')}M{key} {query}h{length}"
            key += length
    cells = "".join(f'<path class="l{found}" d="{paths[found]}"/>' for found in sorted(paths))
    circles = "".join(f"M{key + 0.5:g} {query}h0" for query, key in marks)
    if circles:
        cells += dots("circle", "mark ring", circles, hollow=True)
    edge = f"M0-.5H{n}V{n - 0.5:g}H0zM0-.5L{n} {n - 0.5:g}"
    labels = ""
    for place, token in enumerate(tokens):
        at = f"{100 * (place + 0.5) / n:.4g}%"
        labels += f'<text class="tick-x" x="{at}" y="100%">{escape(token)}</text>'
        labels += f'<text class="tick-y" x="0" y="{at}">{escape(token)}</text>'
    gutter = 8 + 6.2 * max(map(len, tokens))
    size = f"--gutter:{gutter:.0f}px;--foot:{gutter:.0f}px"
    return (
        f'<div class="panel panel--square upright" style="{size}">'
        f'<p class="panel__title">head {escape(name)}</p>'
        f'<p class="panel__y">query</p><svg class="panel__plot" aria-hidden="true">'
        f'<svg class="map share" width="100%" height="100%" viewBox="0 -.5 {n} {n}" '
        f'preserveAspectRatio="none">{cells}<path class="edge" d="{edge}"/></svg>'
        f'{labels}</svg><p class="panel__x">key</p></div>'
    )
