"""The same model trained once more, by the same recipe but for its weight decay: none.

`python -m analyses.cumulative_sum.without_decay` trains it and writes its weights, which are
committed beside this module: the write-up asks what weight decay is to blame for.
"""

from functools import cache
from pathlib import Path

import torch

from models import checkpoint, load
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem
from models.progress import Progress
from models.training import Trainer
from models.transformer import initialise

WEIGHTS = Path(__file__).with_name("without_decay.safetensors")


@cache
def trained_without_decay(problem: Problem[CumulativeSum]) -> Problem[CumulativeSum]:
    """That model, on the device of the given one."""
    return load(problem.card.slug, WEIGHTS, str(problem.device))


def main() -> None:
    """Train it from the start; minutes."""
    problem = load("cumulative_sum")
    recipe = problem.card.training.model_copy(update={"weight_decay": 0.0})
    cpu = torch.device("cpu")
    model = initialise(problem.card.architecture, recipe.seed, cpu)
    trainer = Trainer(model, problem.task, recipe, cpu)
    steps = recipe.epochs * recipe.steps_per_epoch
    with Progress("train without weight decay", total=steps) as progress:
        while trainer.epochs_done < recipe.epochs:
            trainer.epoch(progress)
    n_heads = problem.card.architecture.n_heads
    checkpoint.write(checkpoint.named(model.state_dict(), n_heads), WEIGHTS)


if __name__ == "__main__":
    main()
