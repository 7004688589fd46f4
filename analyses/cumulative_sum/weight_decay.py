"""The same model trained again, by the same recipe but for its weight decay and its seed.

`python -m analyses.cumulative_sum.weight_decay DECAY SEED` trains one and writes its weights,
which are committed in `retrained/`: the write-up asks what weight decay is to blame for, and one
run could be an accident.
"""

import argparse
from functools import cache
from pathlib import Path

from models import load
from models.card import read_card
from models.cumulative_sum.task import CumulativeSum, task
from models.problem import Problem
from models.retraining import train_again, write_weights

RETRAINED = Path(__file__).with_name("retrained")
SEEDS = (0, 1, 2)
"""Seeds of initialisation and training data; the committed model has the first."""


def weights(decay: float, seed: int) -> Path:
    """Where the weights of a run are kept."""
    return RETRAINED / f"decay-{decay:g}-seed-{seed}.safetensors"


@cache
def trained(problem: Problem[CumulativeSum], decay: float, seed: int) -> Problem[CumulativeSum]:
    """The model of a run, on the device of the given one."""
    return load(problem.card.slug, weights(decay, seed), str(problem.device))


def main(arguments: list[str] | None = None) -> None:
    """Train one from the start; minutes."""
    parser = argparse.ArgumentParser(
        prog="python -m analyses.cumulative_sum.weight_decay", description=__doc__
    )
    parser.add_argument("decay", type=float)
    parser.add_argument("seed", type=int)
    asked = parser.parse_args(arguments)
    card = read_card("cumulative_sum")
    recipe = card.training.model_copy(update={"weight_decay": asked.decay, "seed": asked.seed})
    changed = card.model_copy(update={"training": recipe})
    trainer = train_again(changed, task(), f"train with weight decay {asked.decay:g}")
    write_weights(trainer, changed, weights(asked.decay, asked.seed))


if __name__ == "__main__":
    main()
