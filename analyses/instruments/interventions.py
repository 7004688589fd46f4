"""Interventions that explanations can be asked about."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

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
