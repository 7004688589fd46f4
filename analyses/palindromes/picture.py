"""The model's own picture: how alike its positions are, before a token is read."""

import torch
from jaxtyping import Float
from torch import Tensor

from models.palindromes.task import Palindromes
from models.problem import Problem

LOOKS = (
    "A square of small squares in two colours, the same on both sides of its diagonal, with four "
    "quarters that can be told apart"
)
"""What one sees of it."""


def alike(problem: Problem[Palindromes]) -> Float[Tensor, "value value"]:
    """Cosine between the embeddings of each two different positions that hold a value.

    What all of these positions have in common is left out first, and the diagonal is zero.
    """
    rows = problem.weights["pos_embed.W_pos"][1:-1]
    directions = torch.nn.functional.normalize(rows - rows.mean(dim=0), dim=1)
    return (directions @ directions.T).fill_diagonal_(0)
