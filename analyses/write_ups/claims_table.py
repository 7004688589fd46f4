"""How claims are shown: one row each, with what was measured and a strip of it. Needs no torch."""

from html import escape

from analyses.evidence.findings import Finding, short
from analyses.write_ups.strips import strip


def claims_table(findings: list[Finding], caption: str | None = None) -> str:
    """The claims of a write-up, one row each, with an anchor `claim-<name>`.

    Those that carry the mechanism stand in a table of their own, and with them any that does not
    stand; the others are folded. Where none carries it, all are shown.
    """
    if not any(found.carries for found in findings):
        return _table(findings, caption)
    shown = [found for found in findings if found.carries or found.complaint()]
    folded = [found for found in findings if not (found.carries or found.complaint())]
    html = _table(shown, caption)
    if folded:
        refuted = sum(found.verdict == "refuted" for found in folded)
        label = f"{len(folded)} more of {len(findings)} claims"
        label += f", {refuted} refuted" * bool(refuted)
        html += f'<details class="claims-rest"><summary>{label}</summary>{_table(folded)}</details>'
    return html


TITLES = ("Claim", "Evidence", "Measured", "Threshold", "Controls", "Verdict")
"""Of the columns of a table of claims."""


def _table(findings: list[Finding], caption: str | None = None) -> str:
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    head = "".join(f'<th scope="col">{title}</th>' for title in TITLES)
    rows = "".join(
        f'<tr id="claim-{found.name}" data-evidence="{found.evidence}" '
        f'data-verdict="{found.verdict}">'
        f"<td>{escape(found.sentence)} <small>{escape(found.quantity)}</small></td>"
        f"{cells(found)}</tr>"
        for found in findings
    )
    return (
        f'<table class="claims">{above}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
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
