import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from models.card import (
    MODELS,
    Card,
    CardError,
    next_number,
    read_card,
    sha256_of,
    slugs,
    write_card,
)
from models.task import Task


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the card of October in a folder of its own."""
    (tmp_path / "sorted_list").mkdir()
    write_card(read_card("sorted_list"), tmp_path)
    return tmp_path


def edit(folder: Path, *where: str, value: Any = None, drop: bool = False) -> None:
    """Set or drop one key of the card in the folder."""
    path = folder / "sorted_list" / "card.json"
    card = json.loads(path.read_text())
    parent = card
    for key in where[:-1]:
        parent = parent[key]
    if drop:
        del parent[where[-1]]
    else:
        parent[where[-1]] = value
    path.write_text(json.dumps(card))


def test_a_card_is_written_as_it_is_read(folder: Path) -> None:
    assert read_card("sorted_list", folder) == read_card("sorted_list")
    committed = MODELS / "sorted_list" / "card.json"
    assert (folder / "sorted_list" / "card.json").read_text() == committed.read_text()


def test_every_folder_with_a_card_is_a_problem() -> None:
    assert set(slugs()) == {path.parent.name for path in MODELS.glob("*/card.json")}
    months = [read_card(slug).month for slug in slugs()]
    assert months == sorted(months, reverse=True)


def test_what_was_published_keeps_its_number_whatever_older_months_are_added(folder: Path) -> None:
    numbers = {slug: read_card(slug).number for slug in slugs()}
    assert (numbers["sorted_list"], numbers["cumulative_sum"]) == (1, 2)
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    older = {"slug": "older", "month": "2022-01", "number": next_number(folder)}
    (folder / "older").mkdir()
    write_card(read_card("sorted_list").model_copy(update=older), folder)
    assert slugs(folder) == ["sorted_list", "older"]
    assert [read_card(slug, folder).number for slug in slugs(folder)] == [1, 2]


def test_two_problems_of_one_number_are_refused(folder: Path) -> None:
    (folder / "older").mkdir()
    older = {"slug": "older", "month": "2022-01"}
    write_card(read_card("sorted_list").model_copy(update=older), folder)
    with pytest.raises(CardError, match=r"No. 1 is the number of older and sorted_list; .* 2\.$"):
        slugs(folder)


def test_an_unknown_slug_names_the_known_ones() -> None:
    with pytest.raises(CardError, match=r"No problem is called 'sorted_lisp'.*sorted_list"):
        read_card("sorted_lisp")


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("colour",), "red", r"colour: Extra inputs are not permitted"),
        (("training", "momentum"), 0.9, r"training\.momentum: Extra inputs are not permitted"),
        (("month",), "2023-13", r"month: String should match pattern"),
        (("state",), "closed", r"state: Input should be 'open' or 'solved'"),
        (("state",), "open", r"card: .*an open problem needs a deadline.*\"2023-10-28\""),
        (("embedding_rows",), "descending", r"embedding_rows: Input should be 'ascending' or"),
        (("deadline",), "soon", r"deadline: Input should be a valid date"),
        (("architecture", "n_heads"), 0, r"architecture\.n_heads: Input should be greater than 0"),
        (("architecture", "d_model"), "wide", r"architecture\.d_model: .* valid integer"),
        (
            ("training", "optimizer"),
            "SGD",
            r"training\.optimizer: Input should be 'Adam' or 'AdamW'",
        ),
        (("training", "stopped_after"), 100, r"training: .* whole epochs of 293 steps"),
        (("training", "stopped_after"), 293 * 25, r"training: .* fewer than the 7325 planned"),
        (("training", "stopped_after"), 0, r"training\.stopped_after: Input should be greater"),
        (("weights", "sha256"), "0" * 63, r"weights\.sha256: String should match pattern"),
        (("expected", "accuracy"), 1.5, r"expected\.accuracy: .* less than or equal to 1"),
        (("origin", "url"), "nowhere", r"origin\.url: Input should be a valid URL"),
        (("slug",), "Sorted-List", r"slug: String should match pattern"),
    ],
)
def test_a_wrong_key_or_value_is_named(
    folder: Path, where: tuple[str, ...], value: Any, message: str
) -> None:
    edit(folder, *where, value=value)
    with pytest.raises(CardError, match=message) as error:
        read_card("sorted_list", folder)
    assert str(folder / "sorted_list" / "card.json") in str(error.value)


@pytest.mark.parametrize("where", [("title",), ("architecture", "n_ctx"), ("training", "seed")])
def test_a_missing_key_is_named(folder: Path, where: tuple[str, ...]) -> None:
    edit(folder, *where, drop=True)
    with pytest.raises(CardError, match=re.escape(".".join(where)) + ": Field required"):
        read_card("sorted_list", folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"slug": "sorted_list",}'])
def test_what_is_not_a_json_object_is_refused(folder: Path, text: str) -> None:
    (folder / "sorted_list" / "card.json").write_text(text)
    with pytest.raises(CardError, match=r"card\.json is not a valid card:\n  card: "):
        read_card("sorted_list", folder)


def test_a_card_belongs_to_its_folder(folder: Path) -> None:
    (folder / "sorted_list").rename(folder / "other")
    with pytest.raises(CardError, match=r"slug is 'sorted_list', expected 'other'"):
        read_card("other", folder)


def test_a_recipe_ends_where_it_was_stopped(folder: Path) -> None:
    recipe = read_card("sorted_list", folder).training
    assert (recipe.steps_planned, recipe.epochs_run) == (7325, 25)
    edit(folder, "training", "stopped_after", value=293 * 7)
    stopped = read_card("sorted_list", folder).training
    assert (stopped.steps_planned, stopped.epochs_run) == (7325, 7)


def test_a_card_cannot_be_changed_in_passing() -> None:
    card = read_card("sorted_list")
    with pytest.raises(ValueError, match="frozen"):
        card.title = "Other"  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_the_weights_are_the_ones_the_card_names(slug: str) -> None:
    card: Card = read_card(slug)
    assert card.weights is not None
    path = MODELS / slug / card.weights.file
    assert path.stat().st_size == card.weights.bytes
    assert sha256_of(path) == card.weights.sha256


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_the_task_is_that_of_the_card_and_names_its_tokens_and_classes(slug: str) -> None:
    task = importlib.import_module(f"models.{slug}.task").task()
    sizes = read_card(slug).architecture
    assert isinstance(task, Task)
    assert len(set(task.vocabulary)) == task.d_vocab == sizes.d_vocab
    assert len(set(task.classes)) == task.d_vocab_out == sizes.d_vocab_out
    assert task.n_ctx == sizes.n_ctx
