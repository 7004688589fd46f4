"""What the explanation is asked of, on the page and in Python."""

from torch import Tensor

from analyses.evidence.explanations import Explanation, Program
from models.labelling_function.task import LabellingFunction
from models.problem import Problem


def explained_inputs(
    problem: Problem[LabellingFunction], explanation: Explanation
) -> list[tuple[Program, Tensor]]:
    """All points."""
    return [(explanation.program(problem), problem.task.every())]
