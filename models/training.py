"""Train a problem's model by its card. Kill it, run it again: it goes on."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import Module

from models import checkpoint
from models.card import (
    FRESH_SEED,
    MODELS,
    Card,
    Expected,
    Training,
    Weights,
    read_card,
    sha256_of,
    write_card,
)
from models.progress import Progress
from models.scoring import is_correct, loss
from models.task import Finite, Task, fresh, unseen
from models.transformer import initialise

FRESH_SEQUENCES = 10_000
"""Number of sequences that `Expected` is measured on; of a task that has fewer, all."""
OPTIMIZERS = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}


def training_sequences(task: Task, recipe: Training) -> Int[Tensor, "sequence n_ctx"]:
    """The sequences that the model is trained on, the same on every machine."""
    return task.sample(recipe.n_sequences, torch.Generator().manual_seed(recipe.seed))


def fresh_sequences(task: Task, recipe: Training, n: int, seed: int) -> Int[Tensor, "n n_ctx"]:
    """`n` sequences none of which is a training sequence (by `task.keys`)."""
    seen = _training_keys(task, recipe.n_sequences, recipe.seed)
    return fresh(task, n, torch.Generator().manual_seed(seed), seen)


def held_out(task: Task, recipe: Training) -> Int[Tensor, "sequence n_ctx"] | None:
    """All sequences that the model is not trained on, of a task that can list its own."""
    if not isinstance(task, Finite):
        return None
    return unseen(task, _training_keys(task, recipe.n_sequences, recipe.seed))


@cache
def _training_keys(task: Task, n: int, seed: int) -> Int[Tensor, " sequence"]:
    return task.keys(task.sample(n, torch.Generator().manual_seed(seed)))


@dataclass
class Trainer:
    """One training run: a model, its optimiser, and how many epochs are done."""

    model: Module
    task: Task
    recipe: Training
    device: torch.device

    def __post_init__(self) -> None:
        self.epochs_done = 0
        learnt = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = OPTIMIZERS[self.recipe.optimizer](
            learnt, lr=self.recipe.lr, weight_decay=self.recipe.weight_decay
        )
        self.sequences = training_sequences(self.task, self.recipe).to(self.device)

    def lr_at(self, step: int) -> float:
        """Learning rate of an optimiser step (0-based), linear from first to last."""
        last = self.recipe.epochs * self.recipe.steps_per_epoch - 1
        return self.recipe.lr + (self.recipe.lr_final - self.recipe.lr) * step / max(last, 1)

    def batches(self) -> Iterator[Int[Tensor, "batch n_ctx"]]:
        """The batches of the current epoch, in an order that seed and epoch fix."""
        generator = torch.Generator().manual_seed(self.recipe.seed * 100_003 + self.epochs_done + 1)
        order = torch.randperm(len(self.sequences), generator=generator).to(self.device)
        for rows in order.split(self.recipe.batch_size):
            yield self.sequences[rows]

    def step(self, tokens: Int[Tensor, "batch n_ctx"], lr: float) -> Tensor:
        """One optimiser step; returns the loss (nats) before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        batch_loss = loss(self.task, self.model(tokens), tokens)
        self.optimizer.zero_grad()
        batch_loss.backward()
        self.optimizer.step()
        return batch_loss.detach()

    def epoch(self, progress: Progress) -> float:
        """Train for one epoch; returns the mean loss in nats."""
        losses = []
        first = self.epochs_done * self.recipe.steps_per_epoch
        for offset, tokens in enumerate(self.batches()):
            losses.append(self.step(tokens, self.lr_at(first + offset)))
            progress.advance()
        self.epochs_done += 1
        return float(torch.stack(losses).mean())

    def save(self, path: Path) -> None:
        """Write the run to `path`, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        state = {
            "recipe": self.recipe.model_dump_json(),
            "epochs_done": self.epochs_done,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, part)
        os.replace(part, path)

    def resume(self, path: Path) -> bool:
        """Take up the run saved at `path`, if there is one made by the same recipe."""
        if not path.is_file():
            return False
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["recipe"] != self.recipe.model_dump_json():
            return False
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epochs_done = state["epochs_done"]
        return True


def train(slug: str, task: Task, state: Path, device: torch.device, models: Path = MODELS) -> Card:
    """Train a problem's model to the end of its recipe, write checkpoint and card.

    `state` is where the unfinished run is kept, an epoch at a time.
    """
    card = read_card(slug, models)
    trainer = Trainer(
        initialise(card.architecture, card.training.seed, device), task, card.training, device
    )
    if trainer.resume(state):
        print(f"Going on after epoch {trainer.epochs_done} of {card.training.epochs}.", flush=True)
    steps = card.training.epochs * card.training.steps_per_epoch
    done = trainer.epochs_done * card.training.steps_per_epoch
    with Progress(f"train {slug}", total=steps, done=done) as progress:
        while trainer.epochs_done < card.training.epochs:
            mean_loss = trainer.epoch(progress)
            trainer.save(state)
            progress.note(f"epoch {trainer.epochs_done}: loss {mean_loss:.4f} nats")
    return publish(card, trainer, models)


def publish(card: Card, trainer: Trainer, models: Path) -> Card:
    """Write the checkpoint, and what describes it into the card."""
    path = models / card.slug / "model.safetensors"
    checkpoint.write(checkpoint.named(trainer.model.state_dict(), card.architecture.n_heads), path)
    weights = Weights(file=path.name, sha256=sha256_of(path), bytes=path.stat().st_size)
    # Tokens are counted upwards in training, whatever order a former checkpoint had.
    rows = card.embedding_rows and "ascending"
    made = {"weights": weights, "expected": measure(trainer), "embedding_rows": rows}
    updated = card.model_copy(update=made)
    write_card(updated, models)
    return updated


@torch.no_grad()
def measure(trainer: Trainer) -> Expected:
    """Accuracy and loss on sequences that are not in the training data."""
    left = held_out(trainer.task, trainer.recipe)
    n = FRESH_SEQUENCES if left is None else min(FRESH_SEQUENCES, len(left))
    tokens = fresh_sequences(trainer.task, trainer.recipe, n, FRESH_SEED).to(trainer.device)
    logits = torch.cat([trainer.model(batch) for batch in tokens.split(trainer.recipe.batch_size)])
    return Expected(
        n_sequences=len(tokens),
        accuracy=round(float(is_correct(trainer.task, logits, tokens).double().mean()), 6),
        loss=round(float(loss(trainer.task, logits, tokens)), 6),
    )
