"""The sequences that the Palindromes write-up is measured on: the same for every model."""

from functools import cache

from jaxtyping import Int
from torch import Tensor

from models.palindromes.task import Palindromes
from models.problem import Problem

N_SEQUENCES = 10_000
"""Fresh sequences of the problem's own kind."""
SEED = 2307


@cache
def evaluation(problem: Problem[Palindromes]) -> Int[Tensor, "batch n_ctx"]:
    """Sequences of the problem's own kind, fresh, the same for every model."""
    return problem.fresh(N_SEQUENCES, SEED)
