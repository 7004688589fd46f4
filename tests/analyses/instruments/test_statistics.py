import random
from math import asin, pi, sqrt, tanh
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyses.instruments.statistics import (
    Z95,
    Interval,
    clustered_interval,
    correlation,
    correlation_interval,
    mean_interval,
    proportion_interval,
    rank_correlation,
    rank_correlation_interval,
    ranks,
    ratio_terms,
)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_proportion_is_the_published_one(
    successes: int, n: int, low: float, high: float
) -> None:
    assert proportion_interval(successes, n) == pytest.approx((low, high), abs=5e-5)


@given(st.data())
def test_both_ends_are_just_compatible_with_what_was_seen(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 100_000))
    successes = data.draw(st.integers(0, n))
    seen = successes / n
    low, high = proportion_interval(successes, n)
    assert 0 <= low <= seen <= high <= 1
    for end in (low, high):
        if end not in (0, 1):
            distance = Z95 * sqrt(end * (1 - end) / n)
            assert abs(seen - end) == pytest.approx(distance, rel=1e-6, abs=1e-9)


@given(st.data())
def test_counting_failures_turns_the_interval_round(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 1000))
    successes = data.draw(st.integers(0, n))
    low, high = proportion_interval(n - successes, n)
    assert proportion_interval(successes, n) == pytest.approx((1 - high, 1 - low))


@pytest.mark.parametrize("n", [1, 7, 10_000])
def test_the_ends_are_exact_where_all_or_none_succeed(n: int) -> None:
    assert proportion_interval(0, n).low == 0.0
    assert proportion_interval(n, n).high == 1.0
    assert proportion_interval(n, n).low < 1.0


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_proportion(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match=f"{successes} successes of {n} trials is no proportion"):
        proportion_interval(successes, n)


def test_the_interval_of_a_mean_by_hand() -> None:
    # 18 times 0 and 18 times 2: mean 1, variance 36 / 35.
    half = 1.959964 * sqrt(36 / 35) / 6
    assert mean_interval([0.0, 2.0] * 18) == pytest.approx((1 - half, 1 + half), rel=1e-6)
    assert mean_interval([3.5] * 30) == Interval(3.5, 3.5)


def test_few_values_have_no_normal_interval() -> None:
    with pytest.raises(ValueError, match="29 values are too few .* expected 30 or more"):
        mean_interval([1.0] * 29)
    assert mean_interval([1.0] * 30) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("x", "y", "r"),
    [
        ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], 1.0),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], -1.0),
        ([1.0, 2.0, 3.0], [1.0, 3.0, 1.0], 0.0),
        ([1.0, 2.0, 3.0], [5.0, 5.0, 5.0], 0.0),
    ],
)
def test_correlations_by_hand(x: list[float], y: list[float], r: float) -> None:
    assert correlation(x, y) == pytest.approx(r)


def test_the_interval_of_no_correlation_is_that_of_a_normal_variable() -> None:
    assert correlation_interval(0.0, 103) == pytest.approx((-tanh(Z95 / 10), tanh(Z95 / 10)))


@given(st.floats(-0.999, 0.999), st.integers(30, 10_000))
def test_the_interval_of_a_correlation_lies_around_it_and_within_one(r: float, n: int) -> None:
    low, high = correlation_interval(r, n)
    assert -1 <= low < r < high <= 1
    opposite = correlation_interval(-r, n)
    assert opposite == pytest.approx((-high, -low))


@pytest.mark.parametrize(("r", "n"), [(1.01, 100), (0.5, 29)])
def test_no_interval_without_a_correlation_and_pairs(r: float, n: int) -> None:
    with pytest.raises(ValueError, match=f"r = {r} of {n} pairs"):
        correlation_interval(r, n)


def test_a_perfect_correlation_has_the_width_of_its_rounding() -> None:
    low, high = correlation_interval(-1.0, 50)
    assert -1 <= low < high < -1 + 1e-12


