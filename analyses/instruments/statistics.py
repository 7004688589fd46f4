"""Ninety-five per cent intervals for what a sample shows."""

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import atanh, sqrt, tanh
from typing import NamedTuple

Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""
ROUNDOFF = 2.0**-53
"""Of floats."""


class Interval(NamedTuple):
    """A 95 % confidence interval."""

    low: float
    high: float


def proportion_interval(successes: int, n: int) -> Interval:
    """Wilson's score interval for a proportion (Wilson 1927); `n` independent trials.

    >>> low, high = proportion_interval(50, 100)
    >>> round(low, 4), round(high, 4)
    (0.4038, 0.5962)
    """
    if not 0 <= successes <= n or n == 0:
        raise ValueError(f"{successes} successes of {n} trials is no proportion")
    return _wilson(successes / n, n)


def clustered_interval(shares: list[float], trials: int) -> Interval:
    """Interval for a proportion of trials that come in independent clusters of one size.

    Trials of one cluster resemble each other, so that many count for few: Wilson's interval at
    the effective number of trials, `p (1 - p)` divided by the variance of the mean over clusters
    (Korn and Graubard 1998). Where every trial came out the same, or clusters are fewer than 30,
    there is no variance to tell, and a cluster counts for one trial.

    Args:
        shares: of the trials of each cluster.
        trials: how many there are in all clusters together.

    >>> low, high = clustered_interval([1.0] * 100, 1000)
    >>> round(low, 4), high
    (0.963, 1.0)
    """
    clusters = len(shares)
    if not clusters or trials < clusters or not all(0 <= share <= 1 for share in shares):
        raise ValueError(
            f"{clusters} shares of {trials} trials; expected some, each from 0 to 1 and of one "
            "trial or more"
        )
    p = statistics.fmean(shares)
    variance = statistics.variance(shares, p) / clusters if clusters >= 30 else 0.0
    effective = min(p * (1 - p) / variance, trials) if variance else clusters
    return _wilson(p, effective)


def _wilson(p: float, n: float | int) -> Interval:
    centre = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    # Exactly 0 and 1 at the ends; floating point leaves a rest of 1e-17 there.
    return Interval(0.0 if p == 0 else centre - half, 1.0 if p == 1 else centre + half)


def mean_interval(values: list[float]) -> Interval:
    """Normal interval for the mean of `values`, independent and many (30 or more).

    Not for shares, which may all be 1 without the next one having to be; see
    `clustered_interval`.
    """
    n = len(values)
    if n < 30:
        raise ValueError(f"{n} values are too few for a normal interval; expected 30 or more")
    mean = sum(values) / n
    spread = sqrt(sum((value - mean) ** 2 for value in values) / (n - 1))
    half = Z95 * spread / sqrt(n)
    return Interval(mean - half, mean + half)


def correlation(x: list[float], y: list[float]) -> float:
    """Pearson's r; 0 where one of the two is constant.

    >>> round(correlation([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]), 12)
    1.0
    """
    varies = min(x) < max(x) and min(y) < max(y)
    return statistics.correlation(x, y) if varies else 0.0


def correlation_interval(r: float, n: int) -> Interval:
    """Fisher's interval for a correlation (Fisher 1921), from `n` independent pairs: `atanh(r)`
    is nearly normal with standard deviation `1 / sqrt(n - 3)`.

    >>> low, high = correlation_interval(0.5, 103)
    >>> round(low, 4), round(high, 4)
    (0.3393, 0.6323)
    """
    if not -1 <= r <= 1 or n < 30:
        raise ValueError(f"r = {r} of {n} pairs; expected -1 <= r <= 1 and 30 pairs or more")
    # What floating point calls 1 may be less by as much as it rounds.
    most = 1 - ROUNDOFF
    middle, half = atanh(min(max(r, -most), most)), Z95 / sqrt(n - 3)
    return Interval(tanh(middle - half), tanh(middle + half))


def ratio_terms(part: list[float], whole: list[float]) -> list[float]:
    """Numbers whose mean is the ratio of the sums of `part` and `whole`, and whose spread is
    that of the ratio, by linearisation (Cochran 1977, section 2.11); one for each independent
    case.

    >>> ratio_terms([1.0, 2.0], [2.0, 4.0])
    [0.5, 0.5]
    """
    mean = statistics.fmean(whole)
    ratio = statistics.fmean(part) / mean
    return [ratio + (a - ratio * b) / mean for a, b in zip(part, whole, strict=True)]


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1 on; equal ones have the mean of theirs.

    >>> ranks([0.3, 0.1, 0.3])
    [2.5, 1.0, 2.5]
    """
    order = sorted(values)
    return [(bisect_left(order, value) + bisect_right(order, value) + 1) / 2 for value in values]


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> float:
    """Spearman's rho: Pearson's r of the ranks; 0 where one of the two is constant.

    >>> rank_correlation([1.0, 2.0, 3.0, 4.0], [1.0, 8.0, 27.0, 64.0])
    1.0
    """
    # Ranks are halves: their products are exact, and a perfect order gives 1 and not next to it.
    return round(correlation(ranks(x), ranks(y)), 12)


def rank_correlation_interval(rho: float, n: int) -> Interval:
    """Interval for Spearman's rho of `n` independent pairs, 10 or more: as that of Pearson's r,
    but with the standard deviation `sqrt((1 + rho^2 / 2) / (n - 3))` (Bonett and Wright 2000).

    >>> low, high = rank_correlation_interval(0.5, 103)
    >>> round(low, 4), round(high, 4)
    (0.3287, 0.6394)
    """
    if not -1 <= rho <= 1 or n < 10:
        raise ValueError(f"rho = {rho} of {n} pairs; expected -1 <= rho <= 1 and 10 pairs or more")
    most = 1 - ROUNDOFF
    middle = atanh(min(max(rho, -most), most))
    half = Z95 * sqrt((1 + rho**2 / 2) / (n - 3))
    return Interval(tanh(middle - half), tanh(middle + half))
