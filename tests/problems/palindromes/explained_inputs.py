"""What the explanation is asked of, on the page and in Python."""

import pytest
from torch import Tensor

from analyses.evidence.explanations import Explanation, Program
from analyses.palindromes import hardest
from analyses.palindromes.samples import Model, evaluation, with_changes


def explained_inputs(problem: Model, explanation: Explanation) -> list[tuple[Program, Tensor]]:
    """Random sequences, palindromes with one or two changes, and where short climbs end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hardest, "STEPS", 40)
        climbed = hardest.hardest.__wrapped__(problem).inputs
    changed = [with_changes(problem, changes)[:500] for changes in (1, 2)]
    program = explanation.program(problem)
    return [(program, tokens) for tokens in (evaluation(problem)[:1_000], *changed, climbed)]
