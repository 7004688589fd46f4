"""The column of other models on the page of all claims."""

from types import SimpleNamespace
from typing import Any

from bs4 import BeautifulSoup
from mkdocs.structure.files import Files

from analyses.evidence.findings import Finding
from analyses.seeds.others import Others
from docs.render.blocks import block
from docs.render.tidy import tidy
from tests.analyses.records import finding, judged, line

FAILS = {"sorts": judged(value=0.2, verdict="fails")}
MODELS = Others(
    (line(seed=1), line(seed=2), line(seed=3, claims=FAILS)), frozenset({1, 3}), left_out=2
)


def evidence(*months: Any) -> BeautifulSoup:
    html = block("evidence", None, months=list(months), month=None, url="evidence/")
    return BeautifulSoup(tidy(html, "evidence.md", Files([])), "html.parser")


def month(slug: str, claims: list[Finding], others: Others | None = None) -> Any:
    card = SimpleNamespace(title=slug.title())
    return SimpleNamespace(slug=slug, card=card, claims=claims, others=others)


def test_a_column_is_there_if_any_problem_has_other_models() -> None:
    page = evidence(month("sorting", [finding()], MODELS), month("adding", [finding()]))
    heads = [head.get_text() for head in page.select("#claims th")]
    assert heads[-1] == "Other models"
    rows = page.select("#claims tbody tr")
    assert [len(row.select("td")) for row in rows] == [len(heads), len(heads)]
    sorting, adding = (" ".join(row.select("td")[-1].get_text(" ").split()) for row in rows)
    assert sorting.startswith("1 of 2 [0.09, 0.91]; of all 2 of 3")
    assert rows[0].select("td:last-child svg .strip__ring")
    assert adding == "none judged yet"
    said = [item.get_text() for item in page.select("li")]
    assert said == [
        "Sorting: 3 models, 2 of which learned the task. Left out, as another recipe gave them: "
        "2 models."
    ]


def test_there_is_none_without_them() -> None:
    page = evidence(month("adding", [finding()]), month("unsolved", [], MODELS))
    heads = [head.get_text() for head in page.select("#claims th")]
    assert heads[-1] == "Verdict"
    assert len(page.select("#claims tbody td")) == len(heads)
    assert not page.select("li")
