"""The shape of extended embeddings, as numbers: which rows they pick, how they rise or fall, how
flat they are together along a curve.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Values = Float[Tensor, "token neuron"]


def column_ranks(values: Values) -> Float[Tensor, "token neuron"]:
    """The rank of each value in its column, from 1 on; equal ones have the mean of theirs."""
    rows = values.T.double().contiguous()
    order = rows.sort(dim=1).values
    below = torch.searchsorted(order, rows)
    up_to = torch.searchsorted(order, rows, right=True)
    return (below + up_to + 1).T.double() / 2


def picked(values: Values, mask: Bool[Tensor, " token"]) -> Float[Tensor, " neuron"]:
    """How well each neuron's values tell masked tokens from others: the probability that a masked
    one has the greater value (the area under the ROC curve; Mann and Whitney 1947).
    """
    n, others = int(mask.sum()), int((~mask).sum())
    of_masked = column_ranks(values)[mask].sum(dim=0)
    return (of_masked - n * (n + 1) / 2) / (n * others)


def trends(
    values: Float[Tensor, "case neuron"], against: Int[Tensor, " case"]
) -> Float[Tensor, " neuron"]:
    """Spearman's rho of each neuron's values with numbers; 0 where one of the two is constant."""
    ranks, by = column_ranks(values), column_ranks(against[:, None].double())
    ranks, by = ranks - ranks.mean(dim=0), by - by.mean()
    together = ranks.norm(dim=0) * by.norm()
    return (ranks * by).sum(dim=0) / together.clamp_min(torch.finfo(together.dtype).tiny)


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


def alike(x: Values, y: Values) -> float:
    """Pearson's r of a neuron's embeddings of X and of Y over the numbers, median over neurons."""
    x, y = (values.double() - values.double().mean(dim=0) for values in (x, y))
    lengths = x.norm(dim=0) * y.norm(dim=0)
    return float(((x * y).sum(dim=0) / lengths.clamp_min(torch.finfo(x.dtype).tiny)).median())
