"""Look for the inputs that a model finds hardest, by climbing."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from rich.console import Console
from torch import Tensor

from models.progress import Progress, aside


class Climb(NamedTuple):
    """Where a number of climbs ended, hardest first."""

    inputs: Int[Tensor, "chain place"]
    difficulty: Float[Tensor, " chain"]
    best: Float[Tensor, " step"]
    """The largest difficulty after each step."""


def climb(
    start: Int[Tensor, "chain place"],
    propose: Callable[[Int[Tensor, "chain place"]], Int[Tensor, "chain place"]],
    difficulty: Callable[[Int[Tensor, "chain place"]], Float[Tensor, " chain"]],
    steps: int,
    console: Console | None = None,
) -> Climb:
    """From each of several inputs, take random steps and keep those that make it harder.

    Args:
        start: where each chain begins, on the CPU.
        propose: a random neighbour of each input.
        difficulty: how hard each input is, on any device.
        steps: how many neighbours are tried, one after the other.
        console: where progress is shown; None: on standard error.
    """
    inputs, hardest, best = start.clone(), difficulty(start), []
    with Progress("search", total=steps, console=console or aside()) as progress:
        for _ in range(steps):
            proposed = propose(inputs)
            tried = difficulty(proposed)
            better = (tried > hardest).cpu()
            inputs[better] = proposed[better]
            hardest = torch.where(better.to(hardest.device), tried, hardest)
            best.append(hardest.max())
            progress.advance()
    order = hardest.argsort(descending=True)
    return Climb(inputs[order.cpu()], hardest[order].cpu(), torch.stack(best).cpu())


def first_of_each(kinds: Sequence[int], most: int) -> list[int]:
    """Where each kind comes first, of as many kinds as come first: the hardest of each.

    >>> first_of_each([7, 7, 3, 7, 5], most=2)
    [0, 2]
    """
    return [kinds.index(kind) for kind in dict.fromkeys(kinds)][:most]
