"""The shape of extended embeddings, as numbers: which rows they pick, how they rise or fall, how
flat they are together along a curve.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.statistics import rank_correlation, ranks

Values = Float[Tensor, "token neuron"]


def picked(values: Values, mask: Bool[Tensor, " token"]) -> Float[Tensor, " neuron"]:
    """How well each neuron's values tell masked tokens from others: the probability that a masked
    one has the greater value (the area under the ROC curve; Mann and Whitney 1947).
    """
    inside = mask.tolist()
    n, others = sum(inside), len(inside) - sum(inside)
    found = []
    for column in values.T.tolist():
        of_masked = sum(r for r, m in zip(ranks(column), inside, strict=True) if m)
        found.append((of_masked - n * (n + 1) / 2) / (n * others))
    return torch.tensor(found, dtype=torch.float64)


def trends(
    values: Float[Tensor, "case neuron"], against: Sequence[float]
) -> Float[Tensor, " neuron"]:
    """Spearman's rho of each neuron's values with numbers."""
    found = [rank_correlation(column, against) for column in values.T.tolist()]
    return torch.tensor(found, dtype=torch.float64)


def flatness(
    x: Values,
    y: Values,
    rows: Int[Tensor, " served"],
    places: Int[Tensor, " served"],
) -> Float[Tensor, " neuron"]:
    """Standard deviation of X's and Y's extended embeddings together along a curve, divided by
    that of X's alone: 1 for a Y that adds nothing, 0 where it cancels what X does.
    """
    alone = x[rows].double()
    together = alone + y[places].double()
    return together.std(dim=0) / alone.std(dim=0).clamp_min(torch.finfo(torch.float64).tiny)
