"""A search for the sequences that the model is least sure of."""

import torch
from jaxtyping import Float, Int
from rich.console import Console
from torch import Tensor

from analyses.instruments.search import Climb, climb
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem
from models.scoring import margins


def smallest_margin(
    problem: Problem[CumulativeSum], tokens: Int[Tensor, "batch n_ctx"]
) -> Float[Tensor, " batch"]:
    """The smallest margin of each sequence, logits; negative where it fails somewhere."""
    tokens = tokens.to(problem.device)
    return margins(problem.task, problem.logits(tokens), tokens).amin(dim=1)


def search(
    problem: Problem[CumulativeSum],
    chains: int,
    steps: int,
    generator: torch.Generator,
    console: Console | None = None,
) -> Climb:
    """Climb towards sequences whose smallest margin is smallest, one changed value at a time.

    The difficulty is the smallest margin with its sign turned.
    """
    return climb(
        problem.task.sample(chains, generator),
        lambda tokens: _neighbour(problem.task, tokens, generator),
        lambda tokens: -smallest_margin(problem, tokens),
        steps,
        console,
    )


def _neighbour(
    task: CumulativeSum, tokens: Int[Tensor, "chain n_ctx"], generator: torch.Generator
) -> Int[Tensor, "chain n_ctx"]:
    """Give another value to one place, or to two, so that a sum can also stay as it is."""
    rows = torch.arange(len(tokens))
    places = torch.randint(task.length, (2, len(tokens)), generator=generator)
    drawn = torch.randint(task.d_vocab, (2, len(tokens)), generator=generator)
    twice = torch.rand(len(tokens), generator=generator) < 0.5
    changed = tokens.clone()
    changed[rows, places[0]] = drawn[0]
    changed[rows, places[1]] = torch.where(twice, drawn[1], changed[rows, places[1]])
    return changed


def taken_back(task: CumulativeSum) -> Int[Tensor, "sequence n_ctx"]:
    """All sequences of zeros with one other value somewhere, which the last one takes back.

    >>> taken_back(CumulativeSum(length=3, max_value=1)).tolist()
    [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]]
    """
    zeros = [0] * task.length
    found = []
    for value in (*range(-task.max_value, 0), *range(1, task.max_value + 1)):
        for place in range(task.length - 1):
            found.append([*zeros[:place], value, *zeros[place + 1 : -1], -value])
    return task.encode(found)
