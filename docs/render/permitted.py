"""What HTML a page may hold: text, tables, figures and pictures, and nothing that acts.

Prose, captions, pictures and outputs of cells come by pull request. What they may hold is listed
here; scripts, frames, handlers of events, styles and whatever else a browser would act on is not.
It is not taken out silently: such a page is not built, so that readers get what reviewers read.
"""

import re
from collections import Counter
from html.parser import HTMLParser

import nh3

from docs.render import RenderError


def _words(text: str) -> set[str]:
    return set(text.split())


TEXT = _words(
    "a abbr article b blockquote br caption cite code col colgroup data dd del details dfn div dl "
    "dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark nav ol p pre q s samp "
    "section small span strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr"
)
CONTROLS = _words("form input label option output select")
"""They filter a table or choose what a figure shows; a form has no address to send to."""
SHAPES = _words("svg g path line polyline polygon rect circle ellipse text tspan")
"""What the models' pictures are drawn with."""

DRAWING = _words(
    "cx cy d dx dy fill fill-opacity fill-rule font-family font-size font-style font-weight height "
    "opacity points r rx ry stroke stroke-dasharray stroke-linecap stroke-linejoin stroke-opacity "
    "stroke-width text-anchor transform width x x1 x2 y y1 y2"
)
EVERYWHERE = _words(
    "aria-current aria-hidden aria-label aria-labelledby aria-live class data-circuitsvis "
    "data-column data-evidence data-filters data-live data-plotly data-problem data-search-exclude "
    "data-verdict dir hidden id lang role title"
)
ATTRIBUTES = {shape: DRAWING for shape in SHAPES} | {
    "*": EVERYWHERE,
    "a": {"download", "href", "rel"},
    "blockquote": {"cite"},
    "col": {"span"},
    "colgroup": {"span"},
    "data": {"value"},
    "details": {"open"},
    "div": {"style"},
    # By which words prose finds an entry of the glossary.
    "h3": {"data-words"},
    "img": {"alt", "height", "src", "width"},
    "input": {"autocomplete", "name"},
    "label": {"for"},
    "ol": {"reversed", "start"},
    "option": {"value"},
    "q": {"cite"},
    "select": {"name"},
    "svg": DRAWING | {"preserveAspectRatio", "viewBox", "xmlns"},
    "table": {"border"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "time": {"datetime"},
}

VALUES = {
    "cite": re.compile(r"https?://.+"),
    "href": re.compile(r"(https?:|mailto:).*|[^:/?#]*([/?#].*)?", re.IGNORECASE | re.DOTALL),
    # The theme's script looks for its own parts by ids that begin so.
    "id": re.compile(r"(?!__).+"),
    # The theme's script fetches the library for such diagrams from another host.
    "class": re.compile(r"(?!(.*\s)?mermaid\b).*"),
    # An image comes with its page or from this site.
    "src": re.compile(r"data:image/(png|jpeg|gif|webp);base64,[\w+/=\s]+|(?!//)[\w./~%-]+"),
    # The file beside the page that holds what the interactive figure is drawn from.
    **dict.fromkeys(("data-plotly", "data-circuitsvis"), re.compile(r"figure-\d+-\w+\.json")),
    "data-live": re.compile(r"live-\w+\.json"),
    # Sizes that the style sheet draws a still with.
    "style": re.compile(r"--[a-z]+:\d+(px)?(;--[a-z]+:\d+(px)?)*"),
    "preserveAspectRatio": re.compile("none"),
    **dict.fromkeys(DRAWING - {"height", "width"}, re.compile(r"(?!.*url\()[-\w\s#%.,'()+]*")),
}
"""What an attribute may say, where not every value is harmless."""


def _kept(tag: str, attribute: str, value: str) -> str | None:
    expected = VALUES.get(attribute)
    return value if expected is None or expected.fullmatch(value.strip()) else None


_cleaner = nh3.Cleaner(
    tags=TEXT | CONTROLS | SHAPES,
    attributes=ATTRIBUTES,
    attribute_filter=_kept,
    tag_attribute_values={"input": {"type": {"search"}}},
    url_schemes={"http", "https", "mailto", "data"},
    link_rel=None,
)


def permitted(html: str, where: str) -> str:
    """The same HTML, as a browser reads it, if it holds nothing but what is listed here.

    Args:
        html: content of one page, before what the site itself puts in, such as mathematics.
        where: the page's name in error messages.

    Raises:
        RenderError: if it holds anything else; every tag and attribute is named.
    """
    clean = _cleaner.clean(html)
    # Where only quotes and the like were written in another way, nothing can be missing.
    if _letters(html) != _letters(clean) and (refused := list(_parts(html) - _parts(clean))):
        raise RenderError(
            f"{where}: a page may not hold {', '.join(refused)}. Take it out, or, if readers are "
            "to see it as text, write it as code; docs/render/permitted.py lists what may stand."
        )
    return clean


def _letters(html: str) -> str:
    return re.sub(r"&#?\w+;|\W", "", html)


def _parts(html: str) -> Counter[str]:
    """Every tag and every attribute with its value, and how often."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    """Counts what a page is made of; a tree of it would take four times as long."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[f"<{tag}>"] += 1
        for name, value in attrs:
            # Line breaks may be written in two ways.
            text = " ".join((value or "").split())
            self.found[f'<{tag} {name}="{text}">'] += 1
