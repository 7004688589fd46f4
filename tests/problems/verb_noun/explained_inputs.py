"""What the explanation is asked of, on the page and in Python."""

import pytest
import torch
from torch import Tensor

from analyses.evidence.explanations import Explanation, Program
from analyses.verb_noun import hardest
from analyses.verb_noun.completion import ASKED, Model, asking
from analyses.verb_noun.edges import second_verbs


def explained_inputs(problem: Model, explanation: Explanation) -> list[tuple[Program, Tensor]]:
    """Random prompts of each template, some with a second verb, and where short climbs end."""
    found = []
    for template in ASKED:
        asked = asking(problem, template)
        tokens = asked.task.sample(300, torch.Generator().manual_seed(14))
        found.append((explanation.program(asked), tokens))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hardest, "STEPS", 40)
        asked, climbed = hardest.hardest.__wrapped__(problem)
    program = explanation.program(asked)
    return [*found, (program, second_verbs(asked, 300)), (program, climbed.inputs)]
