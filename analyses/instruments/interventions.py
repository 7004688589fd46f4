"""Interventions that explanations can be asked about."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from jaxtyping import Float
from torch import Tensor

from analyses.instruments.ablation import mean_ablate
from analyses.instruments.heads import heads
from analyses.instruments.replacing import Tokens
from models.problem import Problem


@dataclass(frozen=True)
class Intervention:
    """Something done to a model while it runs, which explanations can be asked about."""

    name: str
    """By which they know it."""
    what: str
    """In words."""
    run: Callable[[Problem[Any], Tokens], Float[Tensor, "batch pos d_vocab_out"]]


def head_ablations(problem: Problem[Any]) -> list[Intervention]:
    """Each head mean ablated."""
    return [
        Intervention(str(head), f"head {head} mean ablated", partial(mean_ablate, parts=head))
        for head in heads(problem)
    ]
