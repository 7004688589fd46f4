"""Training speed: the trainer, against the same loop over a plain torch module."""

import time
from itertools import islice

import torch

from models import checkpoint, load
from models.plain import PlainTransformer
from models.training import Trainer
from models.transformer import initialise
from tests.bench.figures import Figure

WARM_UP, STEPS, ROUNDS = 5, 20, 3


def figures(slug: str) -> list[Figure]:
    """Optimiser steps per second of both, on the CPU."""
    problem = load(slug)
    card, device = problem.card, torch.device("cpu")
    model = initialise(card.architecture, card.training.seed, device)
    named = checkpoint.named(model.state_dict(), card.architecture.n_heads)
    trainers = [
        Trainer(module, problem.task, card.training, device)
        for module in (model, PlainTransformer(named, card.architecture))
    ]
    # In turns, so that a busy moment of the machine does not fall on one of them alone.
    rounds = [[steps_per_second(trainer) for trainer in trainers] for _ in range(ROUNDS)]
    ours, plain = (max(speeds) for speeds in zip(*rounds, strict=True))
    return [
        Figure(name=f"train {slug}", value=ours, unit="steps/s"),
        Figure(name=f"train {slug}, plain torch module", value=plain, unit="steps/s"),
        Figure(name=f"train {slug}, plain / ours", value=plain / ours, unit="x"),
    ]


def steps_per_second(trainer: Trainer) -> float:
    """Speed of one trainer over a few batches."""
    batches = list(islice(trainer.batches(), WARM_UP + STEPS))
    for batch in batches[:WARM_UP]:
        trainer.step(batch, trainer.recipe.lr)
    start = time.perf_counter()
    for batch in batches[WARM_UP:]:
        trainer.step(batch, trainer.recipe.lr)
    return STEPS / (time.perf_counter() - start)
