"""The model trained again, by the committed recipe and by others, and what it then answers.

`python -m analyses.labelling_function.mistakes.retrain NAME` trains one of the `RUNS`, some minutes
each, and writes its answers to all points, with the recipe that gave them, to `retrained/`. The
answers are committed in place of the weights: they are what is compared, and a few kB.
"""

import argparse
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import torch
from jaxtyping import UInt8
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from analyses.labelling_function.points import Map, as_map, drawn, red_over_blue
from models.card import Card, Training, read_card
from models.labelling_function.task import SIDE, task
from models.problem import BATCH
from models.retraining import train_again

RETRAINED = Path(__file__).with_name("retrained")
POINTS = SIDE**2
RUNS: Mapping[str, Mapping[str, int]] = {
    "as-committed": {},
    "seed-0": {"seed": 0},
    "seed-2": {"seed": 2},
    "longer": {"epochs": 400},
    "smaller-batches": {"batch_size": 32},
    "all-points": {"n_sequences": POINTS},
    "all-points-seed-2": {"n_sequences": POINTS, "seed": 2},
}
"""What of the committed recipe each run changes. The seed draws the weights to begin with, the half
of the points that is trained on, and the order of these."""


def recipe(card: Card, run: str) -> Training:
    """How a run trains."""
    return card.training.model_copy(update=dict(RUNS[run]))


def stored(run: str) -> Path:
    """Where the answers of a run are kept."""
    return RETRAINED / f"{run}.safetensors"


def packed(red: Map) -> UInt8[Tensor, " byte"]:
    """A map as bits, row by row, the first of each byte the highest; the last byte is filled up."""
    bits = torch.nn.functional.pad(red.flatten().to(torch.uint8), (0, -POINTS % 8)).reshape(-1, 8)
    return (bits << torch.arange(7, -1, -1, dtype=torch.uint8)).sum(dim=1, dtype=torch.uint8)


def unpacked(packed: UInt8[Tensor, " byte"]) -> Map:
    """The map that `packed` made bits of."""
    bits = packed[:, None] >> torch.arange(7, -1, -1, dtype=torch.uint8) & 1
    return as_map(bits.flatten()[:POINTS].bool())


@cache
def answers(run: str) -> Map:
    """Whether the model of a run says red."""
    with safe_open(stored(run), framework="pt") as file:
        return unpacked(file.get_tensor("answers"))


def recipe_stored(run: str) -> Training:
    """The recipe beside the answers of a run."""
    with safe_open(stored(run), framework="pt") as file:
        return Training.model_validate_json(file.metadata()["recipe"])


@cache
def trained_on(run: str) -> Map:
    """Whether the model of a run was trained on a point."""
    return drawn(task(), recipe_stored(run))


def train(card: Card, run: str) -> Map:
    """Train from the start; the answers at the end."""
    changed = card.model_copy(update={"training": recipe(card, run)})
    trainer = train_again(changed, task(), f"train {run}")
    with torch.no_grad():
        logits = torch.cat([trainer.model(part) for part in task().every().split(BATCH)])
    return red_over_blue(logits) > 0


def main(arguments: list[str] | None = None) -> None:
    """Train one, and write its answers."""
    parser = argparse.ArgumentParser(
        prog="python -m analyses.labelling_function.mistakes.retrain", description=__doc__
    )
    parser.add_argument("run", choices=RUNS)
    run = parser.parse_args(arguments).run
    card = read_card("labelling_function")
    RETRAINED.mkdir(exist_ok=True)
    given = {"recipe": recipe(card, run).model_dump_json()}
    save_file({"answers": packed(train(card, run))}, stored(run), given)


if __name__ == "__main__":
    main()
