"""Submissions: what a file may say, how they rank, and that their texts stay texts."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import pytest
import yaml
from bs4 import BeautifulSoup
from mkdocs.structure.files import Files

from docs.render import RenderError, months
from docs.render.blocks import block
from docs.render.months import Month
from docs.render.people import people
from docs.render.submissions import CRITERIA, Submission, adjusted, events, read_submissions
from docs.render.tidy import tidy

HOSTILE = '<script>f()</script><img src=x onerror="f()"> $5 & $x$ **b** {{ a.b }}'


def submission(**changes: Any) -> dict[str, Any]:
    """What a file says; `None` drops a key."""
    given = {"title": "T", "authors": ["Ada"], "date": "2023-10", "summary": "S", **changes}
    return {key: value for key, value in given.items() if value is not None}


def judging(**changes: Any) -> dict[str, Any]:
    return {"event": "A jam", "n": 2, "ratings": {"Novelty": 4.5}, **changes}


def write(folder: Path, name: str = "ada", **changes: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(submission(**changes)), encoding="utf-8")
    return path


def month_with(*found: Submission) -> Month:
    return replace(months.read_months()[-1], submissions=found)


def page(name: str, *found: Submission) -> BeautifulSoup:
    """A block, as it stands on a page."""
    month = month_with(*found)
    html = block(name, None, months=[month], month=month, url="problems/x/solution/")
    return BeautifulSoup(tidy(html, "x.md", Files([])), "html.parser")


def test_few_ratings_count_for_less() -> None:
    assert adjusted(4.5, n=2, median=3) == pytest.approx(3.674, abs=5e-4)
    assert adjusted(4.5, n=3, median=3) == adjusted(4.5, n=30, median=3) == 4.5


def test_each_criterion_is_ranked_by_adjusted_score(tmp_path: Path) -> None:
    few = judging(n=2, ratings={"Novelty": 4.5, "Generality": 5})
    write(tmp_path, "few", judging=few)
    write(tmp_path, "many", judging=judging(n=8, ratings={"Novelty": 4}))
    write(tmp_path, "some", judging=judging(n=3, ratings={"Novelty": 4, "Generality": 1}))
    write(tmp_path, "other", judging=judging(event="B", n=1))
    write(tmp_path, "unjudged")
    first, second = events(read_submissions(tmp_path))
    assert (first.name, first.median, second.median) == ("A jam", 3, 1)
    novelty = [
        (each.rank, each.submission.file, each.adjusted) for each in first.ranking("Novelty")
    ]
    assert novelty[:2] == [(1, "many", 4), (1, "some", 4)]
    assert novelty[2] == (3, "few", pytest.approx(3.674, abs=5e-4))
    assert list(first.rankings) == ["Novelty", "Generality"]
    assert [each.submission.file for each in first.rankings["Generality"]] == ["few", "some"]


def test_an_event_held_elsewhere_has_its_own_median(tmp_path: Path) -> None:
    write(tmp_path, "few", judging=judging(median=3))
    write(tmp_path, "two", judging=judging())
    (event,) = events(read_submissions(tmp_path))
    scores = [place.adjusted for place in event.ranking("Novelty")]
    assert scores == pytest.approx([3.674, 3.674], abs=5e-4)
    write(tmp_path, "two", judging=judging(median=4))
    with pytest.raises(RenderError, match=r"judging.median of 'A jam' is [34].0 and [34].0"):
        read_submissions(tmp_path)


def test_an_event_held_elsewhere_gave_its_ranks(tmp_path: Path) -> None:
    ratings = {"Novelty": 4.5, "Generality": 3.5}
    ninth = judging(median=3, ratings=ratings, ranks={"Novelty": 5, "Generality": 9})
    first = judging(ratings={"Novelty": 4.0}, ranks={"Novelty": 1})
    write(tmp_path, "ninth", judging=ninth)
    write(tmp_path, "first", judging=first)
    found = read_submissions(tmp_path)
    (event,) = events(found)
    placed = {
        criterion: [(place.rank, place.submission.file) for place in places]
        for criterion, places in event.rankings.items()
    }
    # Rated higher and ranked lower is for the event to answer for.
    assert placed == {"Novelty": [(1, "first"), (5, "ninth")], "Generality": [(9, "ninth")]}
    (novelty,) = [place for place in event.ranking("Novelty") if place.rank == 5]
    assert novelty.adjusted == pytest.approx(3.674, abs=5e-4)
    html = page("submissions", *found)
    ranks = [row.select("td")[0].get_text() for row in html.select("tbody tr:has(td)")]
    assert ranks == ["1", "5", "9"]
    assert "Ranks are those that the event gave" in html.get_text()
    winners = page("hall_of_fame", *found).get_text()
    assert winners.count("Novelty") == 1 and "Generality" not in winners


def test_ranks_are_given_for_all_or_for_none(tmp_path: Path) -> None:
    write(tmp_path, "one", judging=judging(ranks={"Novelty": 5}))
    write(tmp_path, "two", judging=judging())
    with pytest.raises(
        RenderError, match="judging.ranks are given for some submissions of 'A jam'"
    ):
        read_submissions(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "red"}, r"colour: Extra inputs are not permitted"),
        ({"title": None}, r"title: Field required"),
        ({"title": " "}, r"title: String should have at least 1 character"),
        ({"authors": []}, r"authors: .* at least 1 item"),
        ({"authors": ["Ada", "Ada"]}, r"authors: .*an author is named twice"),
        ({"link": "javascript:alert(1)"}, r"link: URL scheme should be 'http' or 'https'"),
        ({"link": "data:text/html,x"}, r"link: URL scheme should be 'http' or 'https'"),
        ({"date": "October"}, r"date: String should match pattern"),
        ({"date": "2023-13"}, r"date: .*month must be in 1..12"),
        ({"date": "2023-02-30"}, r"date: .*day is out of range"),
        ({"best": "perhaps"}, r"best: .*boolean"),
        ({"file": "x"}, r"file: the file's name says it"),
        ({"judging": judging(n=0)}, r"judging.n: .*greater than or equal to 1"),
        ({"title": "a" * 121}, r"title: String should have at most 120 characters"),
        ({"authors": ["a" * 81]}, r"authors.0: String should have at most 80 characters"),
        ({"authors": [f"A{n}" for n in range(21)]}, r"authors: .*at most 20 items"),
        ({"authors": ["Ada L", "Ada\u00a0 L"]}, r"authors: .*an author is named twice"),
        ({"authors": ["Zoe\u0301", "Zo\u00e9"]}, r"authors: .*an author is named twice"),
        ({"authors": ["A\u200bda"]}, r"authors.0: .*character 2 is ZERO WIDTH SPACE \(U\+200B\)"),
        ({"summary": "a" * 2001}, r"summary: String should have at most 2000 characters"),
        ({"summary": "a \u202e b"}, r"summary: .*character 3 is RIGHT-TO-LEFT OVERRIDE"),
        ({"summary": "a\u0007b"}, r"summary: .*character 2 is a control character \(U\+0007\)"),
        ({"format": "a\u2066b"}, r"format: .*LEFT-TO-RIGHT ISOLATE"),
        ({"judging": judging(n=1001)}, r"judging.n: .*less than or equal to 1000"),
        ({"judging": judging(n=10**400)}, r"judging.n: "),
        ({"judging": judging(median=float("inf"))}, r"judging.median: .*less than or equal to"),
        ({"judging": judging(median=float("nan"))}, r"judging.median: .*less than or equal"),
        ({"judging": judging(ratings={"Novelty": float("nan")})}, r"ratings.Novelty: .*less than"),
        ({"judging": judging(feedback=["a"] * 11)}, r"judging.feedback: .*at most 10 items"),
        ({"judging": judging(feedback=["a" * 2001])}, r"feedback.0: .*at most 2000 characters"),
        ({"judging": judging(ranks={"Generality": 5})}, r"ranks are given for Generality, ratings"),
        ({"judging": judging(ranks={})}, r"ranks are given for nothing, ratings for Novelty"),
        (
            {"judging": judging(ranks={"Novelty": 0})},
            r"judging.ranks.Novelty: .*than or equal to 1",
        ),
        ({"judging": judging(median=0)}, r"judging.median: .*greater than or equal to 1"),
        ({"judging": judging(ratings={})}, r"judging.ratings: .*at least 1 item"),
        ({"judging": judging(ratings={"Novelty": 6})}, r"ratings.Novelty: .*less than or equal to"),
        ({"judging": judging(ratings={"Beauty": 3})}, r"Beauty.*: .*'Novelty', 'Reproducibility'"),
        ({"judging": judging(judge="Bob")}, r"judging.judge: Extra inputs"),
    ],
)
def test_a_faulty_key_is_named_with_its_file(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(RenderError, match=message) as error:
        read_submissions(tmp_path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [", "YAML: while parsing"),
        ("title: a\ntitle: b", "the key 'title' is given twice"),
        ("- title", "expected keys"),
        ("", "expected keys"),
        ("a: " + "[" * 5000, "nested too deeply"),
        ("a: " + "{a: " * 5000, "nested too deeply"),
        ("a: &a [x]\nb: *a", "an alias; write the text out"),
        ("\n".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(9)), "an alias"),
        ("date: 0000-00-00", "month 0|year 0"),
        ("title: " + "9" * 5000, "digits"),
        ("title: !!python/object/apply:os.getcwd []", "YAML: could not determine"),
    ],
)
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "ada.yaml").write_text(text)
    with pytest.raises(RenderError, match=rf"ada\.yaml is not .*{message}"):
        read_submissions(tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "ada.yaml"
    path.write_text("summary: " + "a" * 5_000_000)
    with pytest.raises(
        RenderError, match="ada.yaml is .*5,000,009 bytes, at most 100,000 are read"
    ):
        read_submissions(tmp_path)


def test_the_longest_submission_is_small_enough_to_be_read(tmp_path: Path) -> None:
    sign = "\N{MUSICAL SYMBOL G CLEF}"
    feedback = judging(event=sign * 120, feedback=[sign * 2000] * 10)
    authors = [f"{sign * 78}{number:02}" for number in range(20)]
    path = tmp_path / "ada.yaml"
    given = submission(title=sign * 120, summary=sign * 2000, authors=authors, judging=feedback)
    path.write_text(yaml.safe_dump(given, allow_unicode=True), encoding="utf-8")
    assert len(read_submissions(tmp_path)) == 1


def test_a_thousand_judged_submissions_take_three_seconds(tmp_path: Path) -> None:
    ratings = [1 + (7 * number % 40) / 10 for number in range(1000)]
    for number, rating in enumerate(ratings):
        rated = ", ".join(f"{criterion}: {rating}" for criterion in CRITERIA)
        (tmp_path / f"s{number}.yaml").write_text(
            f"title: T\nauthors: [A{number % 300}, Bob]\ndate: 2023-10\nsummary: S\n"
            f"judging: {{event: E, n: {1 + number % 8}, ratings: {{{rated}}}, feedback: [F]}}\n"
        )
    began = process_time()
    month = month_with(*read_submissions(tmp_path))
    for name in ("submissions", "best", "hall_of_fame"):
        block(name, None, months=[month], month=month, url="problems/x/solution/")
    assert process_time() - began < 3
    (event,) = month.events
    scores = [place.adjusted for place in event.rankings["Novelty"]]
    ranks = [place.rank for place in event.rankings["Novelty"]]
    assert ranks == [1 + sum(other > score for other in scores) for score in scores]


@pytest.mark.parametrize("name", ["Ada.yaml", "ada.yml", "a b.yaml", "-.yaml"])
def test_a_file_has_a_name_that_can_stand_in_an_address(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("title: x")
    with pytest.raises(RenderError, match="is not called like a submission"):
        read_submissions(tmp_path)


def test_a_day_need_not_be_known(tmp_path: Path) -> None:
    path = tmp_path / "ada.yaml"
    for given in ("2023-10", "2023-10-31"):
        path.write_text(yaml.safe_dump(submission(date=None)) + f"date: {given}\n")
        assert read_submissions(tmp_path)[0].date == given


def test_what_strangers_write_stays_text(tmp_path: Path) -> None:
    texts = {key: f"{key} {HOSTILE}" for key in ("title", "summary", "format")}
    feedback = judging(event=f"E {HOSTILE}", feedback=[f"F {HOSTILE}"])
    write(tmp_path, **texts, authors=[f"A {HOSTILE}"], judging=feedback, best=True)
    found = read_submissions(tmp_path)
    for name in ("submissions", "best", "hall_of_fame"):
        html = page(name, *found)
        assert not html.select("script, img, [onerror]"), name
        text = " ".join(html.get_text().split())
        assert f"title {HOSTILE}" in text and f"A {HOSTILE}" in text, name
    html = page("submissions", *found)
    text = html.get_text()
    assert all(f"{start} {HOSTILE}" in text for start in ("summary", "format", "E", "F"))
    assert not html.select(".literal .katex"), "a dollar of theirs is no mathematics"


def test_the_page_ranks_them_and_says_how(tmp_path: Path) -> None:
    link = "https://example.org/a?b=c&d"
    ratings = {criterion: 4.5 for criterion in CRITERIA}
    write(tmp_path, "one", title="One", link=link, judging=judging(ratings=ratings, median=3))
    write(tmp_path, "two", title="Two", best=True, judging=judging(n=5, feedback=["Neat."]))
    html = page("submissions", *read_submissions(tmp_path))
    assert [title.get_text() for title in html.select("h3")] == ["Two", "One"]
    assert html.select_one("h3 a[href]")["href"] == link  # pyright: ignore[reportOptionalSubscript]
    winner = html.select_one("#submission-two .winner")
    assert winner and winner.get_text() == "Best submission"
    assert [quote.get_text(strip=True) for quote in html.select("blockquote")] == ["Neat."]
    assert [head.get_text() for head in html.select("tbody th")] == list(CRITERIA)
    rows = [
        [cell.get_text() for cell in row.select("td")] for row in html.select("tbody tr:has(td)")
    ]
    assert rows[:2] == [["1", "Two", "4.500", "5", "4.500"], ["2", "One", "4.500", "2", "3.674"]]
    tex = html.select_one(".katex annotation")
    assert tex and r"\sqrt{\frac{\min(\tilde n, n)}{\tilde n}}" in tex.get_text()


def test_the_hall_of_fame_counts_over_all_months(tmp_path: Path) -> None:
    write(tmp_path, "a", authors=["Ada", "Bob"], judging=judging())
    write(tmp_path, "b", authors=["Cleo"], best=True)
    first = month_with(*read_submissions(tmp_path))
    write(tmp_path / "later", "c", authors=["Bob"])
    second = month_with(*read_submissions(tmp_path / "later"))
    famous = people([second, first])
    assert [(person.name, person.wins, len(person.deeds)) for person in famous] == [
        ("Cleo", 1, 1),
        ("Bob", 0, 2),
        ("Ada", 0, 1),
    ]
    assert [deed.firsts for deed in famous[1].deeds] == [[], ["Novelty"]]


def test_a_block_about_an_unknown_problem_names_the_known_ones() -> None:
    about = partial(block, months=months.read_months(), month=None, url="p/")
    with pytest.raises(
        RenderError, match=r"\[\[best sorted_lisp\]\] names no problem; .*sorted_li"
    ):
        about("best", "sorted_lisp")
