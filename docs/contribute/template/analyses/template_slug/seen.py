"""What the model's own picture is drawn from: what heads look at from the last position.

Still to be written: what belongs to your model and gives nothing away.
"""

from typing import Any

from analyses.instruments.attention import head_pattern
from analyses.instruments.heads import heads
from analyses.template_slug.claims import evaluation
from models.problem import Problem
from models.template_slug.task import TemplateSlug

SEQUENCES = 6


def seen(problem: Problem[TemplateSlug]) -> dict[str, Any]:
    """For each head its number, and a row for each sequence of the attention that each position
    gets.
    """
    fresh = evaluation(problem)[:SEQUENCES]
    looks = {head: head_pattern(problem, fresh, head)[:, -1] for head in heads(problem)}
    return {
        "numbers": [head.number for head in looks],
        "looks": [
            [[round(value, 2) for value in row] for row in rows.tolist()] for rows in looks.values()
        ],
    }
