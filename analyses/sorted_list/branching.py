"""A proof by cases that are halved where they have to be.

    from analyses.sorted_list.branching import prove
    found = prove(problem)

The answer y is right if its logit is above that of each other class t. Times `scale`, which is
positive, that margin is `terms.direct` and what the heads write, and `scale` times a difference of
b_U, of which 0 and the largest `scale` are the ends. So the heads have to write no less than
`needed`, rounding included; and `kernel` bounds from below what they write in all lists of a case.

Coarsest are the cases of a label, the value d that is read there and the right answer y. One that
is not proved is halved at one of the other sorted values, as long as it has enough lists. Where to
halve is a guess and decides how many cases it takes; what is proved does not rest on it.

A proof that is interrupted goes on where it was, if it is given a file to keep its state in. The
file belongs to the weights, what was asked and this code; with any other it is not used.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import groupby
from math import comb
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float

from analyses.evidence.bounds import ROUNDOFF_64, gamma
from analyses.evidence.unfinished import Unfinished, cores, key
from analyses.sorted_list import cases, kernel, rounding, terms
from analyses.sorted_list.cases import Case, roots
from models.problem import Problem
from models.progress import Progress, aside
from models.sorted_list.task import SortedList

SMALLEST = tuple(10**power for power in range(10, 1, -1))
"""Cases of fewer lists are not halved, at each level of the ladder; the last one is where the
proof ends."""
COARSE, FIRST = 2, 5
"""Levels that are gone through in any case, and for any model of which those prove something; so
many take seconds."""
MOST_CASES = 8_000_000
"""A level is gone to if what is left unproved would not make more cases than this, each of them as
small as it may be there."""
SECONDS_BETWEEN_SAVES = 5.0
MOST_LISTS = 2**62
"""The compiled loops count in 64 bits."""


class Level(NamedTuple):
    """What the cases prove if those of fewer than `smallest` lists are not halved."""

    smallest: int
    """Lists, each of them a set of values in any order; as everywhere here."""
    cases: tuple[int, ...]
    """Number of cases, by label."""
    proved: tuple[int, ...]
    """Lists that are surely answered right, in whatever order, by label."""


class Proof(NamedTuple):
    """What is proved, from the coarsest cases to the finest."""

    levels: tuple[Level, ...]
    lists: int
    """Number of lists; each has an answer at every label."""
    seconds: float
    """Time it took, without compiling; that of interrupted runs is added."""
    threads: int

    def unproved(self) -> int:
        """Answers that are left unproved at the finest level, of lists at all labels."""
        return sum(self.lists - proved for proved in self.levels[-1].proved)


class Tables(NamedTuple):
    """The terms of a model and their errors, as the compiled loops want them."""

    weights: Float[np.ndarray, "label d_vocab head n_ctx d_vocab"]
    """`exp(score)` of each key, less the largest score of the query."""
    errors: Float[np.ndarray, "label d_vocab head"]
    """By what share these may be off."""
    writes: Float[np.ndarray, "head d_vocab_out n_ctx d_vocab"]
    needed: Float[np.ndarray, "label d_vocab d_vocab_out d_vocab_out"]
    """What heads have to write to the difference of the logits of y and t, `[..., y, t]`."""


def tables(problem: Problem[SortedList]) -> Tables:
    """Compute what the bounds are made of.

    Where rounding is not bounded, `needed` is infinite, and nothing will be proved.

    Raises:
        ValueError: if the model is none that `terms` describes.
    """
    found, off = terms.terms(problem), rounding.rounding(problem)
    scores = found.scores - found.scores.amax(dim=(3, 4), keepdim=True)
    # What exp and the kernel's additions round is added here to what the scores are off.
    errors = off.weight + 2 * gamma(200, ROUNDOFF_64)
    bias = (found.bias - found.bias.unsqueeze(1)).clamp(min=0)
    needed = (
        found.direct.unsqueeze(-2)
        - found.direct.unsqueeze(-1)
        + off.logit.unsqueeze(-2)
        + off.logit.unsqueeze(-1)
        + off.scale[..., None, None] * bias
    )
    bounded = errors.isfinite().all(dim=0)[..., None, None] & needed.isfinite()
    needed, errors = needed.where(bounded, torch.inf), errors.nan_to_num(0.0, 0.0, 0.0)
    return Tables(
        np.ascontiguousarray(scores.exp().permute(1, 2, 0, 3, 4).numpy()),
        np.ascontiguousarray(errors.permute(1, 2, 0).numpy()),
        np.ascontiguousarray(found.writes.permute(0, 3, 1, 2).numpy()),
        needed.numpy(),
    )


def written(tables: Tables, case: Case, other: int) -> float:
    """No list of a case lets the heads write less than this, together, to the difference of the
    logits of the answer and another class, rounding of the model included.

    In units of `scale` times logits; -inf if no bound was found.
    """
    case, query = case.tightened(), _token(tables, case)
    weights, errors = tables.weights[case.label, query], tables.errors[case.label, query]
    n, d_vocab = len(case.low), weights.shape[-1]
    low, high = np.array(case.low), np.array(case.high)
    scratch = np.empty((2, d_vocab)), np.empty((n, d_vocab)), np.empty((n, d_vocab))
    return sum(
        kernel.highest(w, error, c[case.answer], c[other], 0.0, case.label, low, high, *scratch)
        for w, error, c in zip(weights, errors, tables.writes, strict=True)
    )


def margin(tables: Tables, case: Case) -> float:
    """No list of a case has a smaller margin of the answer over any other class; in units of
    `scale` times logits, rounding and b_U included. It is right in all of them if this is
    positive.
    """
    needed = tables.needed[case.label, _token(tables, case), case.answer]
    return min(
        written(tables, case, other) - float(needed[other])
        for other in range(len(needed))
        if other != case.answer
    )


def _token(tables: Tables, case: Case) -> int:
    sep = tables.weights.shape[-1] - 1
    return sep if case.query is None else case.query


def prove(
    problem: Problem[SortedList],
    smallest: Sequence[int] = SMALLEST,
    *,
    threads: int | None = None,
    state: Path | None = None,
    progress: Progress | None = None,
) -> Proof:
    """Prove what can be proved by cases of given sizes, and count it.

    Args:
        problem: whose weights are meant; it may lie on any device, the bounds are computed on
            the CPU.
        smallest: for each level how many lists a case must have at least to be halved.
        threads: as many as there are cores, if not given.
        state: a file in which finished parts are kept until all are; it may not exist yet.
        progress: told of the coarsest cases done; `cases.roots` are all of them.

    Raises:
        ValueError: if levels do not descend or end below 2, if the task has too many lists to
            count, or the model is none that `terms` describes.
        KeyboardInterrupt: as it came; what was done is then in the file.
    """
    levels = np.array(smallest, dtype=np.int64)
    if len(levels) == 0 or (np.diff(levels) >= 0).any() or levels[-1] < 2:
        raise ValueError(f"smallest is {list(smallest)}; expected descending numbers from 2 up.")
    lists = comb(problem.task.max_value + 1, problem.task.list_length)
    if lists > MOST_LISTS:
        raise ValueError(f"the task has {lists} lists; at most {MOST_LISTS} can be counted.")
    found = tables(problem)
    parts = [list(part) for _, part in groupby(roots(problem.task), lambda c: (c.label, c.answer))]
    code = [Path(str(module.__file__)) for module in (cases, kernel)]
    asked = (problem.task, levels.tolist())
    kept: Unfinished[list[list[int]]] = Unfinished.load(
        state, key(asked, found, [*code, Path(__file__)])
    )
    # Compiling is not what takes the time that is told.
    _halve(found, parts[0][:1], levels[:1])
    began, saved = time.monotonic() - kept.seconds, time.monotonic()
    threads = threads or cores()
    with ThreadPoolExecutor(threads) as pool:
        waiting = {
            pool.submit(_halve, found, part, levels): number
            for number, part in enumerate(parts)
            if number not in kept.found
        }
        try:
            if progress:
                progress.advance(sum(len(parts[number]) for number in kept.found))
            for done in as_completed(waiting):
                number = waiting[done]
                kept.found[number] = done.result()
                kept.seconds = time.monotonic() - began
                if progress:
                    progress.advance(len(parts[number]))
                if time.monotonic() - saved > SECONDS_BETWEEN_SAVES:
                    kept.save()
                    saved = time.monotonic()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            kept.save()
            raise
    kept.remove()
    return Proof(_levels(smallest, parts, kept.found), lists, kept.seconds, threads)


def prove_as_far_as_it_pays(
    problem: Problem[SortedList], *, threads: int | None = None, state: Path | None = None
) -> Proof:
    """Prove by finer and finer cases, as long as there are not too many of them.

    A model that is often wrong leaves so much unproved that its finer cases could not be gone
    through in a day; of a model that is nearly always right they take minutes. If nothing is
    proved in the coarsest levels, or less than half of the answers in the first, these are all.

    Args:
        problem: as for `prove`.
        threads: as many as there are cores, if not given.
        state: a file in which finished parts of each level are kept, under a name of its own.
    """
    end, total = COARSE, sum(1 for _ in roots(problem.task))
    while True:
        kept = state and state.with_name(f"{state.stem}-{SMALLEST[end - 1]}{state.suffix}")
        what = f"cases of {SMALLEST[end - 1]:,} lists"
        with Progress(what, total=total, console=aside()) as progress:
            found = prove(problem, SMALLEST[:end], threads=threads, state=kept, progress=progress)
        affordable = sum(found.unproved() / least <= MOST_CASES for least in SMALLEST)
        answers = found.lists * problem.task.list_length
        if end == COARSE:
            if found.unproved() == answers:
                return found
            end = FIRST
        elif affordable <= end or 2 * found.unproved() > answers:
            return found
        else:
            end = affordable


def _halve(tables: Tables, part: Sequence[Case], levels: np.ndarray) -> list[list[int]]:
    """Prove what can be proved of some cases; cases and lists proved, by level."""
    found = np.zeros((len(levels), 2), dtype=np.int64)
    for case in part:
        label, query = case.label, _token(tables, case)
        kernel.branch(
            tables.weights[label, query],
            tables.errors[label, query],
            tables.writes,
            tables.needed[label, query, case.answer],
            label,
            np.array(case.low),
            np.array(case.high),
            levels,
            found,
        )
    return found.tolist()


def _levels(
    smallest: Sequence[int], parts: list[list[Case]], found: dict[int, list[list[int]]]
) -> tuple[Level, ...]:
    labels = 1 + max(part[0].label for part in parts)
    made = []
    for level, least in enumerate(smallest):
        totals = [[0, 0] for _ in range(labels)]
        for number, part in enumerate(parts):
            for kind, many in enumerate(found[number][level]):
                totals[part[0].label][kind] += many
        made.append(Level(int(least), *(tuple(column) for column in zip(*totals, strict=True))))
    return tuple(made)
