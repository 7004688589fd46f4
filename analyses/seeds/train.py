"""Train a model of a sweep: by the problem's card, from another seed."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import torch
from rich.console import Console

from analyses.seeds.subject import Subject
from models import checkpoint
from models.card import Expected
from models.checkpoint import NamedWeights
from models.problem import device_named
from models.progress import Progress
from models.training import Trainer, begin, measure
from models.transformer import with_weights


class Trained(NamedTuple):
    """A model, and what is recorded of how it was made."""

    weights: NamedWeights
    """On the CPU."""
    measured: Expected
    """On sequences that it was not trained on."""
    seconds: float
    device: str
    """`cpu`, or the name of a GPU."""


def train(subject: Subject, seed: int, device: str) -> Trained:
    """Train one from the start, without a word.

    Raises:
        CardError: if there is no such problem, or its card is faulty.
        DeviceError: if CUDA is asked for where there is none.
    """
    begun = time.perf_counter()
    card = subject.card(seed)
    trainer = begin(card, subject.task(), device_named(device))
    with Progress("", total=card.training.steps_planned, console=Console(quiet=True)) as silent:
        while trainer.epochs_done < trainer.recipe.epochs_run:
            trainer.epoch(silent)
    weights = checkpoint.named(trainer.model.state_dict(), card.architecture.n_heads)
    seconds = time.perf_counter() - begun
    return Trained(weights, measure(trainer), round(seconds, 3), name_of(trainer.device))


def train_many(subject: Subject, seeds: Sequence[int], device: str) -> list[Trained]:
    """Train some at once, in one step after the other for all of them; seconds are shared out.

    Raises:
        CardError: if there is no such problem, or its card is faulty.
        DeviceError: if CUDA is asked for where there is none.
    """
    # Torch compiles for it, which one who trains them one by one need not wait for.
    from models.together import train_together

    begun = time.perf_counter()
    found, task = device_named(device), subject.task()
    trained = train_together(subject.card(), task, list(seeds), found)
    seconds = round((time.perf_counter() - begun) / len(seeds), 3)
    return [
        Trained(weights, _measured(subject, seed, weights, found), seconds, name_of(found))
        for seed, weights in zip(seeds, trained, strict=True)
    ]


def _measured(subject: Subject, seed: int, weights: NamedWeights, device: torch.device) -> Expected:
    card = subject.card(seed)
    model = with_weights(card.architecture, weights, device, f"{subject.slug}, seed {seed}")
    return measure(Trainer(model, subject.task(), card.training, device))


def name_of(device: torch.device) -> str:
    """What a line calls a device."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
