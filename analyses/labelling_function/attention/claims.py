"""What the write-up says about attention and about what stands behind it at Z."""

from functools import cache
from statistics import fmean, median

import torch

from analyses.evidence.claims import UNTRAINED, Claim, Control, Measure, Measurement
from analyses.labelling_function.at_z import (
    Map,
    X,
    Y,
    mean_pattern,
    position_scores,
    query,
    scores,
)
from analyses.labelling_function.attention import fixed, heads
from analyses.labelling_function.attention.readable import LEAST, SOME, held_out_accuracy
from analyses.labelling_function.points import agreement, answers, truth
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem

POINTS = SIDE * SIDE
SEED = 2302
QUERIES = 100
"""Random queries that stand against the one at Z."""
FAR = 11.0
"""Attention score by which the published model has three heads prefer one position."""
ALIKE = 0.9
"""Correlation of token scores from which on two heads count as alike."""


def agrees(problem: Problem[LabellingFunction], difference: Map) -> Measurement:
    """Agreement with the model of what is answered by a difference of logits."""
    return Measurement(agreement(difference > 0, answers(problem)), POINTS)


def mean_suffices(problem: Problem[LabellingFunction]) -> Measurement:
    """Agreement that is left with attention fixed to its mean."""
    return agrees(problem, fixed.at_mean(problem))


def another_mean(problem: Problem[LabellingFunction]) -> Measurement:
    """The same with the mean of another head."""
    return agrees(problem, fixed.at_another_heads_mean(problem))


def even_attention(problem: Problem[LabellingFunction]) -> Measurement:
    """The same with as much attention for X as for Y."""
    return agrees(problem, fixed.even(problem))


def lost_is_wrong(problem: Problem[LabellingFunction]) -> Measurement:
    """Where fixing attention changes the answer, the share that was right before."""
    before = answers(problem)
    changed = before != (fixed.at_mean(problem) > 0)
    right = before == truth(problem)
    n = int(changed.sum())
    return Measurement(float(right[changed].double().mean()) if n else 0.0, n)


def depends_on(problem: Problem[LabellingFunction], averaged: int) -> Measurement:
    """Agreement that is left with attention averaged over one coordinate."""
    return agrees(problem, fixed.averaged_over(problem, averaged))


def on_x(problem: Problem[LabellingFunction]) -> Measurement:
    """The same, with attention that depends on X alone."""
    return depends_on(problem, Y)


def on_y(problem: Problem[LabellingFunction]) -> Measurement:
    """The same, with attention that depends on Y alone."""
    return depends_on(problem, X)


def preferring(least: float) -> Measure:
    """How many heads prefer X's position to Y's by a score of `least` or more."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        by_position = position_scores(problem)
        apart = by_position[:, X] - by_position[:, Y]
        return Measurement(float((apart > least).sum()), len(apart))

    return measure


@cache
def other_queries(problem: Problem[LabellingFunction]) -> list[torch.Tensor]:
    """Queries that are random in direction and of the length that each head's has."""
    asked = query(problem)
    generator = torch.Generator().manual_seed(SEED)
    drawn = [torch.randn(asked.shape, generator=generator).to(asked) for _ in range(QUERIES)]
    length = asked.norm(dim=-1, keepdim=True)
    return [other * length / other.norm(dim=-1, keepdim=True) for other in drawn]


