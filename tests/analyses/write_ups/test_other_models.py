"""What a page shows of other models: shares, marks, quantities, pictures and what goes together."""

import doctest
import re
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from mkdocs.structure.files import Files

from analyses.evidence.claims import Findings
from analyses.evidence.findings import Finding
from analyses.seeds.depends import Depends
from analyses.seeds.expected import Expectation
from analyses.seeds.line import Line
from analyses.seeds.others import Others
from analyses.seeds.outcomes import Mark, Outcome
from analyses.seeds.quantities import Pair, Quantity
from analyses.write_ups import page
from analyses.write_ups.claims_table import OTHERS, claims_table, elsewhere
from analyses.write_ups.other_models import marks, section
from analyses.write_ups.other_models.correlations import correlated
from analyses.write_ups.other_models.expectations import compare, crossed, expectations_table
from analyses.write_ups.other_models.gallery import Pictured, gallery
from analyses.write_ups.other_models.marks import against_threshold, beside_own, path, stacked
from analyses.write_ups.other_models.quantities import Spread
from analyses.write_ups.other_models.section import PICTURED, OtherModels, other_models
from analyses.write_ups.outputs import FACT, NUMBER
from analyses.write_ups.strips import EDGE, WIDTH
from analyses.write_ups.svg import svg
from docs.render.tidy import tidy
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.records import finding, judged, line

NOW = Depends("r", "c", {"torch": "2"})
FAILS = {"sorts": judged(value=0.2, verdict="fails")}


def others(*lines: Line, unlearned: int = 0, **change: Any) -> Others:
    """Models, of which the last ones did not learn the task."""
    learned = {each.seed for each in lines[: len(lines) - unlearned]}
    return Others(lines, frozenset(learned), **change)


def soup(html: str) -> BeautifulSoup:
    """As a page shows it: nothing in it is refused there."""
    return BeautifulSoup(tidy(html, "index.md", Files([])), "html.parser")


def text(part: Any) -> str:
    return " ".join(part.get_text(" ").split())


def test_examples_of_the_module() -> None:
    assert doctest.testmod(marks).failed == 0


# Marks


def test_there_is_a_mark_for_every_model_with_a_number() -> None:
    given = [
        *(Mark(0.9 + seed / 1000, True, True) for seed in range(28)),
        Mark(0.2, False, True),
        Mark(None, False, True),
        Mark(0.1, False, False),
        Mark(0.95, True, False),
    ]
    drawn = soup(against_threshold(finding(threshold=0.5), given))
    shapes = {kind: drawn.select(f"path.strip__{kind}") for kind in ("dot", "ring", "cross")}
    assert all(len(paths) == 1 for paths in shapes.values())
    assert str(shapes["dot"][0]["d"]).count("h0") == 28
    assert len(re.findall("[mM][^a]*a", str(shapes["ring"][0]["d"]))) == 1
    assert str(shapes["cross"][0]["d"]).count("l4 4") == 2
    assert drawn.svg and drawn.svg["aria-label"] == (
        "On an axis from 0.1 to 0.95: threshold at least 0.5; as stated on 28 models, 0.9 to "
        "0.927; not as stated on 2 models, 0.2, 1 of them without a number; 2 models that did not "
        "learn the task, 0.1 to 0.95."
    )


def test_marks_stand_where_their_numbers_are() -> None:
    html = against_threshold(
        finding(threshold=0.5), [Mark(0.0, False, True), Mark(1.0, True, True)]
    )
    assert f"M{WIDTH - EDGE} 15h0" in html
    assert f"M{EDGE - 2} 15a" in html, "a ring is drawn from its left edge"
    assert "M75 0V30" in html, "the threshold"


def test_what_falls_together_is_stacked_within_the_strip() -> None:
    places = stacked([20.0] * 100)
    assert {place.x for place in places} == {20}
    heights = [place.y for place in places]
    assert (min(heights), max(heights)) == (3, 28) or (min(heights), max(heights)) == (2, 28)
    assert len({place.y for place in stacked([20.0] * 5)}) == 5


