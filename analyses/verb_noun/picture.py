"""The model's own picture: how alike its verbs are, before anything is computed with them."""

import torch
from jaxtyping import Float
from torch import Tensor

from models.problem import Problem
from models.verb_noun.task import VerbNoun

LOOKS = (
    "A square of small squares in two colours, the same on both sides of its diagonal, beside "
    "which some pairs of neighbours stand out"
)
"""What one sees of it."""


def alike(problem: Problem[VerbNoun]) -> Float[Tensor, "verb verb"]:
    """Cosine between the embeddings of each two different verbs.

    What all of them have in common is left out first, and the diagonal is zero.
    """
    rows = problem.weights["embed.W_E"][problem.task.verbs]
    directions = torch.nn.functional.normalize(rows - rows.mean(dim=0), dim=1)
    return (directions @ directions.T).fill_diagonal_(0)
