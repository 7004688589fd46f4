"""What a write-up calls: record a number, name a fact, check its claims.

Each call leaves one output in the executed notebook; `notebook.collect` finds them there.
So a write-up runs the same in the build, in Jupyter, and as a download.
"""

import base64
import hashlib
import io
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

import numpy as np
from IPython.display import display
from jaxtyping import Int
from torch import Tensor

from analyses.evidence.claims import Claim, Findings
from analyses.evidence.explained import Explained
from analyses.evidence.explanations import Explanation, Trial, put_to_the_test
from analyses.seeds.others import others_of
from analyses.write_ups.claims_table import claims_table
from analyses.write_ups.explanations_table import explanations_table, interventions_table
from analyses.write_ups.outputs import CLAIMS, DATA, EXPLANATIONS, FACT, NUMBER, PICTURE
from analyses.write_ups.results import Number, usual_tolerance
from models.problem import Problem


def record(
    name: str, value: float | Tensor, unit: str, digits: int = 3, tolerance: float | None = None
) -> None:
    """Give a number the name by which prose refers to it, `{{ name }}`.

    Args:
        name: lower-case words joined by underscores, used once in a problem's pages.
        value: the number, unrounded. A share is given as a fraction, shown as a percentage.
        unit: `nats`, `logits`, `share`, ...; empty for a count.
        digits: decimals shown in prose.
        tolerance: how far another machine may be from it, at most five units of the last
            decimal shown; None: one such unit, and nothing at all for a count, which has
            neither unit nor digits.

    Raises:
        ValueError: the name is malformed, or the tolerance larger than what is shown.
    """
    if tolerance is None:
        tolerance = usual_tolerance(unit, digits)
    number = Number(name=name, value=float(value), unit=unit, tolerance=tolerance, digits=digits)
    text = f"{name} = {number.text()}" + (f" {unit}" if unit not in ("", "share") else "")
    display({NUMBER: number.model_dump() | {"text": number.text()}, "text/plain": text}, raw=True)


def fact(name: str, text: str) -> None:
    """Give something that is no number, a head or a range, a name for prose."""
    display({FACT: {"name": name, "text": text}, "text/plain": f"{name} = {text}"}, raw=True)


def data(tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "batch n_ctx"]:
    """Declare the evaluation data, whose hash stands beside the results; returns them.

    The build keeps the sequences themselves, to be compared with the training data.
    """
    array = tokens.cpu().numpy()
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    text = f"evaluation data: {len(tokens):,} sequences, sha256 {digest[:12]}..."
    packed = io.BytesIO()
    np.savez_compressed(packed, tokens=array)
    content = {"sha256": digest, "npz": base64.b64encode(packed.getvalue()).decode()}
    display({DATA: content, "text/plain": text}, raw=True)
    return tokens


_others_of = cache(others_of)
"""A page checks its claims in parts, and reads the other models once."""


def check(claims: Sequence[Claim], problem: Problem[Any]) -> Findings:
    """Check every claim against its controls, and show them as one table."""
    findings = Findings.of(claims, problem)
    content = [finding.model_dump() for finding in findings.findings]
    lines = [f"{found.verdict:8} {found.sentence}" for found in findings.findings]
    text = "\n".join([findings.caveat, *lines] if findings.caveat else lines)
    others = _others_of(problem.card.slug)
    html = claims_table(list(findings.findings), findings.caveat, others)
    display({CLAIMS: content, "text/html": html, "text/plain": text}, raw=True)
    return findings


def compete(explanations: Sequence[Explanation], trial: Trial) -> dict[str, Explained]:
    """Put explanations to the test, and show them as one table, and what they say of
    interventions as another.
    """
    explained = [put_to_the_test(each, trial) for each in explanations]
    lines = [f"{found.agreements[0].share:8.2%} {found.sentence}" for found in explained]
    tables = [explanations_table(explained, "Agreement with the model")]
    if trial.under:
        caption = (
            "Answers under interventions: how many change, and how many of all, below how many of "
            "the changed ones, each explanation predicted. One that says nothing predicts no change"
        )
        tables.append(interventions_table(explained, caption))
    content = {
        EXPLANATIONS: [found.model_dump() for found in explained],
        "text/html": "\n".join(tables),
        "text/plain": "\n".join(lines),
    }
    display(content, raw=True)
    return {found.name: found for found in explained}


def picture(svg: str) -> None:
    """Show the model's own picture, which the landing page shows too."""
    display({PICTURE: svg, "text/plain": "picture"}, metadata={"role": "picture"}, raw=True)


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], caption: str) -> None:
    """Show a small table."""
    display({"text/html": table_html(headers, rows, caption), "text/plain": caption}, raw=True)


def table_html(headers: Sequence[str], rows: Sequence[Sequence[object]], caption: str) -> str:
    """The HTML of a table; the first cell of a row is its heading, all text is escaped."""
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in headers)
    body = "".join(
        f'<tr><th scope="row">{escape(str(row[0]))}</th>'
        + "".join(f"<td>{escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<table class="numbers"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
