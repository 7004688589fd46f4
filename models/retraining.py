"""A model trained again by a card or for a task that was changed: what a problem's own is compared
with. On the CPU.
"""

from pathlib import Path

import torch

from models import checkpoint
from models.card import Card
from models.task import Task
from models.training import Trainer, begin


def train_again(card: Card, task: Task, what: str, state: Path | None = None) -> Trainer:
    """Train from the start, or from where a run was left.

    Args:
        card: the problem's, with another recipe or architecture if that is what is changed.
        task: what is trained on.
        what: what the progress is called.
        state: where the unfinished run is kept, an epoch at a time; None: nowhere.

    Raises:
        TrainingError: if `state` holds another run.
    """
    trainer = begin(card, task, torch.device("cpu"))
    if state is not None:
        trainer.resume(state)
    trainer.run(what, state)
    return trainer


def write_weights(trainer: Trainer, card: Card, path: Path) -> None:
    """Write the weights of a run by a card."""
    path.parent.mkdir(exist_ok=True)
    checkpoint.write(checkpoint.named(trainer.model.state_dict(), card.architecture.n_heads), path)
