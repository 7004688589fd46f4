"""The judge: every short sequence, one by one, through the model itself."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from analyses.cumulative_sum.formula import Formula, apart
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem

AT_ONCE = 4
"""So many values vary within a batch; those before them are the same."""


class Judgement(NamedTuple):
    """What comes of running every sequence of up to so many values."""

    sequences: int
    """How many there are, of all lengths."""
    wrong: tuple[int, ...]
    """How many the model gets wrong at their last position, by length."""
    apart: float
    """The largest distance of its logits from the formula's, in units of the bound."""


@torch.no_grad()
def judge(problem: Problem[CumulativeSum], formula: Formula, to_length: int) -> Judgement:
    """Run every sequence of up to `to_length` values through the model, and hold its logits
    against the formula of the enumeration, which knows only how often each token was read, and
    the last one.
    """
    task = problem.task
    sequences, furthest, wrong = 0, 0.0, [0] * to_length
    for length in range(1, to_length + 1):
        for tokens in all_sequences(task.d_vocab, length):
            said = problem.logits(tokens)[:, -1].argmax(dim=-1).cpu()
            sequences += len(tokens)
            wrong[length - 1] += int((said != task.answers(tokens)[:, -1]).sum())
            furthest = max(furthest, float(apart(problem, formula, tokens)[:, -1].max()))
    return Judgement(sequences, tuple(wrong), furthest)


def all_sequences(d_vocab: int, length: int) -> Iterator[Int[Tensor, "batch length"]]:
    """Every sequence of so many tokens, in batches.

    >>> [tokens.tolist() for tokens in all_sequences(2, 2)]
    [[[0, 0], [0, 1], [1, 0], [1, 1]]]
    """
    varying = min(length, AT_ONCE)
    ends = torch.cartesian_prod(*[torch.arange(d_vocab)] * varying).reshape(-1, varying)
    for start in range(d_vocab ** (length - varying)):
        digits = [start // d_vocab**place % d_vocab for place in range(length - varying)]
        yield torch.cat([torch.tensor(digits).expand(len(ends), -1).long(), ends], dim=1)
