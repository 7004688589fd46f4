"""What the explanation is asked of, on the page and in Python."""

import torch
from torch import Tensor

from analyses.evidence.explanations import Explanation, Program
from analyses.sorted_list import adversarial
from analyses.sorted_list.samples import evaluation, family_lists
from models.problem import Problem
from models.sorted_list.task import SortedList


def explained_inputs(
    problem: Problem[SortedList], explanation: Explanation
) -> list[tuple[Program, Tensor]]:
    """Random lists, each family, and what a short search finds."""
    found = adversarial.search(problem, 50, 40, torch.Generator().manual_seed(14))
    families = [family_lists(problem, name)[:350] for name in adversarial.FAMILIES]
    program = explanation.program(problem)
    return [(program, tokens) for tokens in (evaluation(problem, 1_000), *families, found.tokens)]
