"""The still of attention patterns: a square for each head, for each of the sequences."""

from collections.abc import Sequence
from html import escape
from typing import Any

from docs.render.stills.levels import strokes
from docs.render.stills.marks import dots
from docs.render.stills.parts import framed, key, label_below, label_beside


def attention_still(choice: dict[str, Any], *, marked: str = "", hidden: bool) -> str:
    """The patterns of all heads on one sequence.

    Args:
        choice: `tokens`, `heads`, `attention` `[head][query][key]`, and `marks`, the cells (query,
            key) that are circled.
        marked: what the circled cells are.
        hidden: whether it waits to be chosen.
    """
    circle = dots("circle", "mark size-9", "M14 6h0", hollow=True)
    entry = f"<span>{key(circle)}{escape(marked)}</span>"
    legend = f'<p class="still__legend">{entry}</p>' if marked else ""
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
    cells = strokes("share", pattern, 0.0, 1.0)
    circles = "".join(f"M{seen + 0.5:g} {query}h0" for query, seen in marks)
    if circles:
        cells += dots("circle", "mark ring", circles, hollow=True)
    edge = f"M0-.5H{n}V{n - 0.5:g}H0zM0-.5L{n} {n - 0.5:g}"
    labels = ""
    for place, token in enumerate(tokens):
        at = (place + 0.5) / n
        labels += label_below(at, token) + label_beside(at, token)
    gutter = 8 + 6.2 * max(map(len, tokens))
    plot = (
        f'<svg class="map share" width="100%" height="100%" viewBox="0 -.5 {n} {n}" '
        f'preserveAspectRatio="none">{cells}<path class="edge" d="{edge}"/></svg>{labels}'
    )
    return framed(
        plot,
        title=f"head {name}",
        across="key",
        up="query",
        gutter=gutter,
        foot=gutter,
        kind="panel--square upright",
    )
