from pathlib import Path

import pytest
import torch

from models import checkpoint
from models.card import Card
from models.errors import TrainingError
from models.retraining import train_again, write_weights
from models.sorted_list.task import SortedList
from models.training import Trainer


def same(one: Trainer, other: Trainer) -> bool:
    weights = other.model.state_dict()
    return all(
        torch.equal(tensor, weights[name]) for name, tensor in one.model.state_dict().items()
    )


def test_it_is_trained_by_the_card_and_the_task_that_are_given(
    small_card: Card, small_task: SortedList
) -> None:
    own = train_again(small_card, small_task, "own")
    assert own.epochs_done == small_card.training.epochs
    assert same(own, train_again(small_card, small_task, "again"))
    recipe = small_card.training.model_copy(update={"weight_decay": 0.5})
    decayed = small_card.model_copy(update={"training": recipe})
    assert not same(own, train_again(decayed, small_task, "decayed"))
    wide = small_card.architecture.model_copy(update={"d_head": 8})
    changed = small_card.model_copy(update={"architecture": wide})
    model = train_again(changed, small_task, "wide").model
    named = checkpoint.named(model.state_dict(), wide.n_heads)
    assert named["blocks.0.attn.W_Q"].shape == (2, 8, 8)


def test_it_goes_on_where_it_was_left(
    small_card: Card, small_task: SortedList, tmp_path: Path
) -> None:
    state = tmp_path / "run.pt"
    short = small_card.training.model_copy(update={"stopped_after": 4})
    train_again(small_card.model_copy(update={"training": short}), small_task, "begun", state)
    resumed = train_again(small_card, small_task, "resumed", state)
    assert resumed.epochs_done == small_card.training.epochs
    assert same(resumed, train_again(small_card, small_task, "whole"))
    other = small_card.training.model_copy(update={"seed": 6})
    with pytest.raises(TrainingError, match="seed was 5, is 6"):
        train_again(small_card.model_copy(update={"training": other}), small_task, "other", state)


def test_weights_are_read_as_they_were_written(
    small_card: Card, small_task: SortedList, tmp_path: Path
) -> None:
    path = tmp_path / "retrained" / "one.safetensors"
    trainer = train_again(small_card, small_task, "one")
    write_weights(trainer, small_card, path)
    named = checkpoint.named(trainer.model.state_dict(), small_card.architecture.n_heads)
    read = checkpoint.read(path)
    assert read.keys() == named.keys()
    assert all(torch.equal(tensor, named[name]) for name, tensor in read.items())
