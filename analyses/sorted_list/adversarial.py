"""Lists that the model sorts wrongly: families of them, and a search for the worst."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from rich.console import Console
from torch import Tensor

from analyses.instruments.attention import label_patterns, most_attended
from analyses.instruments.search import climb
from models.problem import Problem
from models.scoring import answer_log_probs, is_correct
from models.sorted_list.task import SortedList

Sampler = Callable[[SortedList, int, torch.Generator], Int[Tensor, "n n_ctx"]]

HIGH = 30
"""Lists of the family `high` hold no value below this one."""
GAP = 30
"""Lists of the family `gap` leave out so many values in a row, in the middle."""


def random_lists(task: SortedList, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
    """Lists as the task draws them."""
    return task.sample(n, generator)


def high(task: SortedList, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
    """All ten values from `HIGH` upwards."""
    allowed = torch.arange(HIGH, task.max_value + 1)
    return _from(task, allowed, n, generator)


def gap(task: SortedList, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
    """Values below and above a gap of `GAP` values in the middle, and at least one of each.

    Lists that fall on one side by chance are drawn again.
    """
    side = (task.max_value + 1 - GAP) // 2
    allowed = torch.cat([torch.arange(side), torch.arange(side + GAP, task.max_value + 1)])
    return _from(
        task, allowed, n, generator, lambda values: (values < side).any(1) & (values >= side).any(1)
    )


def low(task: SortedList, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
    """All ten values at most as large as leaves them as many to choose from as `high` has."""
    return _from(task, torch.arange(task.max_value + 1 - HIGH), n, generator)


def neighbours(task: SortedList, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
    """Ten values in a row, in random order."""
    first = torch.randint(task.max_value + 2 - task.list_length, (n, 1), generator=generator)
    order = torch.rand(n, task.list_length, generator=generator).argsort(dim=1)
    return task.complete(first + order)


FAMILIES: dict[str, Sampler] = {
    "random": random_lists,
    "high": high,
    "gap": gap,
    "neighbours": neighbours,
    "low": low,
}
UNUSUAL = ("high", "gap", "neighbours")
"""The families of which the mechanism leads one to expect that they fail."""
TOP = 6
"""Of how many of the largest values a page asks whether the last positions favour them."""


def _from(
    task: SortedList,
    allowed: Int[Tensor, " value"],
    n: int,
    generator: torch.Generator,
    keep: Callable[[Tensor], Tensor] | None = None,
) -> Int[Tensor, "n n_ctx"]:
    kept = torch.empty(0, task.list_length, dtype=torch.int64)
    while len(kept) < n:
        noise = torch.rand(n, len(allowed), generator=generator)
        values = allowed[noise.argsort(dim=1)[:, : task.list_length]]
        kept = torch.cat([kept, values if keep is None else values[keep(values)]])
    return task.complete(kept[:n])


class Score(NamedTuple):
    """How badly the model does on some lists."""

    loss: Float[Tensor, " batch"]
    """Mean over the ten predictions, nats."""
    wrong: Int[Tensor, " batch"]
    """Number of wrong predictions."""

    def fails(self) -> Bool[Tensor, " batch"]:
        """Whether at least one prediction is wrong."""
        return self.wrong > 0


def score(problem: Problem[SortedList], tokens: Int[Tensor, "batch n_ctx"]) -> Score:
    """Run the model on lists and mark its predictions."""
    tokens = tokens.to(problem.device)
    logits = problem.logits(tokens)
    return Score(
        loss=-answer_log_probs(problem.task, logits, tokens).mean(dim=1),
        wrong=(~is_correct(problem.task, logits, tokens)).sum(dim=1),
    )


class Places(NamedTuple):
    """Where lists go wrong first, as shares of the lists that go wrong; 0 if none does."""

    at_sep: float
    at_widest_gap: float
    """At the value just before the list's widest step between sorted neighbours."""


def wrong_places(problem: Problem[SortedList], tokens: Int[Tensor, "batch n_ctx"]) -> Places:
    """Find the first wrong prediction of each list that has one."""
    tokens = tokens.to(problem.device)
    wrong = ~is_correct(problem.task, problem.logits(tokens), tokens)
    failing = wrong.any(dim=1)
    if not failing.any():
        return Places(0.0, 0.0)
    first = wrong[failing].int().argmax(dim=1)
    widest = problem.task.answers(tokens)[failing].diff(dim=1).argmax(dim=1)
    return Places(
        at_sep=float((first == 0).double().mean()),
        at_widest_gap=float((first == widest + 1).double().mean()),
    )


def looks_across_gap(problem: Problem[SortedList], tokens: Int[Tensor, "batch n_ctx"]) -> float:
    """Share of lists in which some head, at the value before the widest gap, attends most
    to the value beyond it.
    """
    answers = problem.task.answers(tokens)
    label = answers.diff(dim=1).argmax(dim=1) + 1
    rows = torch.arange(len(tokens), device=tokens.device)
    seen = most_attended(label_patterns(problem, tokens), tokens)[rows, :, label]
    return float((seen == answers[rows, label][:, None]).any(dim=1).double().mean())


def distinct(task: SortedList, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "some n_ctx"]:
    """The first of every group of lists that hold the same values."""
    seen: set[int] = set()
    first = [
        row
        for row, key in enumerate(task.keys(tokens).tolist())
        if not (key in seen or seen.add(key))
    ]
    return tokens[first]


class Search(NamedTuple):
    """What a search found, worst first."""

    tokens: Int[Tensor, "chain n_ctx"]
    loss: Float[Tensor, " chain"]
    """Nats."""
    wrong: Int[Tensor, " chain"]
    best_loss: Float[Tensor, " step"]
    """Largest loss found after each step, nats."""


def search(
    problem: Problem[SortedList],
    chains: int,
    steps: int,
    generator: torch.Generator,
    console: Console | None = None,
) -> Search:
    """Climb towards lists with the largest loss.

    Every chain starts at a random list. A step changes one value of each list to one that
    it does not hold, or swaps two of its places, and keeps the change if the loss grows.
    Progress is shown on `console`; None: on standard error.
    """
    task = problem.task
    found = climb(
        task.sample(chains, generator)[:, : task.list_length],
        lambda values: _neighbour(task, values, generator),
        lambda values: score(problem, task.complete(values)).loss,
        steps,
        console,
    )
    tokens = task.complete(found.inputs)
    final = score(problem, tokens)
    return Search(tokens, final.loss.cpu(), final.wrong.cpu(), found.best)


def _neighbour(
    task: SortedList, values: Int[Tensor, "chain list"], generator: torch.Generator
) -> Int[Tensor, "chain list"]:
    chains, length = values.shape
    rows = torch.arange(chains)
    noise = torch.rand(chains, task.max_value + 1, generator=generator)
    unused = noise.scatter(1, values, -1.0).argmax(dim=1)
    place = torch.randint(length, (2, chains), generator=generator)
    changed = values.clone()
    changed[rows, place[0]] = unused
    swapped = values.clone()
    swapped[rows, place[0]], swapped[rows, place[1]] = (
        values[rows, place[1]],
        values[rows, place[0]],
    )
    swap = torch.rand(chains, generator=generator) < 0.5
    return torch.where(swap[:, None], swapped, changed)
