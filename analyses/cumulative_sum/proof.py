"""Is the model right on every sequence? Proved, refuted by a sequence, or open."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Literal

import torch
from jaxtyping import Int

from analyses.cumulative_sum import bounds, closer
from analyses.cumulative_sum.keys import Array, keys
from analyses.cumulative_sum.one_dimensional import orderings
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem
from models.scoring import margins


@dataclass(frozen=True)
class Proof:
    """What is known of the answers to all sequences of all lengths."""

    verdict: Literal["proved", "refuted", "open"]
    margin: float
    """No sequence has a smaller one, logits; of a model that is refuted, that of `wrong`."""
    margin_to_error: float
    """The smallest lead that there can be divided by what rounding may change; above 1 if
    proved. The smallest over positions, tokens, sums and classes."""
    strays: float
    """The largest distance of an attention probability from 1 / position, over all sequences."""
    unproved: int
    """Sequences whose last answer is not known to be right; of a model that is refuted, those of
    the lengths that were looked at, the longest first, until one was found wrong."""
    wrong: tuple[int, ...] | None
    """The values of a sequence whose last answer is wrong, as run through the model."""
    least: float
    """The smallest lead of all sequences that were tried, logits: `margin` is at most so large."""
    seconds: float


def proved(problem: Problem[CumulativeSum], seconds: float = 120.0) -> Proof:
    """Bound the margins of all sequences with attention as it is, from the longest down.

    Args:
        problem: whose weights are meant.
        seconds: after these, what is not proved stays open.

    Raises:
        CheckpointError: if the model has more than one head.
    """
    started = time.monotonic()
    task = problem.task
    margin, ratio, least, unproved, wrong = inf, inf, inf, 0, None
    for n, judged in looked_at(problem, range(task.length, 0, -1), started + seconds):
        margin, ratio = min(margin, judged.margin), min(ratio, judged.margin_to_error)
        least, unproved = judged.least, unproved + unproved_sequences(judged, task, n)
        if judged.wrong is not None:
            wrong, margin = judged.wrong, margin_of(problem, judged.wrong)
            break
    return Proof(
        verdict="refuted" if wrong is not None else "open" if unproved else "proved",
        margin=margin,
        margin_to_error=ratio,
        strays=max(found.strays() for found in keys(problem)),
        unproved=unproved,
        wrong=None if wrong is None else tuple(task.values(torch.from_numpy(wrong)).tolist()),
        least=least,
        seconds=time.monotonic() - started,
    )


def looked_at(
    problem: Problem[CumulativeSum], lengths: Iterable[int], deadline: float = inf
) -> Iterator[tuple[int, closer.Judged]]:
    """What is known of all sequences of each length, judged at their last position.

    Args:
        problem: whose weights are meant.
        lengths: of the sequences.
        deadline: when to stop looking closer, by `time.monotonic`.

    Raises:
        CheckpointError: if the model has more than one head.
    """
    every, errors = keys(problem), bounds.rounding(problem).cpu().numpy()
    least = inf
    for n in lengths:
        judged = closer.judge(
            every[n - 1],
            problem.task,
            errors[n - 1],
            lambda tokens: not margin_of(problem, tokens) > 0,
            least,
            deadline,
        )
        least = judged.least
        yield n, judged


def margin_of(problem: Problem[CumulativeSum], tokens: Int[Array, " n"]) -> float:
    """The margin of the model's last answer to a sequence, logits."""
    given = torch.from_numpy(tokens).unsqueeze(0).to(problem.device)
    return float(margins(problem.task, problem.logits(given), given)[0, -1])


def unproved_sequences(judged: closer.Judged, task: CumulativeSum, n: int) -> int:
    """How many sequences of n values have a decision that is not proved."""
    ways = orderings(task, n - 1)
    decisions = judged.decisions.some(judged.open)
    pairs = set(zip(decisions.last.tolist(), decisions.before.tolist(), strict=True))
    return sum(ways[before] for _, before in pairs)
