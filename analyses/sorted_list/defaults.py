"""What the model answers at a sorted value when it takes nothing from the larger ones."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.instruments.attention import label_patterns
from analyses.instruments.attribution import terms
from analyses.instruments.read_out import read_out
from models.problem import Problem
from models.sorted_list.task import SortedList


class Default(NamedTuple):
    """At one place of each list."""

    named: Int[Tensor, " batch"]
    """The answer with all that the heads move from larger values taken out, and nothing put in
    its place."""
    to_itself: Float[Tensor, "batch head"]
    """Attention probability paid to the value that asks, in both halves together."""
    to_sep: Float[Tensor, "batch head"]
    to_answer: Float[Tensor, "batch head"]


def default(
    problem: Problem[SortedList],
    tokens: Int[Tensor, "batch n_ctx"],
    wanted: Bool[Tensor, "batch step"],
) -> Default:
    """At the chosen predictions after SEP, in the order of `wanted.nonzero()`."""
    task = problem.task
    rows, step = wanted.nonzero().unbind(dim=1)
    lists, label = tokens[rows], step + 1
    query = task.label_positions.start + label
    asking = lists.gather(1, query[:, None])
    larger = (lists > asking) & (lists != task.sep)
    split = terms(problem, lists, query)
    moved = torch.where(larger[:, None, :, None], 0, split.heads).sum(dim=(1, 2))
    logits = read_out(problem, moved + split.direct + split.output_bias)
    seen = label_patterns(problem, lists)[torch.arange(len(rows), device=rows.device), :, label]

    def paid(to: Tensor) -> Tensor:
        return (seen * (lists == to).to(seen.dtype)[:, None]).sum(dim=2)

    answer = task.answers(lists).gather(1, label[:, None])
    return Default(
        logits.argmax(dim=-1), paid(asking), paid(torch.full_like(asking, task.sep)), paid(answer)
    )
