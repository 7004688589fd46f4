"""A proof from 21,120 cases: position, last token, and the sum of the tokens before it.

If the OV circuit wrote exactly a multiple of a token's value along one direction, nothing else
could matter. It writes almost that. What it writes beside is small, and enters here as an
interval: for each neuron and each logit, the mean over the tokens read of what is left of
their writes when the straight line through them is taken away. Interval arithmetic then bounds
the margin of every sequence of a case from below; the ReLU is monotone, so that the ends of an
interval go to ends.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.cumulative_sum.uniform import Uniform
from models.cumulative_sum.task import CumulativeSum


class Line(NamedTuple):
    """The straight lines that best describe what tokens write, a line for each column."""

    start: Float[Tensor, " column"]
    """What a value of zero writes."""
    slope: Float[Tensor, " column"]
    """What a unit of value adds."""
    rest: Float[Tensor, "d_vocab column"]
    """What tokens write beside that."""


def line(uniform: Uniform, task: CumulativeSum) -> Line:
    """Fit the lines by least squares; values are centred on zero, so that the mean is `start`."""
    values = task.values(torch.arange(task.d_vocab)).double()
    start = uniform.token.mean(dim=0)
    slope = values @ uniform.token / values.square().sum()
    return Line(start, slope, uniform.token - start - values.unsqueeze(1) * slope)


class Sums(NamedTuple):
    """Lower bounds on margins at one position, for each last token and sum before it."""

    n: int
    right: Int[Tensor, "last before"]
    """The right class."""
    margin: Float[Tensor, "last before"]
    """No sequence of the case has a smaller margin (logits, in float64)."""
    orderings: list[int]
    """How many sequences of n - 1 values have each sum."""

    @property
    def cases(self) -> int:
        """Number of cases."""
        return self.margin.numel()

    def sequences_above(self, error: float) -> int:
        """How many of the `11^n` sequences have a margin above an error, surely."""
        above = (self.margin > error).sum(dim=0).tolist()
        return sum(count * ways for count, ways in zip(above, self.orderings, strict=True))


def sums_at(uniform: Uniform, task: CumulativeSum, n: int) -> Sums:
    """Bound the margins of all sequences of n values, one case for each last token and sum."""
    fitted = line(uniform, task)
    span = task.max_value * (n - 1)
    before = torch.arange(-span, span + 1)
    values = task.values(torch.arange(task.d_vocab))
    total = before + values.unsqueeze(1)
    mean = total.double().unsqueeze(-1) / n
    columns = fitted.start + mean * fitted.slope + uniform.place[n - 1].unsqueeze(1)
    low, high = (
        columns + ((fitted.rest + (n - 1) * end) / n).unsqueeze(1)
        for end in (fitted.rest.amin(dim=0), fitted.rest.amax(dim=0))
    )
    right = total.sign() + 1
    margin = lowest_margin(uniform, low, high)
    return Sums(
        n, right, margin.gather(-1, right.unsqueeze(-1)).squeeze(-1), orderings(task, n - 1)
    )


def lowest_margin(
    uniform: Uniform,
    low: Float[Tensor, "last before column"],
    high: Float[Tensor, "last before column"],
) -> Float[Tensor, "last before d_vocab_out"]:
    """The smallest margin that each class, if it is right, can have within intervals."""
    d_mlp, classes = uniform.out.shape
    bounds = []
    for right in range(classes):
        against = []
        for other in (c for c in range(classes) if c != right):
            weights = uniform.out[:, right] - uniform.out[:, other]
            neurons = torch.where(weights > 0, low[..., :d_mlp], high[..., :d_mlp]).relu() @ weights
            direct = low[..., d_mlp + right] - high[..., d_mlp + other]
            against.append(neurons + direct)
        bounds.append(torch.stack(against).amin(dim=0))
    return torch.stack(bounds, dim=-1)


def orderings(task: CumulativeSum, length: int) -> list[int]:
    """How many sequences of so many values have each sum, from the smallest sum up.

    >>> orderings(CumulativeSum(max_value=1), 2)
    [1, 2, 3, 2, 1]
    """
    ways = [1]
    for _ in range(length):
        longer = [0] * (len(ways) + 2 * task.max_value)
        for sum_, count in enumerate(ways):
            for value in range(task.d_vocab):
                longer[sum_ + value] += count
        ways = longer
    return ways
