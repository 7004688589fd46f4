"""The frame of a problem's picture."""

from collections.abc import Iterable
from xml.sax.saxutils import quoteattr


def svg(width: float | int, height: float | int, label: str, parts: Iterable[str]) -> str:
    """An SVG of some elements, drawn in the reader's colours: `var(--mim-positive)` and others.

    Args:
        width: in units of what is drawn.
        height: likewise.
        label: what one sees, for those who do not.
        parts: what is drawn, from back to front; it is filled only where it says so.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" fill="none" '
        f'role="img" aria-label={quoteattr(label)}>{"".join(parts)}</svg>'
    )
