"""How explanations are shown: one row each, with what they predicted. Needs no torch."""

from html import escape

from analyses.evidence.explained import Agreement, Explained
from analyses.write_ups.numerals import percent


def explanations_table(explained: list[Explained], caption: str) -> str:
    """An HTML table of explanations, one row each, with an anchor `explanation-<name>`."""
    first = explained[0]
    titles = ["Explanation", "Bits", *(a.inputs for a in first.agreements), first.mistakes.inputs]
    if any(found.confidence for found in explained):
        titles.append(CONFIDENCE)
    if first.foreseen:
        titles.append(CHANGED)
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    rows = "".join(
        f'<tr id="explanation-{found.name}"><th scope="row">{escape(found.sentence)}</th>'
        f'<td data-column="Bits">{found.bits:,}</td>'
        + "".join(map(_cell, (*found.agreements, found.mistakes)))
        + (_ranked(found) if CONFIDENCE in titles else "")
        + (_changed(found) if CHANGED in titles else "")
        + "</tr>"
        for found in explained
    )
    return (
        f'<table class="explanations"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


CONFIDENCE = "where it is sure"
CHANGED = "what interventions change"


def interventions_table(explained: list[Explained], caption: str) -> str:
    """An HTML table of interventions, one row each, and what each explanation says of them that
    says anything. Of the answers the others predict all that do not change, and no other.
    """
    explained = [found for found in explained if found.foreseen[0].stated]
    titles = ["Intervention", "changes", *(found.name.replace("_", " ") for found in explained)]
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    rows = ""
    for change in zip(*(found.foreseen for found in explained), strict=True):
        first = change[0]
        rows += (
            f'<tr><th scope="row">{escape(first.what)}</th>'
            f"<td>{percent(first.changed / first.n)}</td>"
        )
        for found in change:
            of_changed = percent(found.foreseen / found.changed) if found.changed else "none"
            rows += f"<td>{percent(found.share)} <small>{of_changed}</small></td>"
        rows += "</tr>"
    return (
        f'<table class="numbers interventions"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _ranked(found: Explained) -> str:
    shown = "not said" if found.confidence is None else f"{found.confidence.correlation:.2f}"
    return f'<td data-column="{CONFIDENCE}">{shown}</td>'


def _changed(found: Explained) -> str:
    if not found.changed:
        return f'<td data-column="{CHANGED}">none</td>'
    return (
        f'<td data-column="{CHANGED}">{percent(found.foreseen_share)} '
        f"<small>n = {found.changed:,}</small></td>"
    )


def _cell(agreement: Agreement) -> str:
    # Where there is no room for columns, each cell bears the title of its own.
    cell = f'<td data-column="{escape(agreement.inputs)}">'
    if not agreement.n:
        return f"{cell}none</td>"
    within = ""
    if agreement.interval:
        low, high = agreement.interval
        within = f"<small>[{percent(low)}, {percent(high)}]</small> "
    return f"{cell}{percent(agreement.share)} {within}<small>n = {agreement.n:,}</small></td>"
