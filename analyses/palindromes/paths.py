"""Which ways a difference takes from the head that compares to the answer."""

from collections.abc import Sequence
from functools import cache
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.instruments.ablation import mean_ablate, zero_ablate
from analyses.instruments.heads import Head
from analyses.instruments.parts import Input, Kind, Logits
from analyses.instruments.path_patching import path_patch
from analyses.palindromes.changes import above, yes_above_no
from analyses.palindromes.samples import Model, Tokens, changed_at, evaluation, palindromes
from analyses.palindromes.telling import readers

How = Literal["mean", "zero", "other mean", "palindromes"]
"""What is put in place of what a head writes: its mean, nothing, its mean over other sequences, or
its mean over palindromes."""
OTHER_SEED = 2308
"""Of the other sequences."""
PER_PLACE = 50
"""Palindromes that are changed at each place for path patching."""


@cache
def pairs(problem: Model) -> tuple[Tokens, Tokens]:
    """Palindromes, and the same with the value at one place changed; all places as often."""
    places = problem.task.places
    palindrome = palindromes(problem)[:PER_PLACE].repeat(len(places), 1)
    changed = torch.cat([changed_at(problem, place)[:PER_PLACE] for place in places])
    return palindrome, changed


@cache
def effect(
    problem: Model, sender: Head, inputs: tuple[Kind, ...], *, direct: bool = False
) -> tuple[list[float], list[float]]:
    """What the logit difference loses if what a head writes reaches the readers' queries, keys or
    values, or the logits, as it is in the changed sequence; and what it loses in all by the change.

    Args:
        problem: whose model is run.
        sender: the head whose output is taken from the changed sequence.
        inputs: of Q, K and V.
        direct: to the logits instead.
    """
    clean, changed = pairs(problem)
    receivers = [Input(head, kind) for head in readers(problem) for kind in inputs]
    logits = path_patch(problem, clean, changed, [sender], [Logits()] if direct else receivers)
    before, after = above(problem, clean), above(problem, changed)
    return (before - yes_above_no(logits)).tolist(), (before - after).tolist()


def ablated(problem: Model, heads: Sequence[Head], how: How) -> Float[Tensor, " batch"]:
    """How far yes is above no for the evaluation sequences, with heads ablated."""
    tokens = evaluation(problem)
    if how == "zero":
        return yes_above_no(zero_ablate(problem, tokens, heads))
    reference = {
        "mean": lambda: tokens,
        "other mean": lambda: _others(problem),
        "palindromes": lambda: palindromes(problem),
    }[how]()
    return yes_above_no(mean_ablate(problem, tokens, heads, reference=reference))


@cache
def left(problem: Model, head: Head, how: How) -> tuple[list[float], list[float]]:
    """How far the right answer is above the wrong one with a head ablated, and with nothing."""
    sign, before = _before(problem)
    return (sign * ablated(problem, [head], how)).tolist(), (sign * before).tolist()


@cache
def _before(problem: Model) -> tuple[Tensor, Tensor]:
    """Which answers are right, by sign, and how far yes is above no with nothing ablated."""
    tokens = evaluation(problem)
    return 2 * problem.task.answers(tokens)[:, 0].double() - 1, above(problem, tokens)


@cache
def _others(problem: Model) -> Tokens:
    return problem.fresh(len(evaluation(problem)), OTHER_SEED)
