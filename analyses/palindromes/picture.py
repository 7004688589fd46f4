"""The model's own picture: how alike its positions are, before a token is read."""

from collections.abc import Mapping
from typing import Any

from jaxtyping import Float
from torch import Tensor

from analyses.write_ups import carpet
from models.palindromes.task import Palindromes
from models.problem import Problem

LOOKS = (
    "A square of small squares in two colours, the same on both sides of its diagonal, with four "
    "quarters that can be told apart"
)
"""What one sees of it."""


def alike(problem: Problem[Palindromes]) -> Float[Tensor, "value value"]:
    """Cosine between the embeddings of each two different positions that hold a value; see
    `carpet.alike`.
    """
    return carpet.alike(problem.weights["pos_embed.W_pos"][1:-1])


def seen(problem: Problem[Palindromes]) -> dict[str, Any]:
    """What the picture is drawn from: `rows`, as `carpet.woven`."""
    return {"rows": carpet.woven(alike(problem))}


def drawn(seen: Mapping[str, Any], *, small: bool = False) -> str:
    """The SVG; see `carpet.carpet`."""
    return carpet.carpet(seen["rows"], LOOKS, small=small)
