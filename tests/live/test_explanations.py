"""Explanations as programs of the page (`analyses/<slug>/explanation.js`), held to Python's."""

from pathlib import Path

import pytest

from models.card import read_card, slugs
from tests.live.explained import ANALYSES, N_INPUTS, agrees, differing, of_python, script

SOLVED = [slug for slug in slugs() if read_card(slug).state == "solved"]
EXPLAINED = [slug for slug in SOLVED if (ANALYSES / slug / "explanations.py").is_file()]


@pytest.mark.every_month
@pytest.mark.parametrize("slug", EXPLAINED)
def test_the_page_predicts_what_python_predicts(slug: str) -> None:
    assert len(of_python(slug).rows) >= N_INPUTS
    margins = differing(slug)
    widest = f"margins up to {max(margins, default=0.0):.2g} logits"
    where = f"analyses/{slug}/explanation.js is not as explanations.py"
    assert agrees(slug, margins), f"{where} in {len(margins)} answers, with {widest}"


@pytest.mark.parametrize(
    ("slug", "rule", "changed"),
    [
        ("sorted_list", "label - 1, last + 1", "label, last + 1"),
        ("cumulative_sum", "(place + 1)", "(place + 2) + 0.02"),
        ("palindromes", "attention[HALF - place]", "attention[HALF + 1 - place]"),
        ("labelling_function", "ofY - ofZ", "ofY"),
        ("verb_noun", "p === at ? total : total + each", "total + each"),
    ],
)
def test_another_program_is_told(slug: str, rule: str, changed: str, tmp_path: Path) -> None:
    text = script(slug).read_text("utf-8")
    assert text.count(rule) == 1
    (tmp_path / "explanation.js").write_text(text.replace(rule, changed), "utf-8")
    assert not agrees(slug, differing(slug, tmp_path / "explanation.js"))
