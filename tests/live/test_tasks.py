"""The rules of a task as the page has them (`models/<slug>/task.js`), held to Python's."""

import pytest
import torch

from models.card import MODELS, slugs
from models.task import Worded
from tests.live.task_rules import (
    answers,
    asked_otherwise,
    called_otherwise,
    drawn_otherwise,
    odds_of,
    read_otherwise,
)

pytestmark = pytest.mark.every_month
each_problem = pytest.mark.parametrize("slug", slugs())


def told(slug: str, wrong: list[str]) -> str:
    """Where what is wrong stands, how much it is, and some of it."""
    return f"models/{slug}/task.js is not as task.py in {len(wrong)} cases, such as {wrong[:5]}"


@each_problem
def test_tokens_and_classes_are_called_the_same(slug: str) -> None:
    wrong = called_otherwise(answers(MODELS / slug))
    assert not wrong, told(slug, wrong)


@each_problem
def test_inputs_good_and_bad_are_read_alike(slug: str) -> None:
    found = answers(MODELS / slug)
    wrong = read_otherwise(found)
    assert not wrong, told(slug, wrong)
    faults = sum("fault" in said for said, _ in found.read.values())
    assert min(faults, len(found.read) - faults) > 300, "too few of one kind"


@each_problem
def test_what_is_shown_is_read(slug: str) -> None:
    found = answers(MODELS / slug)
    for text, tokens in zip(found.shown, found.sampled, strict=True):
        assert found.read[text][0] == {"tokens": tokens}


@each_problem
def test_the_same_is_asked_and_right(slug: str) -> None:
    wrong = asked_otherwise(answers(MODELS / slug))
    assert not wrong, told(slug, wrong)


@each_problem
def test_the_odds_of_a_language_are_the_same(slug: str) -> None:
    found = answers(MODELS / slug)
    impossible = 0
    for tokens, said in found.odds:
        odds = torch.tensor(
            [[float("nan") if each is None else each for each in row] for row in said],
            dtype=torch.float64,
        )
        right = odds_of(found.task, tuple(tokens))
        torch.testing.assert_close(odds, right, rtol=1e-11, atol=1e-14, equal_nan=True)
        impossible += bool(right.isnan().any())
    assert bool(impossible) == isinstance(found.task, Worded), "no sentence outside the language"


@each_problem
def test_samples_are_distributed_alike(slug: str) -> None:
    wrong = drawn_otherwise(answers(MODELS / slug))
    assert not wrong, told(slug, wrong)
