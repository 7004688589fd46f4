"""What models that were trained at once are held against: the same, each trained by itself."""

import importlib

import torch
from torch import Tensor

from models import checkpoint
from models.card import Card, read_card
from models.checkpoint import NamedWeights
from models.progress import Progress
from models.task import Task
from models.training import begin

CPU = torch.device("cpu")


def shortened(slug: str, steps: int) -> tuple[Card, Task]:
    """A problem whose recipe ends after so many steps of few sequences; every fifth has fewer."""
    card = read_card(slug)
    short = {"n_sequences": 76, "batch_size": 16, "epochs": steps // 5, "stopped_after": None}
    recipe = card.training.model_copy(update=short)
    assert recipe.steps_planned == steps
    task = importlib.import_module(f"models.{slug}.task").task()
    return card.model_copy(update={"training": recipe}), task


def alone(
    card: Card,
    task: Task,
    seed: int,
    dtype: torch.dtype = torch.float32,
    device: torch.device = CPU,
) -> NamedWeights:
    """The weights of a model that was trained by itself."""
    recipe = card.training.model_copy(update={"seed": seed})
    trainer = begin(card.model_copy(update={"training": recipe}), task, device)
    trainer.model.to(dtype)
    with Progress("train", total=recipe.epochs_run * recipe.steps_per_epoch) as progress:
        while trainer.epochs_done < recipe.epochs_run:
            trainer.epoch(progress)
    return checkpoint.named(trainer.model.state_dict(), card.architecture.n_heads)


def flat(weights: NamedWeights) -> Tensor:
    """All weights that the loss depends on, in one row.

    Key biases add the same to all scores of a query: their gradients are nothing but rounding,
    which Adam makes steps from, and so is what becomes of them.
    """
    kept = [name for name in sorted(weights) if not name.endswith("attn.b_K")]
    return torch.cat([weights[name].flatten() for name in kept])