def test_a_path_comes_back_to_where_each_mark_is() -> None:
    assert path("dot", [marks.Place(3, 4), marks.Place(5, 1)]) == "M3 4h0m2-3h0"
    # Left edge 1 of the first, left edge 3 of the second.
    assert path("ring", [marks.Place(3, 4), marks.Place(5, 1)]).split("a")[::2] == [
        "M1 4",
        "2 2 0 1 0-4 0m2-3",
        "2 2 0 1 0-4 0",
    ]
    # The pen ends 2 right of and 2 above the middle of the first.
    assert path("cross", [marks.Place(3, 4), marks.Place(5, 1)]) == (
        "M1 2l4 4m-4 0l4-4m-2-3l4 4m-4 0l4-4"
    )


def test_no_number_no_strip() -> None:
    assert against_threshold(finding(), [Mark(None, False, True)]) == ""
    assert beside_own([], 0.5) == ""
    assert beside_own([Mark(None, True, True)], None) == ""


def test_a_quantity_that_does_not_vary_has_no_axis() -> None:
    alike = [Mark(3.0, True, True), Mark(3.0, True, True)]
    assert beside_own(alike, 3.0) == beside_own(alike, None) == "all alike"
    assert "2 models that learned the task, 3; the model of this page 3.1" in beside_own(alike, 3.1)


# The column


def column(html: str) -> list[str]:
    return [text(row.select("td")[-1]) for row in soup(html).select("tr[id]")]


def test_a_column_says_on_how_many_models_a_claim_comes_out() -> None:
    models = others(line(seed=1), line(seed=2, claims=FAILS), line(seed=3), unlearned=1)
    html = claims_table([finding(), finding(name="of_task")], None, models)
    heads = [text(head) for head in soup(html).select("th")]
    assert heads[-1] == OTHERS
    first, second = column(html)
    # Wilson's interval of one of two is symmetric, 0.5 -+ 0.4055.
    assert first.startswith("1 of 2 [0.09, 0.91]; of all 2 of 3")
    assert second == "any model it is about the task alone"


def test_marks_are_drawn_of_every_claim() -> None:
    shown = [finding(carries=True), finding(name="folded")]
    models = others(line(claims={"sorts": judged(), "folded": judged()}))
    table = soup(claims_table(shown, None, models))
    assert len(table.select("#claim-sorts .strip__dot")) == 1
    assert len(table.select("details #claim-folded .strip__dot")) == 1


def test_without_other_models_there_is_no_such_column() -> None:
    html = claims_table([finding()])
    assert OTHERS not in html
    assert len(soup(html).select("th")) == len(soup(html).select("tr[id] td")) == 6


def test_all_that_learned_are_all_models() -> None:
    html = claims_table([finding()], None, others(line(seed=1), line(seed=2)))
    assert column(html)[0].startswith("2 of 2 [0.34, 1.00] ")


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (others(line(), unlearned=1), "none learned it; of all 1 of 1"),
        (others(line(seed=1, claims=FAILS), line(seed=2, claims={})), "0 of 1 [0.00, 0.79]; 1 not"),
        (others(line(claims={}), other_code=1), "not judged yet"),
    ],
)
def test_a_cell_says_what_is_missing(models: Others, said: str) -> None:
    assert text(soup(f"<table><tr>{elsewhere(finding(), models)}</tr></table>")).startswith(said)


def test_what_comes_out_alike_by_construction_is_not_counted_as_evidence() -> None:
    models = others(line(seed=1), line(seed=2), fixed=frozenset({"sorts"}))
    assert column(claims_table([finding()], None, models)) == ["2 of 2 by construction"]
    outcome = Outcome.of("sorts", models)
    given = expectation("universal", "By construction: it is about weights set by hand.")
    assert compare([finding()], {"sorts": given}, {"sorts": outcome}) == []


def test_where_a_control_meets_it_too_is_told_from_where_it_is_not_met() -> None:
    empty = {"sorts": FAILS["sorts"].model_copy(update={"verdict": "empty", "value": 1.0})}
    models = others(line(seed=1), line(seed=2, claims=empty), line(seed=3, claims=FAILS))
    html = claims_table([finding()], None, models)
    assert "1 of 3 [0.06, 0.79]; on 1 met by a control, too" in column(html)[0]
    outcome = Outcome.of("sorts", models)
    (each,) = compare([finding()], {"sorts": expectation("universal")}, {"sorts": outcome})
    html = expectations_table([each])
    assert "particular on 1 met by a control, too 1 of 3" in text(soup(html).select("tbody tr")[0])


