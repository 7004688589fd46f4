"""Families of neurons off: what becomes of the answers, row by row.

No LayerNorm stands between neurons and logits, so that a set of neurons switched off takes its
summed effect from the difference of logits, and nothing else changes.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from analyses.labelling_function.neurons.effects import effects, says_red, whole
from analyses.labelling_function.points import truth
from analyses.labelling_function.rows import PATTERNS, patterns
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

CHANGED = 0.1
"""Share of the points of a row above which other answers make it another row."""


def without(
    problem: Problem[LabellingFunction], sets: Sequence[Sequence[int]], mean: bool = False
) -> Float[Tensor, "set x y"]:
    """Logit of red less that of blue with the activations of each of several sets of neurons at
    0, or with `mean` at their mean over all points.
    """
    member = torch.zeros(len(sets), len(effects(problem)))
    for row, neurons in zip(member, sets, strict=True):
        row[list(neurons)] = 1
    written = (member @ effects(problem).flatten(1)).unflatten(1, whole(problem).shape)
    put = written.mean(dim=(1, 2), keepdim=True) if mean else 0.0
    return whole(problem) - written + put


def kept(
    problem: Problem[LabellingFunction], sets: Sequence[Sequence[int]], mean: bool = False
) -> Bool[Tensor, "set x y"]:
    """Which points keep the model's answer without each of several sets of neurons."""
    return (without(problem, sets, mean) > 0) == says_red(problem)


def row_patterns(problem: Problem[LabellingFunction]) -> list[str]:
    """The true pattern of each row."""
    return patterns(truth(problem).cpu())


def kept_by_pattern(
    problem: Problem[LabellingFunction], neurons: Sequence[int], mean: bool = False
) -> dict[str, float]:
    """The share of points that keep their answer, over the rows of each true pattern."""
    by_row = kept(problem, [neurons], mean)[0].double().mean(dim=1)
    found = row_patterns(problem)
    return {
        name: float(by_row[[row for row, its in enumerate(found) if its == name]].mean())
        for name in PATTERNS
    }


def balanced(kept_of: Bool[Tensor, "x y"], made: Bool[Tensor, " x"]) -> float:
    """How well it is foreseen which rows change: the mean of the share of the rows foreseen that
    do change, and of the share of all others that do not. One half is what chance gives.

    Args:
        kept_of: which points keep their answer.
        made: whether a row is foreseen to change.
    """
    changed = kept_of.double().mean(dim=1) < 1 - CHANGED
    return float((changed[made].double().mean() + (~changed[~made]).double().mean()) / 2)


def foreseen(
    problem: Problem[LabellingFunction],
    primitives: Sequence[str],
    sets: Sequence[Sequence[int]],
    mean: bool = False,
) -> float:
    """The mean of `balanced` over several sets of neurons off, where the rows are foreseen to
    change whose true pattern is made with the primitive that each is taken for
    (`rows.PATTERNS`).
    """
    found = row_patterns(problem)
    made = [
        torch.tensor([primitive in PATTERNS[name] for name in found]) for primitive in primitives
    ]
    each = [
        balanced(kept_of, rows)
        for kept_of, rows in zip(kept(problem, sets, mean), made, strict=True)
    ]
    return sum(each) / len(each)
