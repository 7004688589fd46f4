"""What the model's own picture is drawn from: how alike its verbs are, before it computes."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from analyses.write_ups import carpet
from models.problem import Problem
from models.verb_noun.task import VerbNoun


def alike(problem: Problem[VerbNoun]) -> Float[Tensor, "verb verb"]:
    """Cosine between the embeddings of each two different verbs; see `carpet.alike`."""
    return carpet.alike(problem.weights["embed.W_E"][problem.task.verbs])


def seen(problem: Problem[VerbNoun]) -> dict[str, Any]:
    """What the picture is drawn from: `rows`, as `carpet.woven`."""
    return {"rows": carpet.woven(alike(problem))}
