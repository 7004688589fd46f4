"""How claims are shown."""

from pathlib import Path
from typing import Any

import pytest
from mkdocs.structure.files import Files
from safetensors.torch import save_file

from analyses.evidence.claims import Claim, Measurement
from analyses.write_ups import page
from analyses.write_ups.claims_table import claims_table
from docs.render.tidy import tidy
from models import load
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.records import control, finding


def test_the_table_of_claims_escapes_what_it_shows() -> None:
    html = claims_table(
        [
            finding(
                sentence="a < b & c",
                quantity="<script>alert(1)</script>",
                unit="<nats>",
                controls=[control(what='"x" <i>')],
            )
        ]
    )
    assert "a &lt; b &amp; c" in html
    assert "&lt;script&gt;" in html
    assert "&lt;nats&gt;" in html
    assert "&quot;x&quot; &lt;i&gt;" in html
    assert "<script" not in html
    assert "<i>" not in html


def test_the_table_of_claims_has_a_row_with_an_anchor_each() -> None:
    shown = [
        finding(value=0.99826, interval=(0.99712, 0.99894), n=10000, controls=[control(value=0.0)]),
        finding(name="is_sure", evidence="exhaustive", interval=None, verdict="refuted"),
    ]
    html = claims_table(shown)
    assert html.count("<tr id=") == 2
    assert '<tr id="claim-sorts" data-evidence="sampled" data-verdict="holds">' in html
    assert '<tr id="claim-is_sure" data-evidence="exhaustive" data-verdict="refuted">' in html
    assert '<td>0.9983 <small>[0.9971, 0.9989]</small><div class="strip">' in html
    assert "<small>10,000 cases sampled</small>" in html
    assert "<td><div>0 <small>untrained model of the same shape</small></div></td>" in html


def test_the_page_says_that_the_checkpoint_was_converted(
    problem: Problem[SortedList], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(page, "display", lambda data, raw: shown.append(data))
    path = tmp_path / "half.safetensors"
    save_file({name: tensor.half() for name, tensor in problem.weights.items()}, path)
    stated = Claim(
        name="sorts",
        sentence="The model sorts lists.",
        quantity="share of correct predictions",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        measure=lambda problem: Measurement(0.6 if problem.sha256 else 0.1, 10),
    )
    for model in (load("sorted_list", path), problem):
        page.check([stated], model)
    converted, committed = shown
    said = "This checkpoint is stored in float16. Its weights were converted to float32"
    assert tidy(converted["text/html"], "index.md", Files([])).count(f"<caption>{said}") == 1
    assert converted["text/plain"].startswith(said)
    assert "float" not in committed["text/html"] + committed["text/plain"]
