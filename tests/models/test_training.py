import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from models import checkpoint, training
from models.card import Card, read_card, sha256_of
from models.labelling_function.task import LabellingFunction
from models.progress import Progress
from models.sorted_list.task import SortedList
from models.task import fresh
from models.training import Trainer, fresh_sequences, held_out, measure, train, training_sequences
from models.transformer import initialise

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def few_fresh_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "FRESH_SEQUENCES", 100)


@pytest.fixture
def trainer(small_card: Card, small_task: SortedList) -> Trainer:
    model = initialise(small_card.architecture, small_card.training.seed, CPU)
    return Trainer(model, small_task, small_card.training, CPU)


def weights_after(
    models: Path, task: SortedList, state: Path, stop_at: list[int]
) -> dict[str, Tensor]:
    """Train; kill the run at these optimiser steps (counted per start) and run it again."""
    advance = Progress.advance
    stops = iter(stop_at)

    for stop in stops:
        taken = 0

        def killed(self: Progress, steps: int = 1, stop: int = stop) -> None:
            nonlocal taken
            taken += 1
            if taken == stop:
                raise KeyboardInterrupt
            advance(self, steps)

        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Progress, "advance", killed)
            train("small", task, state, CPU, models)
    train("small", task, state, CPU, models)
    return torch.load(state, weights_only=True)["model"]


@pytest.mark.parametrize("stop_at", [[2], [4], [5], [10], [6, 2, 3]])
def test_a_killed_run_ends_in_the_same_weights(
    small_models: Path, small_task: SortedList, tmp_path: Path, stop_at: list[int]
) -> None:
    whole = weights_after(small_models, small_task, tmp_path / "whole.pt", [])
    published = sha256_of(small_models / "small" / "model.safetensors")
    resumed = weights_after(small_models, small_task, tmp_path / "resumed.pt", stop_at)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert sha256_of(small_models / "small" / "model.safetensors") == published


