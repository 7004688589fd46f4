"""Train a problem's model by its card. Kill it, run it again: it goes on."""

import hashlib
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
    Architecture,
    Card,
    Expected,
    Training,
    Weights,
    read_card,
    sha256_of,
    write_card,
)
from models.errors import TrainingError
from models.progress import Progress
from models.scoring import is_correct, loss
from models.task import Finite, Task, fresh, unseen
from models.transformer import initialise

FRESH_SEQUENCES = 10_000
"""Number of sequences that `Expected` is measured on; of a task that has fewer, all."""
DRAWN = "hash of the training sequences"
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
    architecture: Architecture | None = None
    """Of the model; where it is given, a saved run of another one is not taken up."""

    def __post_init__(self) -> None:
        self.epochs_done = 0
        learnt = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = OPTIMIZERS[self.recipe.optimizer](
            learnt, lr=self.recipe.lr, weight_decay=self.recipe.weight_decay
        )
        self.sequences = training_sequences(self.task, self.recipe).to(self.device)

    def lr_at(self, step: int) -> float:
        """Learning rate of an optimiser step (0-based), linear from first to last."""
        last = self.recipe.steps_planned - 1
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

    def run(self, what: str, state: Path | None = None) -> None:
        """Train to where the recipe ends.

        Args:
            what: what the progress is called.
            state: where the run is saved after each epoch; None: nowhere.
        """
        done = self.epochs_done * self.recipe.steps_per_epoch
        steps = self.recipe.epochs_run * self.recipe.steps_per_epoch
        with Progress(what, total=steps, done=done) as progress:
            while self.epochs_done < self.recipe.epochs_run:
                mean_loss = self.epoch(progress)
                if state is not None:
                    self.save(state)
                progress.note(f"epoch {self.epochs_done}: loss {mean_loss:.4f} nats")

    def made_by(self) -> dict[str, str]:
        """What decides how a run goes, by name, each as text."""
        decides = self.recipe.model_dump(mode="json", exclude={"command", "stopped_after"})
        if self.architecture is not None:
            decides |= self.architecture.model_dump(mode="json")
        drawn = hashlib.sha256(self.sequences.cpu().numpy().tobytes()).hexdigest()[:8]
        return {name: str(value) for name, value in decides.items()} | {DRAWN: drawn}

    def save(self, path: Path) -> None:
        """Write the run to `path`, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        state = {
            "made_by": self.made_by(),
            "epochs_done": self.epochs_done,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, part)
        os.replace(part, path)

    def resume(self, path: Path) -> bool:
        """Take up the run saved at `path`, if there is one; says whether there was.

        Raises:
            TrainingError: if it was made by another recipe, architecture or task, or has gone
                on for longer than the recipe says.
        """
        if not path.is_file():
            return False
        state = torch.load(path, map_location=self.device, weights_only=True)
        if differences := _differences(state.get("made_by", {}), self.made_by()):
            raise TrainingError(
                f"{path} holds a run that was made otherwise than the card and the task now say: "
                f"{'; '.join(differences)}. Change that back to go on with it, or add --restart "
                "to throw it away and train from the start."
            )
        if state["epochs_done"] > self.recipe.epochs_run:
            raise TrainingError(
                f"{path} holds a run of {state['epochs_done']} epochs, which the card ends after "
                f"{self.recipe.epochs_run}; set its training.stopped_after to null to go on with "
                "it, or add --restart to throw it away and train from the start."
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epochs_done = state["epochs_done"]
        return True


def _differences(then: dict[str, str], now: dict[str, str]) -> list[str]:
    """What two runs were not made alike by, such as `epochs was 15, is 40`."""
    return [
        f"{name} was {then.get(name, 'not noted')}, is {now[name]}"
        for name in now
        if then.get(name) != now[name]
    ]


def train(
    slug: str,
    task: Task,
    state: Path,
    device: torch.device,
    models: Path = MODELS,
    restart: bool = False,
) -> Card:
    """Train a problem's model to the end of its recipe, write checkpoint and card.

    Args:
        slug: of the problem.
        task: what it is trained on.
        state: where the unfinished run is kept, an epoch at a time.
        device: where the model runs.
        models: where the problem's folder is.
        restart: whether to throw away what `state` holds.

    Raises:
        CardError: if there is no such problem, or its card is faulty.
        TrainingError: if `state` holds another run than the card describes.
    """
    card = read_card(slug, models)
    trainer = begin(card, task, device)
    if restart:
        state.unlink(missing_ok=True)
    elif trainer.resume(state):
        ran = f"epoch {trainer.epochs_done} of {card.training.epochs_run}"
        print(f"Going on after {ran}.", flush=True)
    trainer.run(f"train {slug}", state)
    return publish(card, trainer, models)


def publish_unfinished(
    slug: str, task: Task, state: Path, device: torch.device, models: Path = MODELS
) -> Card:
    """Write checkpoint and card of a run as it was left, after its last whole epoch.

    The card then says after how many steps it was stopped, and training by it ends there too.
    The arguments are those of `train`.

    Raises:
        CardError: if there is no such problem, or its card is faulty.
        TrainingError: if `state` holds no run, or another than the card describes.
    """
    card = read_card(slug, models)
    planned = card.training.model_copy(update={"stopped_after": None})
    card = card.model_copy(update={"training": planned})
    trainer = begin(card, task, device)
    if not trainer.resume(state):
        raise TrainingError(
            f"{state}: no run to publish. One is kept there after its first whole epoch, of "
            f"{planned.steps_per_epoch} steps; an epoch that was not finished does not count."
        )
    steps = trainer.epochs_done * planned.steps_per_epoch
    stopped = {"stopped_after": steps if steps < planned.steps_planned else None}
    recipe = planned.model_copy(update=stopped)
    return publish(card.model_copy(update={"training": recipe}), trainer, models)


def begin(card: Card, task: Task, device: torch.device) -> Trainer:
    """A run by a card, before its first step."""
    model = initialise(card.architecture, card.training.seed, device)
    return Trainer(model, task, card.training, device, card.architecture)


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
