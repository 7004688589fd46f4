"""Is the model right on every sequence? Proved, refuted by a sequence, or open."""

import time
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
    task, every = problem.task, keys(problem)
    errors = bounds.rounding(problem).cpu().numpy()
    margin, ratio, least, unproved = inf, inf, inf, 0
    wrong = None
    for found in reversed(every):
        judged = closer.judge(
            found,
            task,
            errors[found.n - 1],
            lambda tokens: not answers_right(problem, tokens),
            least,
            started + seconds,
        )
        least = judged.least
        margin = min(margin, float(judged.bounds.min()))
        ratio = min(ratio, float((judged.bounds / judged.errors).min()))
        unproved += sequences(judged, task, found.n)
        if judged.wrong is not None:
            wrong, margin = judged.wrong, least
            break
    return Proof(
        verdict="refuted" if wrong is not None else "open" if unproved else "proved",
        margin=margin,
        margin_to_error=ratio,
        strays=max(found.strays() for found in every),
        unproved=unproved,
        wrong=None if wrong is None else tuple(task.values(torch.from_numpy(wrong)).tolist()),
        least=least,
        seconds=time.monotonic() - started,
    )


def answers_right(problem: Problem[CumulativeSum], tokens: Int[Array, " n"]) -> bool:
    """Whether the model's last answer to a sequence is right; a tie is not."""
    given = torch.from_numpy(tokens).unsqueeze(0)
    logits, right = problem.logits(given)[0, -1], problem.task.answers(given)[0, -1]
    return bool((logits.cpu() < logits[right].cpu()).sum() == len(logits) - 1)


def sequences(judged: closer.Judged, task: CumulativeSum, n: int) -> int:
    """How many sequences of n values have a decision that is not proved."""
    ways = orderings(task, n - 1)
    decisions = judged.decisions.some(judged.open)
    pairs = set(zip(decisions.last.tolist(), decisions.before.tolist(), strict=True))
    return sum(ways[before] for _, before in pairs)
