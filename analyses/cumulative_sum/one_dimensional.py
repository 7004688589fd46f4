"""A proof from 21,120 cases: position, last token, and the sum of the tokens before it.

If the OV circuit wrote exactly a multiple of a token's value along one direction, nothing else
could matter. It writes almost that. What it writes beside is small, and enters here as an
interval: for each neuron and each logit, the mean over the tokens read of what is left of
their writes when the straight line through them is taken away. Interval arithmetic then bounds
each lead of the right logit of every sequence of a case from below; the ReLU is monotone, so that
the ends of an interval go to ends.

Of these cases a few are enough: where no lead falls as the sum goes away from zero, the sum nearest
to zero speaks for the others of its sign, with the same position and last token.
"""

from itertools import permutations, product
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.cumulative_sum.formula import Formula
from analyses.cumulative_sum.uniform import Uniform
from analyses.evidence.certificate import Tally
from models.cumulative_sum.task import CLASSES, POSITIVE, ZERO, CumulativeSum

SLACK = 1e-8
"""Logits, and logits for a unit of the mean: more than rounding takes, and less than matters."""


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
    """Lower bounds at one position, for each last token and sum before it."""

    n: int
    right: Int[Tensor, "last before"]
    """The right class."""
    leads: Float[Tensor, "last before other"]
    """No sequence of the case has a smaller lead of the right logit over another (in float64);
    infinite over itself."""
    orderings: list[int]
    """How many sequences of n - 1 values have each sum."""
    rising: Bool[Tensor, "last class"]
    """Whether leads over both others are shown to rise as the sum goes away from zero."""

    @property
    def cases(self) -> int:
        """Number of cases."""
        return self.right.numel()

    @property
    def margin(self) -> Float[Tensor, "last before"]:
        """The smallest lead."""
        return self.leads.amin(dim=-1)

    def proved(self, errors: Float[Tensor, "last_or_1 right other"]) -> Bool[Tensor, "last before"]:
        """Whether every lead is above its error."""
        lasts = torch.arange(len(self.right)).unsqueeze(1)
        return (self.leads > errors.expand(len(self.right), -1, -1)[lasts, self.right]).all(-1)

    def tally(self, errors: Float[Tensor, "last_or_1 right other"]) -> Tally:
        """What follows if every case is looked at."""
        return self._tally(self.cases, self.proved(errors))

    def chained(self, errors: Float[Tensor, "last_or_1 right other"]) -> Tally:
        """What follows if, of the cases with the same last token and right class, the one whose
        sum is nearest to zero is looked at alone: where leads rise, and also are above
        `errors` there, the others are proved with it. Where that is not shown, all are looked at.
        """
        # What rounding of where pieces end can take away.
        proved = self.proved(errors + SLACK)
        cases = 0
        for last, right in product(range(len(self.right)), range(len(CLASSES))):
            chain = (self.right[last] == right).nonzero().flatten()
            first = chain[:1] if right == POSITIVE else chain[-1:]
            if self.rising[last, right]:
                cases += len(first)
                proved[last, chain] = proved[last, first]
            else:
                cases += len(chain)
        return self._tally(cases, proved)

    def _tally(self, cases: int, proved: Bool[Tensor, "last before"]) -> Tally:
        ways = zip(proved.sum(dim=0).tolist(), self.orderings, strict=True)
        inputs = len(self.right) * sum(self.orderings)
        return Tally(cases=cases, inputs=inputs, proved=sum(k * count for k, count in ways))


