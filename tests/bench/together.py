"""Models per hour, trained one by one and many seeds at once, on a GPU where there is one.

Extrapolated from a few optimiser steps to the whole recipe: drawing the sequences, initial weights
and compiling are left out of both. One process; a sweep on a CPU runs one on each core.
"""

import time
from collections.abc import Callable

import torch

from models import load
from models.together import Together
from models.training import begin
from tests.bench.figures import Figure

AT_ONCE = {"cpu": (1, 4, 16), "cuda": (100,)}
"""Numbers of seeds that are trained together."""
WARM_UP, STEPS, ROUNDS = 5, 15, 3


def device() -> torch.device:
    """What is measured on."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def figures(slug: str) -> list[Figure]:
    """Models per hour of both ways, and how many times as many are trained at once."""
    problem, on = load(slug), device()
    steps = problem.card.training.epochs_run * problem.card.training.steps_per_epoch
    # As many sequences as the steps that are measured need.
    few = {"n_sequences": (WARM_UP + STEPS) * problem.card.training.batch_size}
    recipe = problem.card.training.model_copy(update={**few, "stopped_after": None})
    card = problem.card.model_copy(update={"training": recipe})

    def one_by_one() -> float:
        trainer = begin(card, problem.task, on)
        batches = trainer.batches()
        return seconds_for_a_step(lambda: trainer.step(next(batches), recipe.lr), on)

    def at_once(n: int) -> float:
        runs = Together(card, problem.task, range(1, n + 1), on)
        batches = runs.batches()
        return seconds_for_a_step(lambda: runs.step(*next(batches), recipe.lr), on) / n

    # In turns, so that a busy moment of the machine does not fall on one of them alone.
    rounds = [[one_by_one(), *(at_once(n) for n in AT_ONCE[on.type])] for _ in range(ROUNDS)]
    single, *together = (3600 / (steps * min(seconds)) for seconds in zip(*rounds, strict=True))
    found = [Figure(name=f"{slug} on {on.type}, one by one", value=single, unit="models/h")]
    for n, speed in zip(AT_ONCE[on.type], together, strict=True):
        what = f"{slug} on {on.type}, {n} at once"
        found += [
            Figure(name=what, value=speed, unit="models/h"),
            Figure(name=f"{what} / one by one", value=speed / single, unit="x"),
        ]
    return found


def seconds_for_a_step(step: Callable[[], object], on: torch.device) -> float:
    """How long a step takes, mean over a few; a GPU has to be waited for."""
    for _ in range(WARM_UP):
        step()
    waited(on)
    start = time.perf_counter()
    for _ in range(STEPS):
        step()
    waited(on)
    return (time.perf_counter() - start) / STEPS


def waited(on: torch.device) -> None:
    """Until the device has nothing left to do."""
    if on.type == "cuda":
        torch.cuda.synchronize(on)
