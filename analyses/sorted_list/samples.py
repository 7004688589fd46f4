"""The lists that the Sorted List write-up is measured on: the same for every model."""

from functools import cache

import torch
from jaxtyping import Int
from torch import Tensor

from analyses.sorted_list import adversarial, triples
from models.problem import Problem
from models.sorted_list.task import SortedList

N_LISTS = 10_000
"""Fresh lists that the claims about behaviour are sampled on."""
N_PATTERNS = 2_000
"""Fresh lists that the claims about attention and ablation are sampled on."""
N_SCALED = 500
"""Fresh lists that the typical scale of the final LayerNorm is taken from."""
N_RESAMPLED = 250
"""Fresh lists at whose every label heads are resampled."""
N_FAMILY = 5_000
"""Lists of each adversarial family."""
PER_TRIPLE = 40
"""Random lists around each triple d, d + 1, d + 2."""
SEED = 2310


def evaluation(problem: Problem[SortedList], n: int = N_LISTS) -> Int[Tensor, "batch n_ctx"]:
    """The first of the evaluation lists: fresh, the same for every model."""
    return _evaluation(problem, N_LISTS)[:n]


@cache
def _evaluation(problem: Problem[SortedList], n: int) -> Int[Tensor, "batch n_ctx"]:
    return problem.fresh(n, SEED)


@cache
def sampled_triples(problem: Problem[SortedList]) -> triples.Triples:
    """The lists of the d, d + 1, d + 2 puzzle."""
    generator = torch.Generator().manual_seed(SEED)
    return triples.sample(problem.task, PER_TRIPLE, generator, problem.device)


def family_lists(problem: Problem[SortedList], name: str) -> Int[Tensor, "batch n_ctx"]:
    """The sampled lists of a family, on the CPU."""
    return adversarial.FAMILIES[name](problem.task, N_FAMILY, torch.Generator().manual_seed(SEED))