def sums_at(uniform: Uniform, task: CumulativeSum, n: int) -> Sums:
    """Bound the leads in all sequences of n values, one case for each last token and sum."""
    fitted = line(uniform, task)
    span = task.max_value * (n - 1)
    before = torch.arange(-span, span + 1)
    values = task.values(torch.arange(task.d_vocab))
    total = before + values.unsqueeze(1)
    mean = total.double().unsqueeze(-1) / n
    constant = fitted.start + uniform.place[n - 1]
    ends = [
        constant + (fitted.rest + (n - 1) * end) / n
        for end in (fitted.rest.amin(dim=0), fitted.rest.amax(dim=0))
    ]
    low, high = (end.unsqueeze(1) + mean * fitted.slope for end in ends)
    right = total.sign() + 1
    leads = lowest_leads(uniform, low, high)
    chosen = right.reshape(*right.shape, 1, 1).expand(-1, -1, 1, len(CLASSES))
    return Sums(
        n,
        right,
        leads.gather(2, chosen).squeeze(2),
        orderings(task, n - 1),
        torch.stack([_rising(uniform, fitted, ends, right, task, n) for right in range(3)], dim=1),
    )


def lowest_leads(
    uniform: Uniform,
    low: Float[Tensor, "last before column"],
    high: Float[Tensor, "last before column"],
) -> Float[Tensor, "last before right other"]:
    """The smallest lead of each class over each other within intervals; infinite over itself."""
    d_mlp, classes = uniform.out.shape
    leads = low.new_full((*low.shape[:2], classes, classes), torch.inf)
    for right, other in permutations(range(classes), 2):
        weights = uniform.out[:, right] - uniform.out[:, other]
        neurons = torch.where(weights > 0, low[..., :d_mlp], high[..., :d_mlp]).relu() @ weights
        leads[..., right, other] = neurons + low[..., d_mlp + right] - high[..., d_mlp + other]
    return leads


def _rising(
    uniform: Uniform,
    line: Line,
    ends: list[Float[Tensor, "last column"]],
    right: int,
    task: CumulativeSum,
    n: int,
) -> Bool[Tensor, " last"]:
    """Whether, for each last token, the leads of `lowest_leads` of a class rise from the mean
    nearest to zero to the largest, of the sign that the class says.

    As a function of the mean a lead is made of straight pieces, which end where a neuron begins
    or ceases to fire: it rises if it does on every piece.
    """
    d_mlp, classes = uniform.out.shape
    lasts = len(ends[0])
    if right == ZERO:
        # All sums of zero are one case.
        return torch.ones(lasts, dtype=torch.bool)
    sign = 1 if right == POSITIVE else -1
    found = torch.ones(lasts, dtype=torch.bool)
    for other in (c for c in range(classes) if c != right):
        weights = uniform.out[:, right] - uniform.out[:, other]
        start = torch.where(weights > 0, ends[0][:, :d_mlp], ends[1][:, :d_mlp])
        slope = sign * line.slope
        # Means are taken in size, so that all chains go up from 1 / n.
        kinks = torch.nan_to_num(-start / slope[:d_mlp])
        edges = torch.tensor([1 / n, float(task.max_value)], dtype=kinks.dtype).expand(lasts, -1)
        edges = torch.cat([edges, kinks.clamp(1 / n, task.max_value)], dim=1).sort(dim=1).values
        middles = (edges[:, 1:] + edges[:, :-1]) / 2
        fires = start.unsqueeze(1) + middles.unsqueeze(-1) * slope[:d_mlp] > 0
        steep = fires.double() @ (weights * slope[:d_mlp])
        steep = steep + slope[d_mlp + right] - slope[d_mlp + other]
        found &= ((steep > SLACK) | (edges.diff(dim=1) == 0)).all(dim=1)
    return found


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


def every_length(formula: Formula, task: CumulativeSum, chained: bool) -> tuple[Tally, ...]:
    """What follows for sequences of one value, of two, and so on, at uniform attention; from all
    sums, or if `chained`, from those nearest to zero.

    Raises:
        ValueError: if the formula has attention by tokens.
    """
    if formula.weights is not None:
        raise ValueError("attention that depends on tokens weights the sum; give uniform attention")
    found = (sums_at(formula.terms, task, n) for n in range(1, task.length + 1))
    errors = formula.errors.total
    return tuple(
        sums.chained(errors[sums.n - 1]) if chained else sums.tally(errors[sums.n - 1])
        for sums in found
    )