def test_independent_trials_have_wilsons_interval_however_they_are_clustered() -> None:
    generator = random.Random(0)
    shares = [float(generator.random() < 0.3) for _ in range(400)]
    clustered = clustered_interval(shares, 400)
    # Their variance is estimated, with one degree of freedom less.
    assert clustered == pytest.approx(proportion_interval(int(sum(shares)), 400), abs=1e-3)


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("trials", [50, 500])
def test_where_all_agree_a_cluster_is_one_trial(share: float, trials: int) -> None:
    interval = clustered_interval([share] * 50, trials)
    assert interval == proportion_interval(int(50 * share), 50)
    assert interval.low < interval.high


@given(st.lists(st.integers(0, 4), min_size=30, max_size=60))
def test_a_clustered_interval_holds_the_share_and_is_no_narrower_than_wilsons(
    hits: list[int],
) -> None:
    trials = 4 * len(hits)
    low, high = clustered_interval([hit / 4 for hit in hits], trials)
    assert 0 <= low <= sum(hits) / trials <= high <= 1
    alone = proportion_interval(sum(hits), trials)
    assert high - low >= (alone.high - alone.low) * (1 - 1e-9)


@pytest.mark.parametrize(("shares", "trials"), [([], 60), ([0.5] * 30, 20), ([2.0] * 30, 60)])
def test_what_are_no_clusters_of_trials_is_refused(shares: list[float], trials: int) -> None:
    with pytest.raises(ValueError, match="expected some, each from 0 to 1"):
        clustered_interval(shares, trials)


def test_a_ratio_and_its_spread() -> None:
    # 1 + 2 + 6 of 2 + 4 + 6; what each case adds beyond its share of the whole, by its mean.
    terms = ratio_terms([1.0, 2.0, 6.0], [2.0, 4.0, 6.0])
    assert terms == pytest.approx([0.75 - 0.5 / 4, 0.75 - 1 / 4, 0.75 + 1.5 / 4])
    assert fmean(terms) == pytest.approx(9 / 12)


def test_the_spread_of_a_ratio_is_that_of_many_samples() -> None:
    generator = random.Random(1)

    def sample() -> tuple[list[float], list[float]]:
        whole = [1 + generator.random() for _ in range(200)]
        return [w * (0.3 + 0.4 * generator.random()) for w in whole], whole

    ratios = [fmean(part) / fmean(whole) for part, whole in (sample() for _ in range(400))]
    claimed = [stdev(ratio_terms(*sample())) / 200**0.5 for _ in range(50)]
    assert fmean(claimed) == pytest.approx(stdev(ratios), rel=0.15)


def test_few_clusters_are_a_trial_each() -> None:
    assert clustered_interval([0.0, 1.0, 0.5, 0.5], 400) == proportion_interval(2, 4)


def test_spearmans_rho_is_the_one_by_hand() -> None:
    # Differences of ranks 1, -1, 1, -1, 0: 1 - 6 * 4 / (5 * 24).
    assert rank_correlation([1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 1.0, 4.0, 3.0, 9.0]) == 0.8
    assert rank_correlation([1.0, 2.0, 3.0], [7.0, 5.0, -1.0]) == -1
    assert rank_correlation([1.0, 2.0, 3.0], [4.0, 4.0, 4.0]) == 0
    assert ranks([5.0, 5.0, 5.0, 1.0]) == [3.0, 3.0, 3.0, 1.0]


def test_the_interval_of_rho_covers_it_as_often_as_it_says() -> None:
    rng = random.Random(5)
    # Of a bivariate normal with r = 0.6, rho is 6 / pi asin(r / 2).
    true = 6 / pi * asin(0.3)
    covered = 0
    for _ in range(400):
        x = [rng.gauss(0, 1) for _ in range(40)]
        y = [0.6 * value + 0.8 * rng.gauss(0, 1) for value in x]
        low, high = rank_correlation_interval(rank_correlation(x, y), 40)
        covered += low <= true <= high
    assert 0.92 <= covered / 400 <= 0.98


def test_an_interval_of_rho_needs_ten_pairs() -> None:
    with pytest.raises(ValueError, match="of 9 pairs; expected"):
        rank_correlation_interval(0.5, 9)
    assert rank_correlation_interval(1.0, 11).high == 1.0