def test_a_caption_says_what_is_left_out() -> None:
    html = claims_table([finding()], "In half precision.", others(line(), left_out=3))
    (caption,) = soup(html).select("caption")
    assert text(caption) == ("In half precision. Left out, as another recipe gave them: 3 models.")


def test_every_table_of_a_page_has_the_column(
    monkeypatch: pytest.MonkeyPatch, problem: Problem[SortedList]
) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(page, "display", lambda data, raw: shown.append(data))
    monkeypatch.setattr(page, "_others_of", {"sorted_list": others(line())}.get)
    monkeypatch.setattr(page.Findings, "of", lambda claims, problem: Findings((finding(),)))
    page.check([], problem)
    assert column(shown[0]["text/html"])[0].startswith("1 of 1")


# Expectations


def expectation(kind: str, why: str = "It <must>.") -> Expectation:
    return Expectation.model_validate({"expect": kind, "why": why})


def compared(expected: str, hits: int, n: int) -> Any:
    models = [line(seed=seed) for seed in range(hits)]
    models += [line(seed=seed, claims=FAILS) for seed in range(hits, n)]
    outcome = Outcome.of("sorts", others(*models))
    return compare([finding()], {"sorts": expectation(expected)}, {"sorts": outcome})[0]


@pytest.mark.parametrize(
    ("expected", "hits", "is_right"),
    [
        ("universal", 20, True),
        ("universal", 18, False),
        ("usual", 18, True),
        ("usual", 20, False),
        ("usual", 9, False),
        ("particular", 9, True),
        ("particular", 0, True),
        ("particular", 10, False),
    ],
)
def test_an_expectation_is_right_if_that_kind_came_out(
    expected: str, hits: int, is_right: bool
) -> None:
    found = compared(expected, hits, 20)
    assert found.is_right == is_right
    assert found.on_more == ((expected, hits) in {("usual", 20), ("particular", 10)})


def test_expectations_stand_beside_outcomes() -> None:
    wrong, right = compared("universal", 18, 20), compared("usual", 18, 20)
    never = compared("particular", 0, 20)
    assert crossed([wrong, right, never]) == [
        ["universal", "0", "1", "0", "0"],
        ["usual", "0", "1", "0", "0"],
        ["particular", "0", "0", "0", "1"],
    ]
    more = compared("usual", 20, 20)
    html = soup(expectations_table([wrong, right, never, more]))
    shown = html.select("table.outcomes:not(details table) tbody tr")
    assert [text(row) for row in shown] == [
        "The model sorts lists. particular It <must>. never 0 of 20 [0.00, 0.16]",
        "The model sorts lists. universal It <must>. usual 18 of 20 [0.70, 0.97]",
    ], "what holds least often stands first, and what holds nowhere even if that was expected"
    assert [text(label) for label in html.select("summary")] == [
        "1 claim that came out on more models than expected",
        "1 claim that came out as expected",
    ]
    kinds = [text(row.select("td")[1]) for row in html.select("details tbody tr")]
    assert kinds == ["universal", "usual"]


def test_nothing_is_judged_without_an_expectation() -> None:
    outcome = Outcome.of("sorts", others(line()))
    with pytest.raises(ValueError, match="says nothing of sorts"):
        compare([finding()], {}, {"sorts": outcome})
    alone = Outcome.of("of_task", others(line()))
    assert compare([finding(name="of_task")], {}, {"of_task": alone}) == []


# What goes together


def test_a_rank_correlation_by_hand() -> None:
    # Ten models, of which two neighbours are exchanged: 1 - 6 * 2 / (10 * 99) = 0.98788.
    x: list[float | None] = [float(number) for number in range(10)]
    y: list[float | None] = [float(number**3) for number in range(10)]
    y[:2] = [1.0, 0.0]
    found = correlated(x, y)
    assert found.n == 10
    assert found.rho == pytest.approx(0.98788, abs=1e-5)
    # atanh(0.98788) = 2.5500; the standard deviation sqrt((1 + 0.98788^2 / 2) / 7) = 0.4611.
    assert found.interval == (pytest.approx(0.9283, abs=1e-4), pytest.approx(0.9980, abs=1e-4))
    assert str(found) == "0.99 [0.93, 1.00]"


