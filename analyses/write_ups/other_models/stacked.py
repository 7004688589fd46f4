"""Tables whose rows become lists on a narrow page, where each cell says what it is of."""

from collections.abc import Iterable, Sequence
from html import escape


def stacked_table(
    kind: str, titles: Sequence[str], rows: Iterable[Sequence[str]], caption: str = ""
) -> str:
    """The HTML of a table.

    Args:
        kind: a class of its own.
        titles: of the columns, as text.
        rows: cells as HTML, of which the first is the row's heading.
        caption: as text.
    """
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(
            f'<td data-column="{escape(title)}">{cell}</td>'
            for title, cell in zip(titles[1:], cells, strict=True)
        )
        + "</tr>"
        for first, *cells in rows
    )
    return (
        f'<table class="stacked {kind}">{above}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
