"""The judge: every short sequence, one by one, through the model itself."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn.functional import one_hot

from analyses.cumulative_sum.uniform import uniform
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
    differing: int
    """How many it answers otherwise than it would with uniform attention."""


@torch.no_grad()
def judge(problem: Problem[CumulativeSum], to_length: int) -> Judgement:
    """Run every sequence of up to `to_length` values through the model.

    Beside it, each is answered by the formula of the enumeration, which knows only how often
    each token was read, and the last one.
    """
    task, terms = problem.task, uniform(problem)
    sequences, differing, wrong = 0, 0, [0] * to_length
    for length in range(1, to_length + 1):
        for tokens in all_sequences(task.d_vocab, length):
            said = problem.model(tokens.to(problem.device))[:, -1].argmax(dim=-1).cpu()
            counts = one_hot(tokens, task.d_vocab).sum(dim=1)
            formula = terms.logits(counts, tokens[:, -1]).argmax(dim=-1)
            sequences += len(tokens)
            wrong[length - 1] += int((said != task.answers(tokens)[:, -1]).sum())
            differing += int((said != formula).sum())
    return Judgement(sequences, tuple(wrong), differing)


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