def test_a_pair_counts_where_both_are_numbers() -> None:
    x = [None, *map(float, range(11))]
    y = [1.0, *(-float(number) for number in range(10)), None]
    found = correlated(x, y)
    assert (found.n, found.rho) == (10, -1.0)
    assert str(found).startswith("\N{MINUS SIGN}1.00 [")


def test_no_correlation_is_said_of_few_models_or_of_what_does_not_vary() -> None:
    few, same = [1.0, 2.0, 3.0], [1.0] * 12
    assert str(correlated(few, few)) == "too few models"
    assert str(correlated(same, [float(n) for n in range(12)])) == "does not vary"
    assert str(correlated([], [])) == "too few models"


# Quantities and pictures


def test_the_median_is_of_models_that_learned() -> None:
    given = (Mark(1.0, True, True), Mark(4.0, True, True), Mark(900.0, True, False))
    spread = Spread("ranges", "", 0, (*given, Mark(None, True, True)), -2.0)
    assert (spread.learned, spread.median) == ([1.0, 4.0], 2.5)
    assert spread.text(spread.own) == "\N{MINUS SIGN}2"
    assert Spread("ranges", "", 0, given[2:], None).median is None


def test_a_model_may_stand_outside_all_others() -> None:
    given = (Mark(1.0, True, True), Mark(4.0, True, True), Mark(9.0, True, False))
    owns = (0.5, 1.0, 3.0, 4.5, None)
    outside = [Spread("ranges", "", 0, given, own).is_outside for own in owns]
    assert outside == [True, False, False, True, False]
    assert not Spread("ranges", "", 0, given[2:], 1.0).is_outside


def test_a_gallery_names_each_picture_and_keeps_it_light() -> None:
    drawn = svg(10, 10, 'What "one" sees', ['<path d="M0 0h9"/>'])
    html = gallery([Pictured("seed 1", drawn), Pictured("seed <2>", drawn)], "All of them.")
    found = soup(html)
    labels = [part["aria-label"] for part in found.select("svg")]
    assert labels == ["Picture: seed 1", "Picture: seed <2>"]
    assert [text(part) for part in found.select("li")] == ["seed 1", "seed <2>"]
    assert "xmlns" not in html
    with pytest.raises(ValueError, match="seed 3 has no label"):
        gallery([Pictured("seed 3", "<svg></svg>")], "")


@pytest.mark.parametrize(
    ("width", "height", "look"),
    [(10, 10, ["gallery"]), (19, 10, ["gallery"]), (20, 10, ["gallery", "gallery--wide"])],
)
def test_wide_pictures_get_more_room(width: int, height: int, look: list[str]) -> None:
    html = gallery([Pictured("seed 1", svg(width, height, "x", []))], "")
    (figure,) = soup(html).select("figure")
    assert figure["class"] == look


# The section


def found(problem: Problem[SortedList], lines: list[Line], unlearned: int = 0) -> OtherModels:
    given: dict[str, Any] = {
        "problem": problem,
        "others": others(*lines, unlearned=unlearned),
        "findings": [finding(), finding(name="of_task")],
        "expectations": {"sorts": expectation("usual")},
        "differ": SimpleNamespace(
            QUANTITIES=(
                Quantity("ranges", "ranges of values", digits=0),
                Quantity("hidden", "not shown", shown=False),
            ),
            PAIRS=(Pair("ranges", "loss", "They might."),),
        ),
        "seen": SimpleNamespace(seen=lambda problem: {"n": 0}),
        "picture": SimpleNamespace(
            drawn=lambda seen, small: svg(seen["n"], 1 + small, "x", []),
        ),
        "varies": SimpleNamespace(varies=lambda problem: {"ranges": 6.0, "hidden": None}),
    }
    return OtherModels(**given)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    outputs: list[Any] = []
    for module in (page, section):
        monkeypatch.setattr(module, "display", lambda data, **options: outputs.append(data))
    return outputs


def lines(n: int) -> list[Line]:
    return [
        line(seed=seed, loss=seed / 100, quantities={"ranges": float(seed)}, picture={"n": seed})
        for seed in range(1, n + 1)
    ]


