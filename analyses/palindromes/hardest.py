"""The single changes that fool the model most, found by climbing."""

from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.search import Climb, climb
from analyses.palindromes.changes import above
from analyses.palindromes.samples import Model
from models.palindromes.task import Palindromes

CHAINS, STEPS = 100, 400
SEED = 13


def with_one_change(
    task: Palindromes, n: int, generator: torch.Generator
) -> Int[Tensor, "chain n_ctx"]:
    """Random palindromes, each with one random place changed."""
    return task.with_changes(task.palindromes(n, generator), torch.ones(n).long(), generator)


def neighbours(
    task: Palindromes, tokens: Int[Tensor, "chain n_ctx"], generator: torch.Generator
) -> Int[Tensor, "chain n_ctx"]:
    """The same with the values of one random pair drawn anew: equal ones, or two different ones if
    it is the pair that differs.
    """
    rows = torch.arange(len(tokens))
    place = torch.randint(len(task.places), (len(tokens),), generator=generator)
    n = task.max_value + 1
    value = torch.randint(n, (len(tokens),), generator=generator)
    step = torch.randint(1, n, (len(tokens),), generator=generator)
    differs = task.differs(tokens)[rows, place]
    at = place + task.places.start
    found = tokens.clone()
    found[rows, at] = value
    found[rows, task.length + 1 - at] = torch.where(differs, (value + step) % n, value)
    return found


@cache
def hardest(problem: Model) -> Climb:
    """Where climbs end; how hard a sequence is, is how far yes is above no, in logits."""
    task, generator = problem.task, torch.Generator().manual_seed(SEED)

    def difficulty(tokens: Int[Tensor, "chain n_ctx"]) -> Float[Tensor, " chain"]:
        return above(problem, tokens)

    return climb(
        with_one_change(task, CHAINS, generator),
        lambda tokens: neighbours(task, tokens, generator),
        difficulty,
        STEPS,
    )
