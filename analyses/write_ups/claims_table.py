"""How claims are shown: one row each, with what was measured and a strip of it. Needs no torch."""

from html import escape

from analyses.evidence.findings import Finding, short
from analyses.seeds.others import Others
from analyses.seeds.outcomes import Outcome
from analyses.write_ups.other_models.marks import against_threshold
from analyses.write_ups.strips import strip


def claims_table(
    findings: list[Finding], caption: str | None = None, others: Others | None = None
) -> str:
    """The claims of a write-up, one row each, with an anchor `claim-<name>`.

    Those that carry the mechanism stand in a table of their own, and with them any that does not
    stand; the others are folded. Where none carries it, all are shown.

    Args:
        findings: the claims, checked.
        caption: what must be known of all of them.
        others: the problem's other models, of which a column says what the claims gave on them;
            None where no others were judged.
    """
    if others is not None:
        caption = " ".join([*([caption] if caption else []), *others.caveats()]) or None
    if not any(found.carries for found in findings):
        return _table(findings, caption, others)
    shown = [found for found in findings if found.carries or found.complaint()]
    folded = [found for found in findings if not (found.carries or found.complaint())]
    html = _table(shown, caption, others)
    if folded:
        refuted = sum(found.verdict == "refuted" for found in folded)
        label = f"{len(folded)} more of {len(findings)} claims"
        label += f", {refuted} refuted" * bool(refuted)
        more = _table(folded, None, others)
        html += f'<details class="claims-rest"><summary>{label}</summary>{more}</details>'
    return html


TITLES = ("Claim", "Evidence", "Measured", "Threshold", "Controls", "Verdict")
"""Of the columns of a table of claims."""
OTHERS = "Other models"
"""Of one more column, where other models were judged."""


def _table(findings: list[Finding], caption: str | None, others: Others | None) -> str:
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    titles = TITLES if others is None else (*TITLES, OTHERS)
    kind = "claims" if others is None else "claims compared"
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    rows = "".join(
        f'<tr id="claim-{found.name}" data-evidence="{found.evidence}" '
        f'data-verdict="{found.verdict}">'
        f"<td>{escape(found.sentence)} <small>{escape(found.quantity)}</small></td>"
        f"{cells(found)}{'' if others is None else elsewhere(found, others)}</tr>"
        for found in findings
    )
    return (
        f'<table class="{kind}">{above}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    )


def cells(finding: Finding) -> str:
    """What stands in a row of claims behind the claim itself, as HTML."""
    interval = ""
    if finding.interval:
        interval = f" <small>[{', '.join(map(short, finding.interval))}]</small>"
    controls = "".join(
        f"<div>{short(control.value)} <small>{escape(control.what)}</small></div>"
        for control in finding.controls
    )
    unit = f"&nbsp;{escape(finding.unit)}" if finding.unit else ""
    return (
        f'<td><span class="evidence">{finding.evidence}</span> '
        f"<small>{escape(finding.cases)}</small></td>"
        f"<td>{short(finding.value)}{unit}{interval}{strip(finding)}</td>"
        f"<td>{finding.comparison} {finding.threshold:g}</td>"
        f"<td>{controls}</td>"
        f'<td><span class="verdict verdict-{finding.verdict}">{finding.verdict}</span></td>'
    )


def elsewhere(finding: Finding, others: Others) -> str:
    """The cell that says what a claim gave on other models, as HTML, with a mark for each."""
    outcome = Outcome.of(finding.name, others)
    if not outcome.marks:
        # A sweep judges all claims but those.
        of_task = others.other_code < len(others.lines)
        about = "any model <small>it is about the task alone</small>"
        return f"<td>{about if of_task else '<small>not judged yet</small>'}</td>"
    learned, everywhere = outcome.learned, outcome.everywhere
    if finding.name in others.fixed:
        return f"<td>{learned} <small>by construction</small></td>"
    low, high = learned.interval
    said = f"{learned} <small>[{low:.2f}, {high:.2f}]" if learned.n else "<small>none learned it"
    if everywhere.n > learned.n:
        said += f"; of all {everywhere}"
    if outcome.empty:
        said += f"; on {outcome.empty} met by a control, too"
    if missing := len(others.lines) - everywhere.n:
        said += f"; {missing} not judged yet"
    return f"<td>{said}</small>{against_threshold(finding, outcome.marks)}</td>"
