"""What the write-up says about extended embeddings and the principal directions of resid_mid."""

from collections.abc import Callable
from functools import cache
from statistics import fmean

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from analyses.claims import UNTRAINED, Claim, Control, Measure, Measurement
from analyses.controls import NEURONS_EXCHANGED, OV_EXCHANGED
from analyses.labelling_function.embeddings.chosen import (
    DRAWS,
    SEED,
    chosen,
    drawn,
    fires,
    members,
    of_family,
    of_random,
)
from analyses.labelling_function.embeddings.directions import (
    drawn_plane,
    gating,
    of_resid,
    projected,
    slopes,
)
from analyses.labelling_function.embeddings.extended import Extended, extended
from analyses.labelling_function.embeddings.served import PAINTERS, Served, mask, served
from analyses.labelling_function.embeddings.shapes import (
    along_sum,
    flatness,
    picked,
    trends,
)
from analyses.labelling_function.points import agreement, answers, truth
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem

POINTS = SIDE * SIDE
C = 133
"""X + Y on the third curve."""
TOTALS = range(C - 20, C + 21)
"""Sums among which the flattest is looked for."""

Number = Callable[[list[int]], Float[Tensor, " neuron"]]
"""A number of each of some neurons."""


@cache
def of_truth(problem: Problem[LabellingFunction], family: str) -> Served:
    """The rows that a family serves."""
    return served(truth(problem), family)


@cache
def columns(problem: Problem[LabellingFunction], neurons: tuple[int, ...]) -> Extended:
    """Extended embeddings of some neurons, on the CPU."""
    found = extended(problem)
    picks = list(neurons)
    return Extended(found.x[:, picks].cpu(), found.y[:, picks].cpu(), found.rest[picks].cpu())


def rows_of(problem: Problem[LabellingFunction], family: str) -> Bool[Tensor, " x"]:
    """Whether a family should paint a row."""
    return mask(truth(problem), family).cpu()


def dealt(values: Tensor, generator: torch.Generator) -> Tensor:
    """The same values in another order."""
    return values[torch.randperm(len(values), generator=generator)]


def picks_rows(problem: Problem[LabellingFunction]) -> Measurement:
    """How well the extended embedding of X tells the rows that a neuron should paint from others,
    the worst of the chosen neurons.
    """
    found = [
        float(picked(columns(problem, (neuron,)).x, rows_of(problem, family)))
        for family, neuron in chosen(problem).items()
    ]
    return Measurement(min(found), len(found) * SIDE)


