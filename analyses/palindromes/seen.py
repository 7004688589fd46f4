"""What the model's own picture is drawn from: how alike its positions are, before it computes."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from analyses.write_ups import carpet
from models.palindromes.task import Palindromes
from models.problem import Problem


def alike(problem: Problem[Palindromes]) -> Float[Tensor, "value value"]:
    """Cosine between the embeddings of each two different positions that hold a value; see
    `carpet.alike`.
    """
    return carpet.alike(problem.weights["pos_embed.W_pos"][1:-1])


def seen(problem: Problem[Palindromes]) -> dict[str, Any]:
    """What the picture is drawn from: `rows`, as `carpet.woven`."""
    return {"rows": carpet.woven(alike(problem))}