def test_a_section_records_what_prose_names(problem: Problem[SortedList], shown: list[Any]) -> None:
    models = found(problem, lines(12), unlearned=2)
    models.models()
    models.claims()
    numbers = {out[NUMBER]["name"]: out[NUMBER]["value"] for out in shown if NUMBER in out}
    assert numbers == {
        "others": 12,
        "others_learned": 10,
        "claims_universal": 1,
        "claims_usual": 0,
        "claims_particular": 0,
        "claims_never": 0,
        "claims_judged": 1,
        "claims_as_expected": 0,
        "claims_on_more": 1,
        "claims_on_fewer": 0,
        "claims_by_construction": 0,
    }
    facts = {out[FACT]["name"]: out[FACT]["text"] for out in shown if FACT in out}
    assert facts == {
        "others_trained_on": "cpu",
        "others_caveats": "none",
        "claims_never_come": "none comes",
    }
    assert str(models["sorts"].learned) == "10 of 10"
    shown.clear()
    models.shares("sorts")
    assert shown[0][FACT] == {"name": "others_sorts", "text": "10 of 10"}


def test_a_section_shows_each_quantity_once(problem: Problem[SortedList], shown: list[Any]) -> None:
    models = found(problem, lines(12), unlearned=2)
    models.quantities()
    rows = [text(row) for row in soup(shown[-1]["text/html"]).select("tbody tr")]
    assert len(rows) == 3, "accuracy, loss, and what is to be shown"
    assert rows[2].startswith("ranges of values 6 6 1 to 10")
    numbers = {out[NUMBER]["name"]: out[NUMBER]["value"] for out in shown if NUMBER in out}
    assert numbers["quantities_shown"] == 3
    assert numbers["quantities_outside_by_chance"] == pytest.approx(6 / 11)
    with pytest.raises(KeyError, match="no quantity is called 'lost'; known: accuracy, loss"):
        models.spread("lost")


def test_a_section_shows_pairs_and_points_of_models(
    problem: Problem[SortedList], shown: list[Any]
) -> None:
    models = found(problem, lines(12), unlearned=2)
    models.correlations()
    (row,) = soup(shown[0]["text/html"]).select("tbody tr")
    assert text(row).startswith("ranges of values and loss on sequences not trained on 1.00 [")
    assert text(row).endswith("] 10 They might.")
    titles = {"x_title": "ranges", "y_title": "loss", "caption": "c", "alt": "a"}
    models.scatter("ranges", "loss", **titles)
    series = {trace.name: len(trace.x) for trace in shown[1].plot.data}
    assert series == {
        "models that learned the task": 10,
        "models that did not": 2,
        "the model of this page": 1,
    }


def test_a_gallery_shows_some_of_many_and_says_so(
    problem: Problem[SortedList], shown: list[Any]
) -> None:
    found(problem, lines(3), unlearned=1).gallery("Pictures.")
    found(problem, lines(PICTURED + 2)).gallery("Pictures.")
    few, many = (soup(out["text/html"]) for out in shown)
    assert [text(part) for part in few.select("li")] == [
        "this model",
        "seed 1",
        "seed 2",
        "seed 3, did not learn it",
    ]
    assert len(many.select("li")) == 1 + PICTURED
    assert (
        text(many.figcaption)
        == f"Pictures. Shown are the first {PICTURED} of {PICTURED + 2} other models."
    )


def test_where_none_learned_the_section_says_so(
    problem: Problem[SortedList], shown: list[Any]
) -> None:
    models = found(problem, lines(2), unlearned=2)
    models.claims()
    models.quantities()
    models.correlations()
    words = " ".join(text(soup(out["text/html"])) for out in shown if "text/html" in out)
    assert "no model learned the task" in words
    assert "too few models" in words


def test_a_section_without_models_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, problem: Problem[SortedList]
) -> None:
    monkeypatch.setattr(section, "others_of", lambda slug: None)
    with pytest.raises(ValueError, match="run `nox -s seeds -- sorted_list --n 32`"):
        other_models(problem, Findings(()))


def test_a_section_finds_what_belongs_to_the_problem(
    monkeypatch: pytest.MonkeyPatch, problem: Problem[SortedList]
) -> None:
    monkeypatch.setattr(section, "others_of", lambda slug: others(line()))
    models = other_models(problem, Findings((finding(),)))
    assert models.differ.__name__ == "analyses.sorted_list.differ"
    assert models.expectations["sorts"].expect in ("universal", "usual", "particular")
    assert isinstance(models.findings[0], Finding)