def random_pick_rows(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for a random neuron in place of each: the worst of them, mean over draws."""
    sets = {
        family: torch.stack(
            [
                picked(columns(problem, tuple(each)).x, rows_of(problem, family))
                for each in drawn(problem, family, 1)
            ]
        )
        for family in chosen(problem)
    }
    worst = torch.cat(list(sets.values()), dim=1).amin(dim=1)
    return Measurement(float(worst.mean()), DRAWS)


def pick_other_rows(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for as many other rows, drawn at random."""
    generator = torch.Generator().manual_seed(SEED)
    worst = [
        min(
            float(picked(columns(problem, (n,)).x, dealt(rows_of(problem, family), generator)))
            for family, n in chosen(problem).items()
        )
        for _ in range(DRAWS)
    ]
    return Measurement(fmean(worst), DRAWS)


def fires_elsewhere(problem: Problem[LabellingFunction]) -> Measurement:
    """Share of the points of rows that a neuron should not paint at which it fires, mean over the
    chosen neurons.
    """
    shares = [
        float(fires(problem, neuron).cpu()[~rows_of(problem, family)].mean())
        for family, neuron in chosen(problem).items()
    ]
    return Measurement(fmean(shares), POINTS)


def random_fire_elsewhere(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for random neurons."""
    shares = [
        float(fires(problem, neuron).cpu()[~rows_of(problem, family)].mean())
        for family in chosen(problem)
        for (neuron,) in drawn(problem, family, 1)
    ]
    return Measurement(fmean(shares), POINTS)


def x_trend(problem: Problem[LabellingFunction], family: str) -> Number:
    """Rank correlation of the extended embedding of X with X, over the rows that a family
    serves.
    """
    rows = of_truth(problem, family).rows.cpu()
    return lambda neurons: trends(columns(problem, tuple(neurons)).x[rows], rows.tolist())


def y_trend(problem: Problem[LabellingFunction], family: str) -> Number:
    """Rank correlation of the extended embedding of Y with Y."""
    every = list(range(SIDE))
    return lambda neurons: trends(columns(problem, tuple(neurons)).y, every)


def change_trend(problem: Problem[LabellingFunction], family: str) -> Number:
    """Rank correlation of the extended embedding of X with the place where the row changes, over
    the rows that a family serves; with the sign that lets an earlier change of a painter of the
    right end, and a later one of a painter of the left end, count as positive.
    """
    rows, places = (part.cpu() for part in of_truth(problem, family))
    sign = -1 if family.endswith("right") else 1
    return lambda neurons: sign * trends(columns(problem, tuple(neurons)).x[rows], places.tolist())


def flat_at_change(problem: Problem[LabellingFunction], family: str) -> Number:
    """`flatness` where the rows change that a family serves."""
    rows, places = (part.cpu() for part in of_truth(problem, family))

    def number(neurons: list[int]) -> Float[Tensor, " neuron"]:
        found = columns(problem, tuple(neurons))
        return flatness(found.x, found.y, rows, places)

    return number


def on_c(problem: Problem[LabellingFunction]) -> Tensor:
    """The rows of a blue right end that change on the third curve."""
    rows, places = (part.cpu() for part in of_truth(problem, "blue right"))
    return rows[rows + places == C]


def flat_on_sum(problem: Problem[LabellingFunction], total: int) -> Number:
    """`flatness` on X + Y = `total`, over the rows of `on_c`."""
    rows = on_c(problem)
    rows = rows[total - rows < SIDE]

    def number(neurons: list[int]) -> Float[Tensor, " neuron"]:
        found = columns(problem, tuple(neurons))
        return flatness(found.x, found.y, rows, total - rows)

    return number


def flat_everywhere(problem: Problem[LabellingFunction], total: int) -> Number:
    """The same over all rows that the line crosses."""

    def number(neurons: list[int]) -> Float[Tensor, " neuron"]:
        found = columns(problem, tuple(neurons))
        return along_sum(found.x, found.y, total)

    return number


def flat_rising(problem: Problem[LabellingFunction], family: str) -> Number:
    """The same with the order of Y turned round, so that Y rises with X."""
    rows = on_c(problem)

    def number(neurons: list[int]) -> Float[Tensor, " neuron"]:
        found = columns(problem, tuple(neurons))
        return flatness(found.x, found.y, rows, (C - rows).flip(0))

    return number


def median_of(number: Callable[[Problem[LabellingFunction], str], Number], family: str) -> Measure:
    """The median over a family."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        n = len(members(problem)[family])
        return Measurement(of_family(problem, family, number(problem, family)), n)

    return measure


def random_median_of(
    number: Callable[[Problem[LabellingFunction], str], Number], family: str
) -> Control:
    """The same for random neurons."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        n = len(members(problem)[family])
        return Measurement(of_random(problem, family, number(problem, family)), n)

    return Control("as many random neurons", measure=measure)


def painters(problem: Problem[LabellingFunction]) -> list[str]:
    """The families that paint one end of a row and have neurons."""
    return [family for family in PAINTERS if members(problem)[family]]


def worst_follows_change(problem: Problem[LabellingFunction]) -> Measurement:
    """`change_trend`, median over each family, the least of all families."""
    found = [of_family(problem, each, change_trend(problem, each)) for each in painters(problem)]
    return Measurement(min(found), len(found))


def worst_follows_random(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for random neurons."""
    found = [of_random(problem, each, change_trend(problem, each)) for each in painters(problem)]
    return Measurement(min(found), len(found))


def least_flat(problem: Problem[LabellingFunction]) -> Measurement:
    """`flat_at_change`, median over each family, the greatest of all families."""
    found = [of_family(problem, each, flat_at_change(problem, each)) for each in painters(problem)]
    return Measurement(max(found), len(found))


def least_flat_random(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for random neurons; the least of all families, which is the hardest to beat."""
    found = [of_random(problem, each, flat_at_change(problem, each)) for each in painters(problem)]
    return Measurement(min(found), len(found))


def by_sum(
    problem: Problem[LabellingFunction],
    neurons: list[int],
    flat: Callable[[Problem[LabellingFunction], int], Number] = flat_on_sum,
) -> Float[Tensor, " total"]:
    """The median flatness of some neurons on each of the `TOTALS`."""
    return torch.stack([flat(problem, total)(neurons).median() for total in TOTALS])


def from_133(curve: Float[Tensor, " total"]) -> int:
    """How far from 133 the sum is on which a curve of `by_sum` is flattest."""
    return abs(TOTALS[int(curve.argmin())] - C)


def flattest_from_133(problem: Problem[LabellingFunction]) -> Measurement:
    """How far from 133 the blue right family is flattest."""
    neurons = members(problem)["blue right"]
    return Measurement(from_133(by_sum(problem, neurons)), len(TOTALS))


def flattest_from_133_random(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for random neurons, mean over draws."""
    sets = drawn(problem, "blue right", len(members(problem)["blue right"]))
    return Measurement(fmean(from_133(by_sum(problem, each)) for each in sets), DRAWS)


def first_two(problem: Problem[LabellingFunction]) -> Measurement:
    """Share of the variance of resid_mid along its two principal directions."""
    return Measurement(float(of_resid(problem).shares[:2].sum()), POINTS)


def left_on(problem: Problem[LabellingFunction], directions: Tensor) -> float:
    """Agreement with the model with resid_mid projected on some directions."""
    return agreement(projected(problem, directions) > 0, answers(problem))


@cache
def left_on_first(problem: Problem[LabellingFunction], kept: int, skipped: int = 0) -> float:
    """The same on the first principal directions, or on those after the first."""
    return left_on(problem, of_resid(problem).directions[skipped : skipped + kept])


@cache
def left_on_drawn(problem: Problem[LabellingFunction], kept: int, draws: int = 5) -> float:
    """The same on directions between random points, mean over draws."""
    generator = torch.Generator().manual_seed(SEED)
    return fmean(left_on(problem, drawn_plane(problem, kept, generator)) for _ in range(draws))


def plane_suffices(problem: Problem[LabellingFunction]) -> Measurement:
    """Agreement that is left on the two principal directions."""
    return Measurement(left_on_first(problem, 2), POINTS)


def next_plane(problem: Problem[LabellingFunction]) -> Measurement:
    """On the third and fourth."""
    return Measurement(left_on_first(problem, 2, 2), POINTS)


def drawn_planes(problem: Problem[LabellingFunction]) -> Measurement:
    """On two directions between random points."""
    return Measurement(left_on_drawn(problem, 2), POINTS)


def both_gate(skipped: int = 0) -> Measure:
    """`gating` of two principal directions, the lesser of the two ways."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        found = slopes(problem, of_resid(problem).directions[skipped : skipped + 2])
        return Measurement(min(gating(found, gate) for gate in (0, 1)), POINTS)

    return measure


CLAIMS = [
    Claim(
        name="x_picks_rows",
        sentence="The extended embedding of X is greater in the rows that a neuron should paint "
        "than in others.",
        quantity="probability that it is greater in a random row of these than in a random other "
        "one, the worst of four chosen neurons",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        measure=picks_rows,
        controls=(
            Control("as many other rows, drawn at random", measure=pick_other_rows),
            Control("random neurons", measure=random_pick_rows),
        ),
    ),
    Claim(
        name="silent_elsewhere",
        sentence="X is a switch: in other rows, whatever Y is, the neuron is mostly silent.",
        quantity="share of the points of other rows at which it fires, mean over four chosen "
        "neurons",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.2,
        measure=fires_elsewhere,
        controls=(Control("random neurons", measure=random_fire_elsewhere),),
    ),
    Claim(
        name="x_falls_red_right",
        sentence="Along the rows that they serve, the extended embedding of X falls for neurons "
        "that paint the right end red.",
        quantity="Spearman's rho with X, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=-0.8,
        measure=median_of(x_trend, "red right"),
        controls=(random_median_of(x_trend, "red right"),),
    ),
    Claim(
        name="x_rises_blue_right",
        sentence="It rises for neurons that paint the right end blue.",
        quantity="Spearman's rho with X, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.8,
        measure=median_of(x_trend, "blue right"),
        controls=(random_median_of(x_trend, "blue right"),),
    ),
    Claim(
        name="x_follows_change",
        sentence="In both cases, and at the left end too, it is the greater the more of the row "
        "has to be painted.",
        quantity="Spearman's rho with where the colour changes, counted from the end that is "
        "painted; median over each family that paints one end, the least of them",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.8,
        measure=worst_follows_change,
        controls=(Control("as many random neurons", measure=worst_follows_random),),
    ),
    Claim(
        name="y_rises_red_right",
        sentence="The extended embedding of Y rises for neurons that paint the right end red.",
        quantity="Spearman's rho with Y, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        measure=median_of(y_trend, "red right"),
        controls=(random_median_of(y_trend, "red right"),),
    ),
    Claim(
        name="y_rises_blue_right",
        sentence="It rises for those that paint the right end blue.",
        quantity="Spearman's rho with Y, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        measure=median_of(y_trend, "blue right"),
        controls=(random_median_of(y_trend, "blue right"),),
    ),
    Claim(
        name="y_falls_blue_left",
        sentence="It falls for those that paint the left end blue.",
        quantity="Spearman's rho with Y, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=-0.9,
        measure=median_of(y_trend, "blue left"),
        controls=(random_median_of(y_trend, "blue left"),),
    ),
    Claim(
        name="flatter_on_133",
        sentence="On X + Y = 133, what X and Y add to a neuron that paints the right end blue is "
        "flatter than what X adds: where the row changes, all rows look alike to it.",
        quantity="standard deviation of the sum divided by that of the extended embedding of X, "
        "over rows that change there, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.5,
        measure=median_of(lambda problem, family: flat_on_sum(problem, C), "blue right"),
        controls=(
            random_median_of(lambda problem, family: flat_on_sum(problem, C), "blue right"),
            Control("Y that rises with X instead", measure=median_of(flat_rising, "blue right")),
        ),
    ),
    Claim(
        name="flatter_at_change",
        sentence="So it is for every family that paints one end, on the places where its rows "
        "change.",
        quantity="the same ratio at the change of each row, median over each family, the greatest "
        "of them",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.6,
        measure=least_flat,
        controls=(Control("as many random neurons, the least", measure=least_flat_random),),
    ),
    Claim(
        name="flattest_near_133",
        sentence="Of the lines of equal X + Y, it is flattest on one next to 133.",
        quantity="distance from 133 of the flattest, of 41 lines around it",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=3,
        measure=flattest_from_133,
        controls=(
            Control("as many random neurons, mean over draws", measure=flattest_from_133_random),
        ),
    ),
    Claim(
        name="two_directions",
        sentence="Behind attention, two directions hold nearly all that varies.",
        quantity="share of the variance of resid_mid along its first two principal directions",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.8,
        measure=first_two,
        controls=(UNTRAINED, OV_EXCHANGED),
    ),
    Claim(
        name="plane_suffices",
        sentence="What the model answers depends on these two.",
        quantity="agreement with the model, resid_mid projected on them",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        measure=plane_suffices,
        controls=(
            Control("the third and fourth instead", measure=next_plane),
            Control("directions between random points", measure=drawn_planes),
        ),
    ),
    Claim(
        name="both_gate",
        sentence="The MLP is a gate on both: each of the two opens and shuts what it does with the "
        "other.",
        quantity="steepest over flattest of ten bins of the one, by mean slope of the logit "
        "difference along the other, the lesser of both ways",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=4,
        measure=both_gate(),
        controls=(
            UNTRAINED,
            NEURONS_EXCHANGED,
            Control("the third and fourth principal direction", measure=both_gate(2)),
        ),
    ),
]
