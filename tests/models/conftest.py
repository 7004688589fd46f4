"""A small problem of the same kind as October's."""

from pathlib import Path

import pytest

from models.card import Architecture, Card, Training, read_card, write_card
from models.sorted_list.task import SortedList


@pytest.fixture
def small_task() -> SortedList:
    return SortedList(list_length=3, max_value=30)


@pytest.fixture
def small_card(small_task: SortedList) -> Card:
    """A card whose recipe takes a second: 3 epochs of 4 batches."""
    architecture = Architecture(
        n_layers=1,
        n_heads=2,
        d_model=8,
        d_head=4,
        d_mlp=None,
        act_fn=None,
        d_vocab=small_task.d_vocab,
        d_vocab_out=small_task.d_vocab_out,
        n_ctx=small_task.n_ctx,
        normalization="LN",
    )
    recipe = Training(
        command="none",
        seed=5,
        n_sequences=60,
        epochs=3,
        batch_size=16,
        optimizer="Adam",
        lr=1e-2,
        lr_final=1e-3,
        weight_decay=0.005,
    )
    empty = {"weights": None, "expected": None, "slug": "small"}
    sizes = {"architecture": architecture, "training": recipe}
    return read_card("sorted_list").model_copy(update=sizes | empty)


@pytest.fixture
def small_models(small_card: Card, tmp_path: Path) -> Path:
    """A folder such as `models/` that holds the small card alone."""
    (tmp_path / "small").mkdir()
    write_card(small_card, tmp_path)
    return tmp_path
