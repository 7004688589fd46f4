"""The sequences that the Palindromes write-up is measured on: the same for every model."""

from functools import cache

import torch
from jaxtyping import Int
from torch import Tensor

from models.palindromes.task import NO, YES, Palindromes
from models.problem import Problem

N_SEQUENCES = 10_000
"""Fresh sequences of the problem's own kind."""
N_LOOKED_AT = 1_000
"""Of these, or of palindromes, where attention and interventions are looked at."""
CONTEXTS = 32
"""Palindromes in which every single change is made."""
SEED = 2307
UNSEEN = 2026
"""Seed of sequences for what was claimed after it had been seen on the others."""

Model = Problem[Palindromes]
Tokens = Int[Tensor, "batch n_ctx"]


def evaluation(problem: Model, seed: int = SEED) -> Tokens:
    """Sequences of the problem's own kind, fresh, the same for every model."""
    return _drawn(problem, seed)


# A seed that is left out and the same one given would be drawn twice.
@cache
def _drawn(problem: Model, seed: int) -> Tokens:
    return problem.fresh(N_SEQUENCES, seed)


def palindromes(problem: Model, seed: int = SEED) -> Tokens:
    """Those of them that are palindromes."""
    tokens = evaluation(problem, seed)
    return tokens[problem.task.answers(tokens)[:, 0] == YES][:N_LOOKED_AT]


def others(problem: Model) -> Tokens:
    """Those of them that are none."""
    tokens = evaluation(problem)
    return tokens[problem.task.answers(tokens)[:, 0] == NO][:N_LOOKED_AT]


def with_changes(problem: Model, changes: int) -> Tokens:
    """The palindromes among them, with so many random places changed in each."""
    generator = torch.Generator().manual_seed(SEED + changes)
    tokens = palindromes(problem).cpu()
    counts = torch.full((len(tokens),), changes)
    return problem.task.with_changes(tokens, counts, generator).to(problem.device)


def changed_at(problem: Model, place: int, seed: int = SEED) -> Tokens:
    """The same palindromes with another random value at one place of each."""
    generator = torch.Generator().manual_seed(seed + 100 * place)
    tokens = palindromes(problem, seed).clone()
    values = problem.task.max_value + 1
    step = torch.randint(1, values, (len(tokens),), generator=generator).to(tokens.device)
    tokens[:, place] = (tokens[:, place] + step) % values
    return tokens
