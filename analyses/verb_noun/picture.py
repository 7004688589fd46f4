"""The model's own picture: how alike its verbs are, before anything is computed with them."""

from collections.abc import Mapping
from typing import Any

from jaxtyping import Float
from torch import Tensor

from analyses.write_ups import carpet
from models.problem import Problem
from models.verb_noun.task import VerbNoun

LOOKS = (
    "A square of small squares in two colours, the same on both sides of its diagonal, beside "
    "which some pairs of neighbours stand out"
)
"""What one sees of it."""


def alike(problem: Problem[VerbNoun]) -> Float[Tensor, "verb verb"]:
    """Cosine between the embeddings of each two different verbs; see `carpet.alike`."""
    return carpet.alike(problem.weights["embed.W_E"][problem.task.verbs])


def seen(problem: Problem[VerbNoun]) -> dict[str, Any]:
    """What the picture is drawn from: `rows`, as `carpet.woven`."""
    return {"rows": carpet.woven(alike(problem))}


def drawn(seen: Mapping[str, Any], *, small: bool = False) -> str:
    """The SVG; see `carpet.carpet`."""
    return carpet.carpet(seen["rows"], LOOKS, small=small)
