"""What is expected of claims on models of other seeds; that it is about the claims there are."""

import importlib
from pathlib import Path

import pytest

from analyses.seeds.expected import (
    EXPECTED,
    Expectation,
    ExpectationsError,
    check_expected,
    read_expected,
)
from models.card import slugs


def written(folder: Path, text: str) -> Path:
    """A folder of analyses in which something is expected of the problem `sums`."""
    (folder / "sums").mkdir()
    (folder / "sums" / EXPECTED).write_text(text, encoding="utf-8")
    return folder


def test_reads_what_is_expected_and_why(tmp_path: Path) -> None:
    text = '[adds]\nexpect = "usual"\nwhy = """\nOften it\n does."""\n'
    found = read_expected("sums", written(tmp_path, text))
    assert found == {"adds": Expectation(expect="usual", why="Often it does.")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[adds]\nexpect = "often"\nwhy = "It does."', r"\[adds\].*universal, usual, particular"),
        ('[adds]\nexpect = "usual"', r"\[adds\].*`why`"),
        ('[adds]\nexpect = "usual"\nwhy = "  "', r"\[adds\].*`why`"),
        ('[adds]\nexpect = "usual"\nwhy = "It does."\nwho = "I"', r"\[adds\].*nothing else"),
        ('adds = "usual"', r"\[adds\]"),
        ("[adds", "no TOML"),
    ],
)
def test_refuses_what_says_something_else(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ExpectationsError, match=said):
        read_expected("sums", written(tmp_path, text))


def test_says_that_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ExpectationsError, match=r"expected\.toml is not there"):
        read_expected("sums", tmp_path)


def test_nothing_may_be_expected_of_an_unknown_claim_nor_left_out() -> None:
    expected = {"adds": Expectation(expect="usual", why="It does.")}
    check_expected("sums", expected, ["adds"])
    with pytest.raises(ExpectationsError, match=r"no claim.*: adds; nothing expected of: carries"):
        check_expected("sums", expected, ["carries"])


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_a_problem_with_expectations_has_one_for_each_claim_that_is_judged(slug: str) -> None:
    if not (Path("analyses") / slug / EXPECTED).is_file():
        pytest.skip("nothing is expected of its claims")
    claims = importlib.import_module(f"analyses.{slug}.claims").CLAIMS
    judged = [claim.name for claim in claims if not claim.of_task]
    expected = read_expected(slug)
    check_expected(slug, expected, judged)
    assert list(expected) == judged, "in the order of the claims"
