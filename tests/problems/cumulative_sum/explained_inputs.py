"""What the explanation is asked of, on the page and in Python."""

import torch
from torch import Tensor

from analyses.cumulative_sum.explanations import near_zero
from analyses.cumulative_sum.hardest import search, taken_back
from analyses.evidence.explanations import Explanation, Program
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem


def explained_inputs(
    problem: Problem[CumulativeSum], explanation: Explanation
) -> list[tuple[Program, Tensor]]:
    """Random sequences, those that stay near zero, and what a short search finds."""
    generator = torch.Generator().manual_seed(14)
    program, task = explanation.program(problem), problem.task
    inputs = [problem.fresh(1_000, 14), near_zero(task, 1_000, generator), taken_back(task)]
    inputs.append(search(problem, 100, 40, generator).inputs)
    return [(program, tokens) for tokens in inputs]
