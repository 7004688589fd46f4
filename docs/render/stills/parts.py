"""What every still is put together from."""

from html import escape


def framed(
    plot: str, *, title: str, across: str, up: str, gutter: float, foot: float, kind: str = ""
) -> str:
    """A plot with its titles.

    Args:
        plot: SVG.
        title: above it.
        across: what its horizontal axis shows.
        up: what its vertical axis shows.
        gutter: pixels that the labels beside it need.
        foot: pixels that the labels below it need where they stand upright.
        kind: further classes.
    """
    return (
        f'<div class="{" ".join(("panel", *kind.split()))}" '
        f'style="--gutter:{gutter:.0f}px;--foot:{foot:.0f}px">'
        f'<p class="panel__title">{escape(title)}</p><p class="panel__y">{escape(up)}</p>'
        f'<svg class="panel__plot" aria-hidden="true">{plot}</svg>'
        f'<p class="panel__x">{escape(across)}</p></div>'
    )


def label_below(share: float, label: str, *, spare: bool = False) -> str:
    """A label below a plot; a spare one is left out where there is little room."""
    name = "tick-x" + " spare" * spare
    return f'<text class="{name}" x="{100 * share:.4g}%" y="100%">{escape(label)}</text>'


def label_beside(share: float, label: str) -> str:
    """A label beside a plot, at a share of its height from the top."""
    return f'<text class="tick-y" x="0" y="{100 * share:.4g}%">{escape(label)}</text>'


def key(shape: str) -> str:
    """What stands for a series in a legend: a shape of 28 by 12 pixels."""
    return f'<svg class="key" viewBox="0 0 28 12">{shape}</svg>'