def test_it_goes_on_after_the_last_whole_epoch(
    small_models: Path,
    small_task: SortedList,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    weights_after(small_models, small_task, tmp_path / "run.pt", [6])
    printed = capsys.readouterr().out
    assert printed.count("epoch 1:") == 1
    assert "Going on after epoch 1 of 3." in printed
    assert printed.count("epoch 3:") == 1


def test_dying_while_saving_loses_only_that_epoch(
    trainer: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "run.pt"
    with Progress("train", total=12) as progress:
        trainer.epoch(progress)
        trainer.save(state)
        trainer.epoch(progress)

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", no_space)
    with pytest.raises(OSError, match="No space left"):
        trainer.save(state)
    assert torch.load(state, weights_only=True)["epochs_done"] == 1


def test_a_run_of_another_recipe_is_not_taken_up(trainer: Trainer, tmp_path: Path) -> None:
    trainer.epochs_done = 2
    trainer.save(tmp_path / "run.pt")
    other = trainer.recipe.model_copy(update={"lr": 0.5})
    again = Trainer(trainer.model, trainer.task, other, CPU)
    assert not again.resume(tmp_path / "run.pt")
    assert again.epochs_done == 0
    assert not again.resume(tmp_path / "nowhere.pt")


def test_the_learning_rate_falls_linearly(trainer: Trainer) -> None:
    # 60 sequences in batches of 16 make 4 steps, 3 epochs make 12: 1e-2 to 1e-3 in 11 falls.
    assert trainer.recipe.steps_per_epoch == 4
    rates = [trainer.lr_at(step) for step in range(12)]
    assert rates[0] == pytest.approx(1e-2)
    assert rates[11] == pytest.approx(1e-3)
    falls = [before - after for before, after in zip(rates, rates[1:], strict=False)]
    assert falls == pytest.approx([9e-3 / 11] * 11)


def test_an_epoch_shows_each_sequence_once_in_a_new_order(trainer: Trainer) -> None:
    first = torch.cat(list(trainer.batches()))
    trainer.epochs_done = 1
    second = torch.cat(list(trainer.batches()))
    assert not torch.equal(first, second)
    assert sorted(first.tolist()) == sorted(second.tolist()) == sorted(trainer.sequences.tolist())
    assert [len(batch) for batch in trainer.batches()] == [16, 16, 16, 12]


def test_training_lowers_the_loss(trainer: Trainer) -> None:
    with Progress("train", total=12) as progress:
        losses = [trainer.epoch(progress) for _ in range(3)]
    assert losses[2] < losses[0]


def test_fresh_sequences_are_not_in_the_training_data(trainer: Trainer) -> None:
    task, recipe = trainer.task, trainer.recipe
    seen = set(task.keys(training_sequences(task, recipe)).tolist())
    drawn = fresh_sequences(task, recipe, 500, seed=recipe.seed)
    assert len(drawn) == 500
    assert seen.isdisjoint(task.keys(drawn).tolist())
    # The same seed draws training sequences first, so some had to be thrown away.
    assert not torch.equal(drawn[:60], training_sequences(task, recipe))


def test_the_card_gets_what_was_trained(small_models: Path, small_task: SortedList) -> None:
    written = train("small", small_task, small_models / "run.pt", CPU, small_models)
    card = read_card("small", small_models)
    assert card == written
    path = small_models / "small" / "model.safetensors"
    assert card.weights is not None
    assert card.expected is not None
    assert card.weights.sha256 == sha256_of(path)
    assert card.weights.bytes == path.stat().st_size
    assert card.expected.n_sequences == 100


@pytest.mark.gpu
def test_training_on_a_gpu_lowers_the_loss_too(small_card: Card, small_task: SortedList) -> None:
    device = torch.device("cuda")
    model = initialise(small_card.architecture, small_card.training.seed, device)
    trainer = Trainer(model, small_task, small_card.training, device)
    with Progress("train", total=12) as progress:
        losses = [trainer.epoch(progress) for _ in range(3)]
    assert losses[2] < losses[0]


def test_the_recipe_names_its_optimiser(trainer: Trainer) -> None:
    assert type(trainer.optimizer) is torch.optim.Adam
    beside = trainer.recipe.model_copy(update={"optimizer": "AdamW"})
    other = Trainer(trainer.model, trainer.task, beside, CPU)
    assert type(other.optimizer) is torch.optim.AdamW


def test_attention_without_biases_learns_none(small_card: Card, small_task: SortedList) -> None:
    bare = small_card.architecture.model_copy(
        update={"attention_biases": False, "d_mlp": 4, "act_fn": "relu"}
    )
    trainer = Trainer(initialise(bare, 5, CPU), small_task, small_card.training, CPU)
    with Progress("train", total=4) as progress:
        trainer.epoch(progress)
    learnt = checkpoint.named(trainer.model.state_dict(), bare.n_heads)
    for part in "QKVO":
        assert not learnt[f"blocks.0.attn.b_{part}"].any()
    assert learnt["blocks.0.mlp.b_in"].any()


def test_of_a_finite_task_fresh_sequences_are_all_that_is_left() -> None:
    points = LabellingFunction()
    seen = points.keys(points.every()[4:])
    drawn = fresh(points, 4, torch.Generator().manual_seed(0), seen)
    assert sorted(drawn[:, 1].tolist()) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match=r"5 fresh .* has only 4 besides the 12765 known"):
        fresh(points, 5, torch.Generator().manual_seed(0), seen)


def test_a_finite_task_is_measured_on_all_that_is_left(small_card: Card) -> None:
    points = LabellingFunction()
    recipe = small_card.training.model_copy(update={"n_sequences": 6_384})
    left = held_out(points, recipe)
    assert left is not None
    together = torch.cat([left, training_sequences(points, recipe)])
    assert torch.equal(together[points.keys(together).argsort()], points.every())
    sizes = {"d_vocab": points.d_vocab, "d_vocab_out": 2, "n_ctx": 3}
    model = initialise(small_card.architecture.model_copy(update=sizes), 0, CPU)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "FRESH_SEQUENCES", 10_000)
        assert measure(Trainer(model, points, recipe, CPU)).n_sequences == 6_385
    assert held_out(SortedList(), recipe) is None