def preferring_at_random(least: float) -> Measure:
    """The same for random queries, mean over these."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        by_position = [position_scores(problem, other) for other in other_queries(problem)]
        counts = [float((to[:, X] - to[:, Y] > least).sum()) for to in by_position]
        return Measurement(fmean(counts), len(counts))

    return measure


def alike_heads(problem: Problem[LabellingFunction]) -> Measurement:
    """How many pairs of heads score the numbers alike."""
    pairs = heads.alike_in_tokens(problem, ALIKE)
    n = problem.architecture.n_heads
    return Measurement(float(len(pairs)), n * (n - 1) // 2)


def alike_at_random(problem: Problem[LabellingFunction]) -> Measurement:
    """The same for random queries, mean over these."""
    numbers = problem.model.W_E[:SIDE]
    drawn = [scores(problem, numbers, other) for other in other_queries(problem)[:10]]
    return Measurement(fmean(len(heads.alike(each, ALIKE)) for each in drawn), len(drawn))


def least_without_one(problem: Problem[LabellingFunction]) -> Measurement:
    """The least agreement that is left without one head."""
    n = problem.architecture.n_heads
    left = [agrees(problem, heads.without(problem, (head,))).value for head in range(n)]
    return Measurement(min(left), n)


def without_most(problem: Problem[LabellingFunction], n: int) -> Map:
    """The difference of logits without the heads that give Y most attention."""
    return heads.without(problem, tuple(sorted(heads.to_y(problem)[:n])))


def streaked(problem: Problem[LabellingFunction]) -> Measurement:
    """Share of rows of one colour without the two heads that give Y most attention."""
    return Measurement(heads.of_one_colour(without_most(problem, 2)), SIDE)


def most_streaked_otherwise(problem: Problem[LabellingFunction]) -> Measurement:
    """The greatest such share without any other two heads."""
    pairs = heads.other_pairs(problem)
    shares = [heads.of_one_colour(heads.without(problem, pair)) for pair in pairs]
    return Measurement(max(shares), SIDE)


def y_brought(problem: Problem[LabellingFunction]) -> Measurement:
    """Share of what `resid_mid` has of Y that comes from the head that gives Y most attention."""
    by_head = heads.brought(problem)[:, Y]
    return Measurement(float(by_head[heads.to_y(problem)[0]]), POINTS)


def y_brought_by_others(problem: Problem[LabellingFunction]) -> Measurement:
    """The greatest such share of any other head."""
    by_head = heads.brought(problem)[:, Y]
    return Measurement(float(by_head[heads.to_y(problem)[1:]].max()), POINTS)


def y_attended(problem: Problem[LabellingFunction]) -> Measurement:
    """Mean attention to Y of the head that gives it most."""
    return Measurement(float(mean_pattern(problem)[:, Y].max()), POINTS)


def y_attended_by_others(problem: Problem[LabellingFunction]) -> Measurement:
    """The median of the other heads."""
    others = heads.to_y(problem)[1:]
    return Measurement(median(mean_pattern(problem)[others, Y].tolist()), POINTS)


def free_head(problem: Problem[LabellingFunction]) -> Measurement:
    """Agreement that is left if only the head that brings most of Y has an attention that
    varies.
    """
    return agrees(problem, fixed.free_alone(problem, heads.carrier(problem, Y)))


def other_free_head(problem: Problem[LabellingFunction]) -> Measurement:
    """The greatest of the same for any other head."""
    own = heads.carrier(problem, Y)
    others = [head for head in range(problem.architecture.n_heads) if head != own]
    left = [agrees(problem, fixed.free_alone(problem, head)).value for head in others]
    return Measurement(max(left), POINTS)


def flickers(problem: Problem[LabellingFunction]) -> Measurement:
    """Changes of colour of a row without the head that brings most of Y."""
    return Measurement(heads.flicker(heads.without(problem, (heads.carrier(problem, Y),))), SIDE)


def others_flicker(problem: Problem[LabellingFunction]) -> Measurement:
    """The greatest of the same for any other head."""
    own = heads.carrier(problem, Y)
    others = [head for head in range(problem.architecture.n_heads) if head != own]
    return Measurement(max(heads.flicker(heads.without(problem, (h,))) for h in others), SIDE)


def readable(position: int, noise: float = LEAST, shuffled: bool = False) -> Measure:
    """How often a linear probe names the number at a position, on held-out points."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        named = held_out_accuracy(problem, position, noise, shuffled)
        return Measurement(named, POINTS - POINTS // 2)

    return measure


def x_before_y(noise: float) -> Measure:
    """How much more often X is named than Y."""

    def measure(problem: Problem[LabellingFunction]) -> Measurement:
        x, y = (held_out_accuracy(problem, position, noise) for position in (X, Y))
        return Measurement(x - y, POINTS - POINTS // 2)

    return measure


def readable_untrained(problem: Problem[LabellingFunction]) -> Measurement:
    """How often the probe names X in a model that was never trained."""
    assert UNTRAINED.model is not None
    return readable(X)(UNTRAINED.model(problem))


SHUFFLED = "every point with the number of another"

CLAIMS = [
    Claim(
        name="mean_attention_suffices",
        sentence="Attention hardly matters beyond its mean.",
        quantity="agreement with the model, every head's attention fixed to its mean",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        counted="points",
        carries=True,
        measure=mean_suffices,
        refuted=True,
        controls=(
            Control("each head with the mean attention of another", measure=another_mean),
            Control("as much attention for X as for Y", measure=even_attention),
        ),
    ),
    Claim(
        name="lost_with_attention_is_right",
        sentence="Answers that change with attention fixed were mostly right before: how attention "
        "varies with the point is part of how the model does the task.",
        quantity="share that the model has right, of the points where fixing changes the answer",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.75,
        counted="changed answers",
        measure=lost_is_wrong,
    ),
    Claim(
        name="attention_follows_x",
        sentence="All that attention has to know of a point is X.",
        quantity="agreement with the model, attention averaged over Y for each X",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.97,
        counted="points",
        measure=on_x,
        refuted=True,
        controls=(Control("averaged over X for each Y", measure=on_y),),
    ),
    Claim(
        name="positions_prefer_x",
        sentence="By positions alone, nearly all heads look at X rather than at Y.",
        quantity="heads whose position-only QK score is greater for X than for Y",
        unit="heads",
        evidence="exhaustive",
        comparison="at least",
        threshold=7.0,
        counted="heads",
        measure=preferring(0.0),
        controls=(
            UNTRAINED,
            Control("random queries of the same length", measure=preferring_at_random(0.0)),
        ),
    ),
    Claim(
        name="positions_prefer_x_far",
        sentence="Some heads prefer X's position so much that hardly anything of Y reaches them.",
        quantity="heads whose position-only QK score is greater for X by more than 11",
        unit="heads",
        evidence="exhaustive",
        comparison="at least",
        threshold=3.0,
        counted="heads",
        measure=preferring(FAR),
        refuted=True,
        controls=(
            UNTRAINED,
            Control("random queries of the same length", measure=preferring_at_random(FAR)),
        ),
    ),
    Claim(
        name="heads_alike",
        sentence="Heads come in kinds that score numbers alike.",
        quantity="pairs of heads whose token QK scores correlate nearly perfectly",
        unit="pairs",
        evidence="exhaustive",
        comparison="at least",
        threshold=4.0,
        counted="pairs of heads",
        measure=alike_heads,
        controls=(
            UNTRAINED,
            Control("random queries of the same length", measure=alike_at_random),
        ),
    ),
    Claim(
        name="no_head_alone",
        sentence="No head is needed for more than a tenth of the answers.",
        quantity="least agreement with the model with one head mean ablated",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        counted="heads",
        measure=least_without_one,
        refuted=True,
        controls=(
            Control(
                "the two heads that give Y most attention mean ablated",
                measure=lambda problem: agrees(problem, without_most(problem, 2)),
            ),
        ),
    ),
    Claim(
        name="head_looks_at_y",
        sentence="One head looks at Y more than at everything else.",
        quantity="largest mean attention of a head to Y",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        counted="points",
        measure=y_attended,
        controls=(UNTRAINED, Control("median of the other heads", measure=y_attended_by_others)),
    ),
    Claim(
        name="head_carries_y",
        sentence="The head that looks at Y most brings most of what resid_mid knows of Y.",
        quantity="share of the variance of resid_mid by Y that this head writes",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        counted="points",
        measure=y_brought,
        refuted=True,
        controls=(
            UNTRAINED,
            Control("the greatest share of another head", measure=y_brought_by_others),
        ),
    ),
    Claim(
        name="rows_streaked",
        sentence="Without the two heads that give Y most attention, the plane is streaked: most "
        "rows are of one colour.",
        quantity="share of rows without a change of colour, both heads mean ablated",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.8,
        counted="rows",
        measure=streaked,
        refuted=True,
        controls=(
            Control(
                "the model as it is",
                measure=lambda problem: Measurement(
                    heads.of_one_colour(heads.without(problem, ())), SIDE
                ),
            ),
            Control("the worst of any other two heads", measure=most_streaked_otherwise),
        ),
    ),
    Claim(
        name="x_readable",
        sentence="A linear probe reads X off resid_mid.",
        quantity="share of held-out points whose X is named",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.99,
        counted="held-out points",
        measure=readable(X),
        controls=(Control(SHUFFLED, measure=readable(X, shuffled=True)),),
    ),
    Claim(
        name="y_readable",
        sentence="A linear probe reads Y off resid_mid, too, more often than not.",
        quantity="share of held-out points whose Y is named",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.7,
        counted="held-out points",
        measure=readable(Y),
        controls=(Control(SHUFFLED, measure=readable(Y, shuffled=True)),),
    ),
    Claim(
        name="y_less_readable",
        sentence="A linear probe reads Y less often than X.",
        quantity="share of held-out points whose X is named, less the share whose Y is",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.1,
        counted="held-out points",
        measure=x_before_y(LEAST),
        refuted=True,
        controls=(UNTRAINED,),
    ),
    Claim(
        name="readable_untrained",
        sentence="A model that was never trained lets X be read as well: that a number can be read "
        "does not mean that the model put it there to be used.",
        quantity="share of held-out points whose X is named, in an untrained model",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.99,
        counted="held-out points",
        measure=readable_untrained,
        controls=(Control(SHUFFLED, measure=readable(X, shuffled=True)),),
    ),
    # From here on, claims were stated after we had looked.
    Claim(
        name="one_head_varies",
        sentence="Most of what attention does beyond its mean, it does in one head: the one "
        "that brings most of Y.",
        quantity="agreement with the model, the attention of every other head fixed to its mean",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.93,
        counted="points",
        carries=True,
        measure=free_head,
        controls=(
            Control("every head's attention fixed", measure=mean_suffices),
            Control("the best of the other heads left free instead", measure=other_free_head),
        ),
    ),
    Claim(
        name="rows_flicker",
        sentence="Without the head that brings most of Y, rows flicker: it is Y that gets lost.",
        quantity="changes of colour of a row with the head mean ablated, mean over rows",
        unit="changes",
        evidence="exhaustive",
        comparison="at least",
        threshold=5.0,
        counted="rows",
        measure=flickers,
        controls=(
            Control(
                "the model as it is",
                measure=lambda problem: Measurement(
                    heads.flicker(heads.without(problem, ())), SIDE
                ),
            ),
            Control("the most without any other head", measure=others_flicker),
        ),
    ),
    Claim(
        name="y_read_less_surely",
        sentence="A probe that assumes some noise reads Y less often than X.",
        quantity="share of held-out points whose X is named, less the share whose Y is, at a "
        "noise of a hundredth of what resid_mid varies by",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.1,
        counted="held-out points",
        measure=x_before_y(SOME),
    ),
]
