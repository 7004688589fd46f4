"""On how many models a claim comes out as stated, which models count, and what such a share is
called.
"""

import doctest
from typing import Any

import pytest

from analyses.seeds import outcomes
from analyses.seeds.depends import PACKAGES, Depends
from analyses.seeds.line import Line
from analyses.seeds.others import Others, pinned
from analyses.seeds.outcomes import Outcome, Share
from models.card import Card, read_card
from tests.analyses.records import judged, line

NOW = Depends("r", "c", {"torch": "2"})


@pytest.fixture(scope="module")
def card() -> Card:
    """Of a model that is right on 0.99."""
    committed = read_card("sorted_list")
    assert committed.expected is not None
    expected = committed.expected.model_copy(update={"accuracy": 0.99})
    return committed.model_copy(update={"expected": expected})


def others(card: Card, *lines: Line, now: Depends = NOW) -> Others:
    return Others.of(lines, card, now)


def test_examples_of_the_module() -> None:
    assert doctest.testmod(outcomes).failed == 0


def test_shares_are_of_those_that_learned_and_of_all(card: Card) -> None:
    fails = {"sorts": judged(value=0.2, verdict="fails")}
    found = others(
        card,
        line(seed=1),
        line(seed=2, claims=fails),
        line(seed=3),
        # With 1,000 sequences the interval of 0.9 ends at 0.917.
        line(seed=4, accuracy=0.9),
        line(seed=5, accuracy=0.9, claims=fails),
    )
    outcome = Outcome.of("sorts", found)
    assert found.learned == {1, 2, 3}
    assert (outcome.learned, outcome.everywhere) == (Share(2, 3), Share(3, 5))
    assert outcome.kind == "usual"
    assert str(found) == "5 models, 3 of which learned the task"
    assert [mark.value for mark in outcome.marks] == [0.95, 0.2, 0.95, 0.95, 0.2]


def test_an_interval_is_wilsons() -> None:
    # By hand, with z^2 = 3.8415: centre (31/32 + z^2/64) / (1 + z^2/32) = 0.91851, half
    # z sqrt(31/32 1/32 / 32 + z^2/4096) / (1 + z^2/32) = 0.07603.
    low, high = Share(31, 32).interval
    assert (low, high) == (pytest.approx(0.8425, abs=1e-4), pytest.approx(0.9945, abs=1e-4))
    assert Share(0, 0).interval == (0.0, 1.0)
    assert str(Share(31, 32)) == "31 of 32"


@pytest.mark.parametrize(
    ("hits", "n", "kind"),
    [
        (19, 20, "universal"),
        (94, 99, "usual"),
        (1, 2, "usual"),
        (49, 99, "particular"),
        (1, 100, "particular"),
        (0, 1, "never"),
        (0, 0, None),
    ],
)
def test_a_share_is_called_by_fixed_bounds(hits: int, n: int, kind: str | None) -> None:
    assert Share(hits, n).kind == kind


@pytest.mark.parametrize(
    ("verdict", "hits"), [("holds", 1), ("refuted", 1), ("fails", 0), ("empty", 0)]
)
def test_as_stated_is_as_the_page_says(card: Card, verdict: str, hits: int) -> None:
    found = others(card, line(claims={"sorts": judged(verdict=verdict)}))
    assert Outcome.of("sorts", found).learned == Share(hits, 1)


def test_what_could_not_be_measured_does_not_come_out(card: Card) -> None:
    failing = line(claims={}, failures={"sorts": "ValueError: no such head"})
    outcome = Outcome.of("sorts", others(card, failing))
    assert outcome.learned == Share(0, 1)
    assert outcome.marks[0].value is None


def test_what_was_not_judged_is_in_no_share(card: Card) -> None:
    outcome = Outcome.of("sorts", others(card, line(seed=1), line(seed=2, claims={})))
    assert outcome.everywhere == Share(1, 1)
    assert Outcome.of("of_task", others(card, line())).kind is None


def test_where_none_learned_there_is_no_outcome(card: Card) -> None:
    found = others(card, line(seed=1, accuracy=0.1), line(seed=2, accuracy=0.1))
    outcome = Outcome.of("sorts", found)
    assert (outcome.learned, outcome.everywhere, outcome.kind) == (Share(0, 0), Share(2, 2), None)
    assert str(found) == "2 models, 0 of which learned the task"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"recipe": "old"}, ["Left out, as another recipe gave them: 1 model."]),
        ({"code": "old"}, ["Judged by another version of the code: 1 model."]),
        ({"versions": {"torch": "1"}}, ["Made with other versions of packages: 1 model."]),
    ],
)
def test_nothing_is_left_out_in_silence(card: Card, change: Any, said: list[str]) -> None:
    found = others(card, line(seed=1, **change), line(seed=2))
    assert found.caveats() == said
    assert len(found.lines) == 2 - ("recipe" in change)


def test_a_seed_without_a_model_is_named(card: Card) -> None:
    own = card.model_copy(update={"training": card.training.model_copy(update={"seed": 4})})
    found = others(own, *(line(seed=seed) for seed in (1, 3, 6)))
    assert found.caveats() == ["No model is recorded of these seeds: 2, 5."]
    assert others(own, line(seed=1), line(seed=3)).missing == (2,)


def test_models_of_an_earlier_recipe_are_shown_where_there_are_no_others(card: Card) -> None:
    found = others(card, line(seed=1, recipe="old"), line(seed=2, recipe="older"))
    assert len(found.lines) == 2
    assert found.caveats() == ["Trained by another version of the recipe or of its code: 2 models."]


def test_versions_are_those_that_are_pinned() -> None:
    assert set(pinned()) == set(PACKAGES)
    assert all(version[0].isdigit() for version in pinned().values())
