"""What the write-up says about extended embeddings and the principal directions of resid_mid."""

from collections.abc import Callable, Sequence
from functools import cache
from statistics import fmean
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.evidence.claims import UNTRAINED, Claim, Control, Measure, Measurement
from analyses.evidence.controls import NEURONS_EXCHANGED
from analyses.labelling_function.attention.fixed import at_mean
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
from analyses.labelling_function.embeddings.effective import difference_of_sum, effective
from analyses.labelling_function.embeddings.extended import Extended, extended
from analyses.labelling_function.embeddings.served import PAINTERS, Served, mask, served
from analyses.labelling_function.embeddings.shapes import (
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
Embeddings = Callable[[Problem[LabellingFunction]], Extended]
"""Extended embeddings, or effective ones."""
OfFamily = Callable[[Problem[LabellingFunction], str], Number]
"""What number it is depends on the family."""
SHIFTS = range(-20, 21, 2)
"""Columns that `flat_beside` looks to the right."""


@cache
def of_truth(problem: Problem[LabellingFunction], family: str) -> Served:
    """The rows that a family serves."""
    rows, places = served(truth(problem), family)
    return Served(rows.cpu(), places.cpu())


def columns(problem: Problem[LabellingFunction], embed: Embeddings, neurons: list[int]) -> Extended:
    """Embeddings of some neurons, on the CPU."""
    found = embed(problem)
    return Extended(*(part[..., neurons].cpu() for part in found))


def rows_of(problem: Problem[LabellingFunction], family: str) -> Bool[Tensor, " x"]:
    """Whether a family should paint a row."""
    return mask(truth(problem), family).cpu()


def dealt(values: Tensor, generator: torch.Generator) -> Tensor:
    """The same values in another order."""
    return values[torch.randperm(len(values), generator=generator)]


def picks(embed: Embeddings, masked: Bool[Tensor, " x"], problem: Problem[Any]) -> Number:
    """How well the embedding of X tells masked rows from others."""
    return lambda neurons: picked(columns(problem, embed, neurons).x, masked)


def picks_rows(problem: Problem[LabellingFunction]) -> Measurement:
    """How well the extended embedding of X tells the rows that a neuron should paint from others,
    the worst of the chosen neurons.
    """
    found = [
        float(picks(extended, rows_of(problem, family), problem)([neuron]))
        for family, neuron in chosen(problem).items()
    ]
    return Measurement(min(found), len(found) * SIDE)


def random_pick_rows(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for a random neuron in place of each: the worst of them, mean over draws."""
    by_family = [
        torch.cat(
            [
                picks(extended, rows_of(problem, family), problem)(each)
                for each in drawn(problem, family, 1)
            ]
        )
        for family in chosen(problem)
    ]
    return Measurement(float(torch.stack(by_family).amin(dim=0).mean()), DRAWS)


def pick_other_rows(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for as many other rows, drawn at random."""
    generator = torch.Generator().manual_seed(SEED)
    worst = [
        min(
            float(picks(extended, dealt(rows_of(problem, family), generator), problem)([neuron]))
            for family, neuron in chosen(problem).items()
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
    rows = of_truth(problem, family).rows
    return lambda neurons: trends(columns(problem, extended, neurons).x[rows], rows)


def y_trend(embed: Embeddings) -> OfFamily:
    """Rank correlation of the embedding of Y with Y."""
    every = torch.arange(SIDE)
    return lambda problem, family: lambda neurons: trends(columns(problem, embed, neurons).y, every)


def towards_end(problem: Problem[LabellingFunction], family: str) -> Number:
    """The same for effective embeddings, counted as positive where it grows towards the end that
    the family paints.
    """
    sign = 1 if family.endswith("right") else -1
    return lambda neurons: sign * y_trend(effective)(problem, family)(neurons)


def change_trend(embed: Embeddings) -> OfFamily:
    """Rank correlation of the embedding of X with how much of the row is to be painted, over the
    rows that a family serves.
    """

    def of_family(problem: Problem[LabellingFunction], family: str) -> Number:
        rows, places = of_truth(problem, family)
        sign = -1 if family.endswith("right") else 1
        return lambda neurons: sign * trends(columns(problem, embed, neurons).x[rows], places)

    return of_family


def flat_at_change(embed: Embeddings) -> OfFamily:
    """`flatness` where the rows change that a family serves."""

    def of_family(problem: Problem[LabellingFunction], family: str) -> Number:
        rows, places = of_truth(problem, family)
        return lambda neurons: flatness(*columns(problem, embed, neurons)[:2], rows, places)

    return of_family


def flat_beside(shift: int) -> OfFamily:
    """The same for effective embeddings, so many columns to the right of the change; over rows that
    change so far from both ends that any of the `SHIFTS` stays within them.
    """

    def of_family(problem: Problem[LabellingFunction], family: str) -> Number:
        rows, places = of_truth(problem, family)
        far = (places + SHIFTS[0] >= 0) & (places + SHIFTS[-1] < SIDE)
        rows, places = rows[far], places[far] + shift
        return lambda neurons: flatness(*columns(problem, effective, neurons)[:2], rows, places)

    return of_family


def flat_elsewhere(problem: Problem[LabellingFunction], family: str) -> Number:
    """`flat_beside` with the places of the changes dealt to other rows."""
    rows, places = of_truth(problem, family)
    far = (places + SHIFTS[0] >= 0) & (places + SHIFTS[-1] < SIDE)
    other = dealt(places[far], torch.Generator().manual_seed(SEED))
    return lambda neurons: flatness(*columns(problem, effective, neurons)[:2], rows[far], other)


def on_c(problem: Problem[LabellingFunction]) -> Int[Tensor, " row"]:
    """The rows of a blue right end that change on the third curve."""
    rows, places = of_truth(problem, "blue right")
    return rows[rows + places == C]


def flat_on_sum(total: int, embed: Embeddings = extended) -> OfFamily:
    """`flatness` on X + Y = `total`, over the rows of `on_c`."""

    def of_family(problem: Problem[LabellingFunction], family: str) -> Number:
        rows = on_c(problem)
        rows = rows[total - rows < SIDE]
        return lambda neurons: flatness(*columns(problem, embed, neurons)[:2], rows, total - rows)

    return of_family


def flat_rising(problem: Problem[LabellingFunction], family: str) -> Number:
    """The same on 133 with the order of Y turned round, so that Y rises with X."""
    rows = on_c(problem)
    return lambda neurons: flatness(
        *columns(problem, extended, neurons)[:2], rows, (C - rows).flip(0)
    )


def median_of(number: OfFamily, family: str) -> Measure:
    """The median over a family."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        n = len(members(problem)[family])
        return Measurement(of_family(problem, family, number(problem, family)), n)

    return measure


def random_median_of(number: OfFamily, family: str) -> Control:
    """The same for random neurons."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        n = len(members(problem)[family])
        return Measurement(of_random(problem, family, number(problem, family)), n)

    return Control("as many random neurons", measure=measure)


def painters(problem: Problem[LabellingFunction]) -> list[str]:
    """The families that paint one end of a row and have neurons."""
    return [family for family in PAINTERS if members(problem)[family]]


def of_families(
    number: OfFamily,
    of: Callable[[Sequence[float]], float],
    median: Callable[[Problem[LabellingFunction], str, Number], float] = of_family,
) -> Measure:
    """The least or the greatest of the medians of families that have neurons."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        found = [median(problem, family, number(problem, family)) for family in painters(problem)]
        return Measurement(of(found), len(found))

    return measure


def by_sum(
    problem: Problem[LabellingFunction], neurons: list[int], embed: Embeddings = extended
) -> Float[Tensor, " total"]:
    """The median flatness of some neurons on each of the `TOTALS`."""
    flat = [flat_on_sum(total, embed)(problem, "blue right")(neurons) for total in TOTALS]
    return torch.stack(flat).median(dim=1).values


def from_133(curve: Float[Tensor, " total"]) -> int:
    """How far from 133 the sum is on which a curve of `by_sum` is flattest."""
    return abs(TOTALS[int(curve.argmin())] - C)


def flattest_from_133(problem: Problem[LabellingFunction]) -> Measurement:
    """How far from 133 the blue right family is flattest."""
    neurons = members(problem)["blue right"]
    return Measurement(float(from_133(by_sum(problem, neurons))), len(TOTALS))


def flattest_from_133_random(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for random neurons, mean over draws."""
    sets = drawn(problem, "blue right", len(members(problem)["blue right"]))
    return Measurement(fmean(from_133(by_sum(problem, each)) for each in sets), DRAWS)


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


def ends_red(problem: Problem[LabellingFunction]) -> Bool[Tensor, " x"]:
    """Whether the right end of a row is red."""
    return truth(problem)[:, -1].cpu()


def picks_red_ends(problem: Problem[LabellingFunction], family: str) -> Number:
    """How well the effective embedding of X tells rows whose right end is red from others."""
    return picks(effective, ends_red(problem), problem)


def picks_other_ends(problem: Problem[LabellingFunction], family: str) -> Number:
    """The same for as many other rows."""
    generator = torch.Generator().manual_seed(SEED)
    return picks(effective, dealt(ends_red(problem), generator), problem)


def sum_suffices(problem: Problem[LabellingFunction]) -> Measurement:
    """Agreement that is left with the sum of its main effects in place of resid_mid."""
    left = agreement(difference_of_sum(problem) > 0, answers(problem))
    return Measurement(left, POINTS)


def mean_attention_left(problem: Problem[LabellingFunction]) -> Measurement:
    """Agreement that is left with attention fixed to its mean, another such sum."""
    return Measurement(agreement(at_mean(problem) > 0, answers(problem)), POINTS)


def three_suffice(problem: Problem[LabellingFunction]) -> Measurement:
    """Agreement that is left on the first three principal directions."""
    return Measurement(left_on_first(problem, 3), POINTS)


def three_drawn(problem: Problem[LabellingFunction]) -> Measurement:
    """On three directions between random points."""
    return Measurement(left_on_drawn(problem, 3), POINTS)


# The families of the claims up to `both_gate` are as they turned out in the end: these were stated
# for the neurons whose largest effect is above half a logit, which are hardly any of those that
# paint blue, and are measured for all that fire.
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
        counted="pairs of neuron and row",
        measure=picks_rows,
        refuted=True,
        controls=(
            Control("as many other rows, drawn at random", measure=pick_other_rows),
            Control("random neurons", measure=random_pick_rows),
        ),
    ),
    Claim(
        name="silent_elsewhere",
        sentence="X is a switch: in rows that it should not paint, a neuron is mostly silent, "
        "whatever Y is.",
        quantity="share of the points of other rows at which it fires, mean over four chosen "
        "neurons",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.2,
        counted="points",
        measure=fires_elsewhere,
        refuted=True,
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
        counted="neurons",
        measure=median_of(x_trend, "red right"),
        refuted=True,
        controls=(random_median_of(x_trend, "red right"),),
    ),
    Claim(
        name="x_rises_blue_right",
        sentence="The extended embedding of X rises for neurons that paint the right end blue.",
        quantity="Spearman's rho with X, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.8,
        counted="neurons",
        measure=median_of(x_trend, "blue right"),
        controls=(random_median_of(x_trend, "blue right"),),
    ),
    Claim(
        name="x_follows_change",
        sentence="At either end, the extended embedding of X is greater the more of the row has to "
        "be painted.",
        quantity="Spearman's rho with where the colour changes, counted from the end that is "
        "painted; median over each family that paints one end, the least of them",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.8,
        counted="families",
        measure=of_families(change_trend(extended), min),
        refuted=True,
        controls=(
            Control(
                "as many random neurons",
                measure=of_families(change_trend(extended), min, median=of_random),
            ),
        ),
    ),
    Claim(
        name="y_rises_red_right",
        sentence="The extended embedding of Y rises for neurons that paint the right end red.",
        quantity="Spearman's rho with Y, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        counted="neurons",
        measure=median_of(y_trend(extended), "red right"),
        refuted=True,
        controls=(random_median_of(y_trend(extended), "red right"),),
    ),
    Claim(
        name="y_rises_blue_right",
        sentence="The extended embedding of Y rises for neurons that paint the right end blue.",
        quantity="Spearman's rho with Y, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        counted="neurons",
        measure=median_of(y_trend(extended), "blue right"),
        refuted=True,
        controls=(random_median_of(y_trend(extended), "blue right"),),
    ),
    Claim(
        name="y_falls_blue_left",
        sentence="The extended embedding of Y falls for neurons that paint the left end blue.",
        quantity="Spearman's rho with Y, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=-0.9,
        counted="neurons",
        measure=median_of(y_trend(extended), "blue left"),
        refuted=True,
        controls=(random_median_of(y_trend(extended), "blue left"),),
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
        counted="neurons",
        measure=median_of(flat_on_sum(C), "blue right"),
        refuted=True,
        controls=(
            random_median_of(flat_on_sum(C), "blue right"),
            Control("Y that rises with X instead", measure=median_of(flat_rising, "blue right")),
        ),
    ),
    Claim(
        name="flatter_at_change",
        sentence="For every family that paints one end, X and Y together are flatter where its "
        "rows change.",
        quantity="the same ratio at the change of each row, median over each family, the greatest "
        "of them",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.6,
        counted="families",
        measure=of_families(flat_at_change(extended), max),
        refuted=True,
        controls=(
            Control(
                "as many random neurons, the least",
                measure=of_families(flat_at_change(extended), min, median=of_random),
            ),
        ),
    ),
    Claim(
        name="flattest_near_133",
        sentence="Of the lines of equal X + Y, X and Y together are flattest on one next to 133.",
        quantity="distance from 133 of the flattest, of 41 lines around it",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=3.0,
        counted="lines",
        measure=flattest_from_133,
        refuted=True,
        controls=(
            Control("as many random neurons, mean over draws", measure=flattest_from_133_random),
        ),
    ),
    Claim(
        name="plane_suffices",
        sentence="What the model answers depends on two principal directions.",
        quantity="agreement with the model, resid_mid projected on the first two",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        counted="points",
        measure=plane_suffices,
        controls=(
            Control("the third and fourth instead", measure=next_plane),
            Control("directions between random points", measure=drawn_planes),
        ),
    ),
    Claim(
        name="both_gate",
        sentence="The MLP is a gate on both principal directions: each opens and shuts what it "
        "does with the other.",
        quantity="steepest over flattest of ten bins of the one, by mean slope of the logit "
        "difference along the other, the lesser of both ways",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=4.0,
        counted="points",
        measure=both_gate(),
        refuted=True,
        controls=(
            UNTRAINED,
            NEURONS_EXCHANGED,
            Control("the third and fourth principal direction", measure=both_gate(2)),
        ),
    ),
    # From here on, claims were stated after we had looked.
    Claim(
        name="sum_suffices",
        sentence="What attention brings is as good as a sum of a part that depends on X alone and "
        "a part that depends on Y alone.",
        quantity="agreement with the model, the sum of its main effects in place of resid_mid",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.95,
        counted="points",
        carries=True,
        measure=sum_suffices,
        controls=(
            Control("the sum that attention fixed to its mean gives", measure=mean_attention_left),
        ),
    ),
    Claim(
        name="effective_y_to_end",
        sentence="The effective embedding of Y grows towards the end that a neuron paints.",
        quantity="Spearman's rho with Y, or with -Y for a left end, median over each family that "
        "paints one end, the least of them",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.8,
        counted="families",
        measure=of_families(towards_end, min),
        controls=(
            Control(
                "as many random neurons",
                measure=of_families(towards_end, min, median=of_random),
            ),
        ),
    ),
    Claim(
        name="effective_x_picks_rows",
        sentence="The effective embedding of X tells a neuron that paints the right end red which "
        "rows end red.",
        quantity="probability that it is greater in a random row that ends red than in a random "
        "other one, median over the family",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.95,
        counted="neurons",
        carries=True,
        measure=median_of(picks_red_ends, "red right"),
        controls=(
            random_median_of(picks_red_ends, "red right"),
            Control(
                "as many other rows, drawn at random",
                measure=median_of(picks_other_ends, "red right"),
            ),
        ),
    ),
    Claim(
        name="effective_x_follows_change",
        sentence="Among the rows that a neuron serves, the effective embedding of X is greater the "
        "more of the row has to be painted.",
        quantity="Spearman's rho with where the colour changes, counted from the end that is "
        "painted; median over each family that paints one end, the least of them",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.6,
        counted="families",
        measure=of_families(change_trend(effective), min),
        controls=(
            Control(
                "as many random neurons",
                measure=of_families(change_trend(effective), max, median=of_random),
            ),
        ),
    ),
    Claim(
        name="effective_flatter",
        sentence="Where the rows of a family change, effective embeddings of X and Y together are "
        "flatter than that of X alone.",
        quantity="standard deviation of the sum divided by that of X's, over rows that change in "
        "the middle; median over each family that paints one end, the greatest of them",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.75,
        counted="families",
        measure=of_families(flat_beside(0), max),
        controls=(
            Control(
                "as many random neurons, the least",
                measure=of_families(flat_beside(0), min, median=of_random),
            ),
            Control(
                "the changes of other rows, the least",
                measure=of_families(flat_elsewhere, min),
            ),
        ),
    ),
    Claim(
        name="three_suffice",
        sentence="Three principal directions are all that the answers need.",
        quantity="agreement with the model, resid_mid projected on its first three principal "
        "directions",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.99,
        counted="points",
        measure=three_suffice,
        controls=(Control("three directions between random points", measure=three_drawn),),
    ),
]
