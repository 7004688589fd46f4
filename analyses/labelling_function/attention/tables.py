"""Heads one by one, as rows of tables."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from analyses.labelling_function.at_z import X, Y, Z, mean_pattern, pattern, position_scores
from analyses.labelling_function.attention import fixed, heads
from analyses.labelling_function.points import agreement, answers, truth
from analyses.write_ups.numerals import percent
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem


def looking(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """Where each head looks: position-only QK, and mean attention."""
    by_position, mean = position_scores(problem), mean_pattern(problem)
    rows = []
    for head in range(len(mean)):
        apart = float(by_position[head, X] - by_position[head, Y])
        shares = [percent(float(mean[head, position])) for position in (X, Y, Z)]
        rows.append([f"0.{head}", f"{apart:+.2f}", *shares])
    return rows


def bringing(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """What each head brings of X and of Y, and what is left without it, or with it alone free."""
    before, right, shares = answers(problem), truth(problem), heads.brought(problem)
    rows = []
    for head in range(len(shares)):
        left = heads.without(problem, (head,))
        free = fixed.free_alone(problem, head) > 0
        rows.append(
            [
                f"0.{head}",
                *(percent(float(shares[head, coordinate])) for coordinate in (X, Y)),
                percent(agreement(left > 0, before)),
                percent(agreement(left > 0, right)),
                f"{heads.flicker(left):.2f}",
                percent(agreement(free, before)),
            ]
        )
    return rows


def by_y(
    problem: Problem[LabellingFunction], chosen: Sequence[int]
) -> dict[str, Float[Tensor, " y"]]:
    """Attention to Y by the number that stands there, mean over X, of some heads."""
    mean = pattern(problem).reshape(SIDE, SIDE, -1, 3).mean(dim=0)
    return {f"head 0.{head}": mean[:, head, Y].cpu() for head in chosen}
