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

from models import checkpoint
from models.card import Architecture, Card, read_card
from models.problem import Problem
from models.retraining import train_again, write_weights
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


def main(chosen: Sequence[str]) -> None:
    """Train one or both, and write their weights. Killed and run again, it goes on."""
    card = read_card("verb_noun")
    for twin in get_args(Twin):
        if twin in (chosen or get_args(Twin)):
            changed = card.model_copy(update={"architecture": architecture(card, twin)})
            state = Path("build/training") / f"{card.slug}-{twin}.pt"
            trainer = train_again(changed, task(), f"train the {twin} twin", state)
            write_weights(trainer, changed, TWINS / f"{twin}.safetensors")


if __name__ == "__main__":
    main(sys.argv[1:])
