import os
import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from models import checkpoint, training
from models.card import Activation, Card, read_card, sha256_of, write_card
from models.errors import TrainingError
from models.labelling_function.task import LabellingFunction
from models.progress import Progress
from models.sorted_list.task import SortedList
from models.task import fresh
from models.training import (
    Trainer,
    fresh_sequences,
    held_out,
    measure,
    publish_unfinished,
    train,
    training_sequences,
)
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


def saved(models: Path, task: SortedList, epochs: int) -> Path:
    """The run of the small card, stopped after some epochs."""
    card = read_card("small", models)
    model = initialise(card.architecture, card.training.seed, CPU)
    trainer = Trainer(model, task, card.training, CPU, card.architecture)
    with Progress("train", total=12) as progress:
        for _ in range(epochs):
            trainer.epoch(progress)
    trainer.save(models / "run.pt")
    return models / "run.pt"


def change(models: Path, part: str, **to: float | None) -> None:
    """Change the recipe or the architecture on the small card."""
    card = read_card("small", models)
    changed = getattr(card, part).model_copy(update=to)
    write_card(card.model_copy(update={part: changed}), models)


@pytest.mark.parametrize(
    ("part", "to", "named"),
    [
        ("training", {"epochs": 5}, "epochs was 3, is 5"),
        ("training", {"lr": 0.5, "seed": 6}, "seed was 5, is 6; lr was 0.01, is 0.5"),
        ("architecture", {"d_model": 12}, "d_model was 8, is 12"),
        ("architecture", {"n_heads": 4, "d_head": 2}, "n_heads was 2, is 4; d_head was 4, is 2"),
    ],
)
def test_a_run_made_otherwise_is_not_silently_begun_again(
    small_models: Path, small_task: SortedList, part: str, to: dict[str, float], named: str
) -> None:
    state = saved(small_models, small_task, 2)
    before = state.read_bytes()
    change(small_models, part, **to)
    with pytest.raises(TrainingError) as error:
        train("small", small_task, state, CPU, small_models)
    assert named in str(error.value)
    assert "Change that back" in str(error.value)
    assert "--restart" in str(error.value)
    assert state.read_bytes() == before
    with pytest.raises(TrainingError, match=re.escape(named)):
        publish_unfinished("small", small_task, state, CPU, small_models)
    train("small", small_task, state, CPU, small_models, restart=True)
    assert torch.load(state, weights_only=True)["epochs_done"] == to.get("epochs", 3)


def test_a_run_on_another_task_is_not_taken_up(small_models: Path, small_task: SortedList) -> None:
    state = saved(small_models, small_task, 1)
    smaller = SortedList(list_length=3, max_value=29)
    with pytest.raises(TrainingError, match=r"hash of the training sequences was \w+, is \w+\."):
        train("small", smaller, state, CPU, small_models)


def test_a_run_that_says_nothing_of_its_recipe_is_not_taken_up(
    small_models: Path, small_task: SortedList
) -> None:
    state = small_models / "run.pt"
    torch.save({"epochs_done": 1}, state)
    with pytest.raises(TrainingError, match=r"epochs was not noted, is 3"):
        train("small", small_task, state, CPU, small_models)


def test_another_command_is_the_same_recipe(small_models: Path, small_task: SortedList) -> None:
    state = saved(small_models, small_task, 3)
    change(small_models, "training", command="other")  # pyright: ignore[reportArgumentType]
    assert train("small", small_task, state, CPU, small_models).expected is not None


def test_a_run_stopped_on_purpose_is_published_with_the_steps_it_ran(
    small_models: Path, small_task: SortedList, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = saved(small_models, small_task, 2)
    card = publish_unfinished("small", small_task, state, CPU, small_models)
    assert card == read_card("small", small_models)
    assert (card.training.stopped_after, card.training.steps_planned) == (8, 12)
    weights = checkpoint.read(small_models / "small" / "model.safetensors")
    left = checkpoint.named(torch.load(state, weights_only=True)["model"], 2)
    assert all(torch.equal(weights[name], left[name]) for name in left)
    # The card's recipe makes the same file from nothing, at the learning rates of the plan.
    made = train("small", small_task, tmp_path / "anew.pt", CPU, small_models)
    assert made == card
    # Published again it stays as it is; and it goes on where the card says so.
    assert publish_unfinished("small", small_task, state, CPU, small_models) == card
    change(small_models, "training", stopped_after=None)
    whole = train("small", small_task, state, CPU, small_models)
    assert "Going on after epoch 2 of 3." in capsys.readouterr().out
    assert whole.training.stopped_after is None
    assert whole.weights != card.weights


@pytest.mark.parametrize("act_fn", ["gelu", "solu_ln"])
def test_a_model_with_any_activation_is_trained_and_published(
    act_fn: Activation, small_models: Path, small_task: SortedList
) -> None:
    card = read_card("small", small_models)
    sizes = card.architecture.model_copy(update={"d_mlp": 6, "act_fn": act_fn})
    write_card(card.model_copy(update={"architecture": sizes}), small_models)
    train("small", small_task, small_models / "run.pt", CPU, small_models)
    weights = checkpoint.read(small_models / "small" / "model.safetensors")
    assert checkpoint.architecture_of(weights, sizes, "published") == sizes
    norms = [name for name in weights if name.startswith("blocks.0.mlp.ln.")]
    assert len(norms) == (2 if act_fn == "solu_ln" else 0)
    assert all(float(weights[name].std()) > 1e-4 for name in [*norms, "blocks.0.mlp.W_out"])


def test_a_whole_run_is_not_called_stopped(small_models: Path, small_task: SortedList) -> None:
    state = saved(small_models, small_task, 3)
    assert publish_unfinished("small", small_task, state, CPU, small_models) == train(
        "small", small_task, state, CPU, small_models
    )
    assert read_card("small", small_models).training.stopped_after is None


def test_a_run_that_went_on_past_the_end_on_the_card_is_not_taken_up(
    small_models: Path, small_task: SortedList
) -> None:
    state = saved(small_models, small_task, 3)
    change(small_models, "training", stopped_after=4)
    with pytest.raises(TrainingError, match=r"run of 3 epochs, which the card ends after 1; set"):
        train("small", small_task, state, CPU, small_models)


def test_there_is_nothing_to_publish_before_the_first_whole_epoch(
    small_models: Path, small_task: SortedList
) -> None:
    card = read_card("small", small_models)
    with pytest.raises(
        TrainingError, match=r"no run to publish\. .* first whole epoch, of 4 steps"
    ):
        publish_unfinished("small", small_task, small_models / "run.pt", CPU, small_models)
    assert read_card("small", small_models) == card


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
