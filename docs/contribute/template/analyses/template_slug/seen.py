"""What the model's own picture is drawn from: what heads look at from the last position.

Still to be written: what belongs to your model and gives nothing away.
"""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from analyses.instruments.attention import head_pattern
from analyses.instruments.heads import Head, heads
from analyses.template_slug.claims import evaluation
from models.problem import Problem
from models.template_slug.task import TemplateSlug

SEQUENCES = 6


def looks(
    problem: Problem[TemplateSlug],
) -> dict[Head, Float[Tensor, "sequence key"]]:
    """How much attention each position gets from the last one."""
    fresh = evaluation(problem)[:SEQUENCES]
    return {head: head_pattern(problem, fresh, head)[:, -1] for head in heads(problem)}


def seen(problem: Problem[TemplateSlug]) -> dict[str, Any]:
    """What the picture is drawn from: `numbers` of the heads within their layers, and `looks` of
    each, to a hundredth.
    """
    found = looks(problem)
    return {
        "numbers": [head.number for head in found],
        "looks": [
            [[round(value, 2) for value in row] for row in rows.tolist()] for rows in found.values()
        ],
    }
