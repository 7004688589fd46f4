"""Families of neurons off: what becomes of the answers, row by row.

No LayerNorm stands between neurons and logits, so that a set of neurons switched off takes its
summed effect from the difference of logits, and nothing else changes.
"""

from collections.abc import Mapping, Sequence

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
    problem: Problem[LabellingFunction], neurons: Sequence[int], mean: bool = False
) -> Float[Tensor, "x y"]:
    """Logit of red less that of blue with the activations of some neurons at 0, or with `mean` at
    their mean over all points.
    """
    written = effects(problem)[list(neurons)].sum(dim=0)
    return whole(problem) - written + (written.mean() if mean else 0.0)


def kept(
    problem: Problem[LabellingFunction], neurons: Sequence[int], mean: bool = False
) -> Bool[Tensor, "x y"]:
    """Which points keep the model's answer without some neurons."""
    return (without(problem, neurons, mean) > 0) == says_red(problem)


def row_patterns(problem: Problem[LabellingFunction]) -> list[str]:
    """The true pattern of each row."""
    return patterns(truth(problem).cpu())


def kept_by_pattern(
    problem: Problem[LabellingFunction], neurons: Sequence[int], mean: bool = False
) -> dict[str, float]:
    """The share of points that keep their answer, over the rows of each true pattern."""
    by_row = kept(problem, neurons, mean).double().mean(dim=1)
    found = row_patterns(problem)
    return {
        name: float(by_row[[row for row, its in enumerate(found) if its == name]].mean())
        for name in PATTERNS
    }


def balanced(
    problem: Problem[LabellingFunction], neurons: Sequence[int], primitive: str, mean: bool = False
) -> float:
    """How well a primitive says which rows change without some neurons: the mean of the share of
    the rows made with it that do change, and of the share of all others that do not.

    By what the pattern of the row is made of (`rows.PATTERNS`); one half is what chance gives.
    """
    changed = kept(problem, neurons, mean).double().mean(dim=1) < 1 - CHANGED
    made = torch.tensor([primitive in PATTERNS[name] for name in row_patterns(problem)])
    return float((changed[made].double().mean() + (~changed[~made]).double().mean()) / 2)


def mean_balanced(
    problem: Problem[LabellingFunction], by_primitive: Mapping[str, Sequence[int]], mean: bool
) -> float:
    """The mean of `balanced` over primitives that patterns are made of, each with its neurons."""
    each = [balanced(problem, of, name, mean) for name, of in by_primitive.items()]
    return sum(each) / len(each)
