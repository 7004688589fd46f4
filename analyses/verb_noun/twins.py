"""Two other models that learned the same sentences: one without an MLP, one with GELU neurons.

`python -m analyses.verb_noun.twins` trains them, a quarter of an hour each on one core, and writes
their weights, which are committed in `twins/`; the name of one after it trains that alone. Recipe,
seed and training sentences are the problem's own.
"""

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import torch

from models import checkpoint
from models.card import Architecture, Card, read_card
from models.problem import Problem
from models.training import Trainer
from models.transformer import initialise
from models.verb_noun.task import VerbNoun, task

Twin = Literal["attention_only", "gelu"]
TWINS = Path(__file__).with_name("twins")
"""Where the weights are kept."""


def architecture(card: Card, twin: Twin) -> Architecture:
    """The problem's own, but for the MLP."""
    changed = {"attention_only": {"d_mlp": None, "act_fn": None}, "gelu": {"act_fn": "gelu"}}
    return card.architecture.model_copy(update=changed[twin])


@cache
def trained(problem: Problem[VerbNoun], twin: Twin) -> Problem[VerbNoun]:
    """A twin behind the problem's own task, on the device of the given one."""
    stored = checkpoint.read_stored(TWINS / f"{twin}.safetensors")
    weights = checkpoint.single_precision(stored)
    return problem.with_weights(weights, architecture(problem.card, twin))


def train(card: Card, twin: Twin, state: Path | None = None) -> Trainer:
    """Train on the CPU, from the start or from where a run was left in `state`."""
    sizes, recipe, cpu = architecture(card, twin), card.training, torch.device("cpu")
    trainer = Trainer(initialise(sizes, recipe.seed, cpu), task(), recipe, cpu, sizes)
    if state is not None:
        trainer.resume(state)
    trainer.run(f"train the {twin} twin", state)
    return trainer


def main(chosen: Sequence[str]) -> None:
    """Train one or both, and write their weights. Killed and run again, it goes on."""
    card = read_card("verb_noun")
    TWINS.mkdir(exist_ok=True)
    for twin in get_args(Twin):
        if twin in (chosen or get_args(Twin)):
            model = train(card, twin, Path("build/training") / f"{card.slug}-{twin}.pt").model
            weights = checkpoint.named(model.state_dict(), card.architecture.n_heads)
            checkpoint.write(weights, TWINS / f"{twin}.safetensors")


if __name__ == "__main__":
    main(sys.argv[1:])
