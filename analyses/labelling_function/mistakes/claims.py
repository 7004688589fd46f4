"""Why mistakes sit at curved boundaries: what the write-up says, each with its measurement.

The question was put to both published explanations. It holds two: whether they do, more than at the
straight boundary and at those between rows of different types; and if so, why. Three answers are
put to the test: too few training points there, a sum that is shallow or rough there, and training
that was too short, in batches too large, or on too few points.
"""

from functools import cache, partial
from math import nan

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.evidence.claims import Claim, Control, Measurement
from analyses.evidence.controls import EMBEDDINGS_EXCHANGED, NEURONS_EXCHANGED, OV_EXCHANGED
from analyses.instruments.statistics import rank_correlation
from analyses.labelling_function.edges import (
    CURVED,
    STRAIGHT,
    Gaps,
    along,
    beside_row_types,
    drawn_by,
    from_edges,
    of,
)
from analyses.labelling_function.labels.errors import dealt_alike, dealt_among
from analyses.labelling_function.mistakes import (
    cells,
    displaced,
    memorised,
    retrain,
    sharpness,
    training_gaps,
)
from analyses.labelling_function.points import (
    Map,
    difference,
    drawn,
    mistakes,
    trained_on,
    truth,
)
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

SEED = 2302
OTHER_SPLIT = 2303
"""Seed of a half of the points that the model was not trained on any more than on the rest."""
NEAR = 5
"""Columns from an edge up to which mistakes are asked for what separates them from it."""
BESIDE = (1, 2, 3)
"""Columns from an edge at which training points are compared with others."""
OTHER_SEEDS = ("seed-0", "seed-2")
ON_ALL = ("all-points", "all-points-seed-2")


def curved_edges(problem: Problem[LabellingFunction]) -> Gaps:
    """The edges along rows that the curved curves draw."""
    return of(CURVED, drawn_by(truth(problem)))


def straight_edges(problem: Problem[LabellingFunction]) -> Gaps:
    """The edges along rows that the straight one draws."""
    return of(STRAIGHT, drawn_by(truth(problem)))


def straight_to_curved(wrong: Map, truth: Map) -> Measurement:
    """Share of mistakes beside the straight boundary, for each such share beside curved ones."""
    straight = cells.rate(wrong, cells.straight(truth))
    curved = cells.rate(wrong, cells.curved(truth))
    return Measurement(straight.share / curved.share if curved.wrong else nan, straight.cells)


def row_types_to_curved(wrong: Map, truth: Map) -> Measurement:
    """Share of mistakes beside rows of another type, for each such share beside curved ones."""
    between = cells.rate(wrong, beside_row_types(truth, cells.APART))
    curved = cells.rate(wrong, cells.curved(truth))
    return Measurement(between.share / curved.share if curved.wrong else nan, between.cells)


def held_out_split(problem: Problem[LabellingFunction], seed: int) -> Map:
    """The half that a seed would have had the model trained on."""
    recipe = problem.card.training.model_copy(update={"seed": seed})
    return drawn(problem.task, recipe).to(problem.device)


def gap_share(problem: Problem[LabellingFunction], trained: Map) -> Measurement:
    """Share of the mistakes that no training point of their row separates from an edge."""
    opened = training_gaps.open_to(trained, along(truth(problem)))
    wrong = mistakes(problem) & ~trained_on(problem)
    return Measurement(float((wrong & opened).sum() / wrong.sum()), int(wrong.sum()))


def rarer_outside_gaps(problem: Problem[LabellingFunction], trained: Map) -> Measurement:
    """Mistakes expected among open points from others at their distance, over those there are."""
    distance = training_gaps.distances(truth(problem))
    asked = ~trained_on(problem) & (distance >= 2) & (distance <= NEAR)
    opened = training_gaps.open_to(trained, along(truth(problem)))
    value = training_gaps.standardised(mistakes(problem), asked, opened, distance)
    return Measurement(value, int(asked.sum()))


@cache
def wider_at_curves(problem: Problem[LabellingFunction], seed: int | None) -> float:
    """Mean width of what training points leave open at curved edges, over that at straight ones."""
    trained = trained_on(problem) if seed is None else held_out_split(problem, seed)
    wide = [
        training_gaps.widths(trained, edges).double().mean()
        for edges in (curved_edges(problem), straight_edges(problem))
    ]
    return float(wide[0] / wide[1])


def gap_ratio(problem: Problem[LabellingFunction], seed: int | None = None) -> Measurement:
    """See `wider_at_curves`."""
    n = int(curved_edges(problem).sum() + straight_edges(problem).sum())
    return Measurement(wider_at_curves(problem, seed), n)


def against_interpolation(
    problem: Problem[LabellingFunction], along_columns: bool = False
) -> Measurement:
    """Mistakes of the nearest training point of the row, for each of the model's; held-out points.

    Args:
        problem: whose mistakes.
        along_columns: whether to take the nearest of the column instead.
    """
    how = training_gaps.interpolated_along_columns if along_columns else training_gaps.interpolated
    trained = trained_on(problem)
    wrong = training_gaps.wrongness(how(truth(problem), trained), truth(problem))[~trained].sum()
    own = mistakes(problem)[~trained]
    return Measurement(float(wrong / own.sum()), len(own))


def displacing(wrong: Map, truth: Map) -> Measurement:
    """Share of the mistakes that displace an edge, not standing by themselves."""
    found = displaced.touching(wrong, along(truth))
    return Measurement(float(found.sum() / wrong.sum()), int(wrong.sum()))


def dealt_near_edges(problem: Problem[LabellingFunction]) -> Map:
    """As many mistakes, at random among the points near edges of their rows."""
    near = from_edges(along(truth(problem))) <= NEAR
    return dealt_among(mistakes(problem), near, torch.Generator().manual_seed(SEED))


@cache
def sharp(problem: Problem[LabellingFunction], tests: tuple[str, ...]) -> Float[Tensor, " edge"]:
    """Sharpness at the edges that some curves draw."""
    edges = of(tests, drawn_by(truth(problem)))
    return sharpness.sharpness(difference(problem), truth(problem), trained_on(problem), edges)


def less_sharp(problem: Problem[LabellingFunction], dealt: bool = False) -> Measurement:
    """Median sharpness at curved edges, over that at straight ones.

    Args:
        problem: whose sum.
        dealt: whether to deal the edges to the two kinds at random.
    """
    both = torch.cat([sharp(problem, CURVED), sharp(problem, STRAIGHT)]).cpu()
    if dealt:
        both = both[torch.randperm(len(both), generator=torch.Generator().manual_seed(SEED))]
    curved, straight = both.split([n := len(sharp(problem, CURVED)), len(both) - n])
    return Measurement(float(curved.nanmedian() / straight.nanmedian()), len(both))


def sharpness_tells(problem: Problem[LabellingFunction], dealt: bool = False) -> Measurement:
    """Rank correlation of an edge's sharpness with the mistakes around it.

    Args:
        problem: whose sum and mistakes.
        dealt: whether to give each edge the sharpness of another that the same curve draws.
    """
    generator = torch.Generator().manual_seed(SEED)
    held_out = mistakes(problem) & ~trained_on(problem)
    found, around = [], []
    for test, edges in drawn_by(truth(problem)).items():
        of_edges = sharp(problem, (test,)).cpu()
        order = torch.randperm(len(of_edges), generator=generator)
        found.append(of_edges[order] if dealt else of_edges)
        around.append(sharpness.mistakes_around(held_out, edges).cpu())
    all_found, all_around = torch.cat(found), torch.cat(around)
    known = ~all_found.isnan()
    rho = rank_correlation(all_found[known].tolist(), all_around[known].tolist())
    return Measurement(rho, int(known.sum()))


def surer_of_training(problem: Problem[LabellingFunction], trained: Map) -> Measurement:
    """Margin of training points above that of others, as near an edge of their row, in logits."""
    margin = memorised.margins(difference(problem), truth(problem))
    distance = training_gaps.distances(truth(problem))
    value = memorised.surer(margin, trained, distance, BESIDE)
    return Measurement(value, int((distance <= max(BESIDE)).sum()))


@cache
def wrong_of(problem: Problem[LabellingFunction], run: str) -> Map:
    """The mistakes of a model that was trained again; of `problem`, only the truth is asked."""
    return retrain.answers(run) != truth(problem).cpu()


def left_by(problem: Problem[LabellingFunction], *runs: str) -> Measurement:
    """Mistakes of the worst of some runs, for each that the model makes."""
    most = max(int(wrong_of(problem, run).sum()) for run in runs)
    return Measurement(most / int(mistakes(problem).sum()), len(runs))


def least_left_by(problem: Problem[LabellingFunction], *runs: str) -> Measurement:
    """Mistakes of the best of some runs, for each that the model makes."""
    fewest = min(int(wrong_of(problem, run).sum()) for run in runs)
    return Measurement(fewest / int(mistakes(problem).sum()), len(runs))


def shared_with(
    problem: Problem[LabellingFunction], *runs: str, dealt: bool = False
) -> list[float]:
    """Of the model's mistakes that another was not trained on either, the share that it makes.

    Args:
        problem: whose mistakes.
        runs: the others.
        dealt: whether to put the mistakes of each on others of the points that it was not trained
            on, as near an edge.
    """
    found, distance = [], training_gaps.distances(truth(problem)).cpu()
    for run in runs:
        theirs, unseen = wrong_of(problem, run), ~retrain.trained_on(run)
        if dealt:
            generator = torch.Generator().manual_seed(SEED)
            theirs = dealt_alike(theirs & unseen, unseen, distance, generator)
        own = mistakes(problem).cpu() & unseen
        found.append(float((own & theirs).sum() / own.sum()))
    return found


def most_shared(problem: Problem[LabellingFunction], *runs: str) -> Measurement:
    """The largest of `shared_with`."""
    return Measurement(max(shared_with(problem, *runs)), len(runs))


def least_shared(problem: Problem[LabellingFunction], dealt: bool = False) -> Measurement:
    """The smallest of `shared_with` over the other seeds; the largest, if their mistakes are dealt
    anew.
    """
    found = shared_with(problem, *OTHER_SEEDS, dealt=dealt)
    return Measurement(max(found) if dealt else min(found), len(found))


def others_straight_to_curved(problem: Problem[LabellingFunction]) -> Measurement:
    """`straight_to_curved` of the other seeds, the larger one."""
    red = truth(problem).cpu()
    found = [straight_to_curved(wrong_of(problem, run), red) for run in OTHER_SEEDS]
    return max(found, key=lambda measured: measured.value)


OTHER_HALF = "another half of the points as training points"
RESEEDED = "the better of two other seeds, trained by the committed recipe"
NEAR_EDGES = "as many mistakes at random points near edges of their rows"

CLAIMS = [
    Claim(
        name="straight_is_spared",
        sentence="Beside the straight boundary the model is wrong much less often than beside the "
        "curved ones.",
        quantity="share of wrong points beside X + Y = 133, over that beside the two curves",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.5,
        counted="points beside it",
        carries=True,
        refuted=True,
        measure=lambda problem: straight_to_curved(mistakes(problem), truth(problem)),
        controls=(
            Control(
                NEAR_EDGES,
                measure=lambda problem: straight_to_curved(
                    dealt_near_edges(problem), truth(problem)
                ),
            ),
            NEURONS_EXCHANGED,
            OV_EXCHANGED,
        ),
    ),
    Claim(
        name="row_types_are_spared",
        sentence="Where only the type of the row changes, the model is hardly ever wrong.",
        quantity="share of wrong points beside rows of another type, over that beside the curves",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.1,
        counted="points beside them",
        carries=True,
        measure=lambda problem: row_types_to_curved(mistakes(problem), truth(problem)),
        controls=(NEURONS_EXCHANGED, OV_EXCHANGED, EMBEDDINGS_EXCHANGED),
    ),
    Claim(
        name="mistakes_displace",
        sentence="Mistakes are displaced edges: each belongs to a run of mistakes that touches an "
        "edge of its row.",
        quantity="share of the mistakes in runs that touch an edge of their row",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.7,
        counted="mistakes",
        refuted=True,
        measure=lambda problem: displacing(mistakes(problem), truth(problem)),
        controls=(
            Control(
                NEAR_EDGES,
                measure=lambda problem: displacing(dealt_near_edges(problem), truth(problem)),
            ),
            NEURONS_EXCHANGED,
        ),
    ),
    Claim(
        name="gaps_hold_mistakes",
        sentence="First answer, training points: mistakes lie where no training point of their row "
        "lies between them and the edge.",
        quantity="share of the mistakes on held-out points that no training point separates from "
        "an edge of their row",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.75,
        counted="mistakes",
        refuted=True,
        measure=lambda problem: gap_share(problem, trained_on(problem)),
        controls=(
            Control(
                OTHER_HALF,
                measure=lambda problem: gap_share(problem, held_out_split(problem, OTHER_SPLIT)),
            ),
        ),
    ),
    Claim(
        name="gaps_invite_mistakes",
        sentence="Of points equally far from an edge, those that a training point separates from "
        "it are mistaken much less often.",
        quantity="mistakes that such points would predict for the others, over the mistakes there "
        "are, two to five columns from an edge",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.5,
        counted="held-out points",
        refuted=True,
        measure=lambda problem: rarer_outside_gaps(problem, trained_on(problem)),
        controls=(
            Control(
                OTHER_HALF,
                measure=lambda problem: rarer_outside_gaps(
                    problem, held_out_split(problem, OTHER_SPLIT)
                ),
            ),
        ),
    ),
    Claim(
        name="gaps_wider_at_curves",
        of_task=True,
        sentence="Training points leave more open at curved boundaries than at the straight one.",
        quantity="mean number of columns without a training point about an edge, curved over "
        "straight",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=1.25,
        counted="edges",
        refuted=True,
        measure=gap_ratio,
        controls=(Control(OTHER_HALF, measure=partial(gap_ratio, seed=OTHER_SPLIT)),),
    ),
    # Stated when the model's accuracy was known, and so how many mistakes the rule may make.
    Claim(
        name="row_interpolation_is_better",
        sentence="The nearest training point of its row labels a point better than the model does.",
        quantity="mistakes on held-out points of the nearest training point of the row, over the "
        "model's",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=1.0,
        counted="held-out points",
        measure=against_interpolation,
        controls=(
            Control(
                "the nearest training point of the column",
                measure=partial(against_interpolation, along_columns=True),
            ),
        ),
    ),
    # Stated after we had looked at how often the model is wrong at each distance from an edge.
    Claim(
        name="training_points_memorised",
        sentence="Near edges the model knows its training points one by one: it is surer of them "
        "than of others as near the edge.",
        quantity="mean margin of training points less that of held-out points, one to three "
        "columns from an edge of their row",
        unit="logits",
        evidence="exhaustive",
        comparison="at least",
        threshold=2.0,
        counted="points",
        measure=lambda problem: surer_of_training(problem, trained_on(problem)),
        controls=(
            Control(
                OTHER_HALF,
                measure=lambda problem: surer_of_training(
                    problem, held_out_split(problem, OTHER_SPLIT)
                ),
            ),
        ),
    ),
    Claim(
        name="curved_is_less_sharp",
        sentence="Second answer, the sum: relative to its roughness, it is less steep across "
        "curved edges than across straight ones.",
        quantity="median over edges of slope over residual of the sum, fitted to training points; "
        "curved over straight",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.8,
        counted="edges",
        refuted=True,
        measure=less_sharp,
        controls=(
            Control(
                "edges dealt to the two kinds at random", measure=partial(less_sharp, dealt=True)
            ),
        ),
    ),
    Claim(
        name="sharpness_tells",
        sentence="Edges across which the sum is steep and smooth have fewer mistakes around them.",
        quantity="rank correlation of slope over residual, on training points, with mistakes on "
        "held-out points within six columns",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=-0.3,
        counted="edges",
        refuted=True,
        measure=sharpness_tells,
        controls=(
            Control(
                "sharpness exchanged among the edges of one curve",
                measure=partial(sharpness_tells, dealt=True),
            ),
        ),
    ),
    Claim(
        name="longer_cures",
        sentence="Third answer, training: four times as many epochs leave less than half of the "
        "mistakes.",
        quantity="mistakes after four times as many epochs, over the model's",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.5,
        counted="run",
        refuted=True,
        measure=lambda problem: left_by(problem, "longer"),
        controls=(Control(RESEEDED, measure=lambda problem: least_left_by(problem, *OTHER_SEEDS)),),
    ),
    Claim(
        name="smaller_batches_cure",
        sentence="Batches of a quarter of the size leave less than half of the mistakes.",
        quantity="mistakes with batches of a quarter of the size, over the model's",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.5,
        counted="run",
        refuted=True,
        measure=lambda problem: left_by(problem, "smaller-batches"),
        controls=(Control(RESEEDED, measure=lambda problem: least_left_by(problem, *OTHER_SEEDS)),),
    ),
    Claim(
        name="all_points_cure",
        sentence="Training on all points, by two seeds, leaves hardly any of the mistakes.",
        quantity="mistakes after training on all points, the larger number of two, over the "
        "model's",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.1,
        counted="runs",
        measure=lambda problem: left_by(problem, *ON_ALL),
        controls=(
            Control(RESEEDED, measure=lambda problem: least_left_by(problem, *OTHER_SEEDS)),
            Control(
                "four times as many epochs", measure=lambda problem: left_by(problem, "longer")
            ),
        ),
    ),
    Claim(
        name="seeds_err_apart",
        sentence="Other seeds, with other training points, err elsewhere: few mistakes are shared.",
        quantity="share of the mistakes on points held out by both that another seed makes too, "
        "the larger of two",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.25,
        counted="seeds",
        refuted=True,
        measure=lambda problem: most_shared(problem, *OTHER_SEEDS),
        controls=(
            Control(
                "the same recipe and seed, four times as long",
                measure=lambda problem: most_shared(problem, "longer"),
            ),
        ),
    ),
    # Stated after the claim before had come out wrong.
    Claim(
        name="seeds_err_alike",
        sentence="Other seeds make a good part of the same mistakes, more than nearness to an edge "
        "accounts for.",
        quantity="share of the mistakes on points held out by both that another seed makes too, "
        "the smaller of two",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.4,
        counted="seeds",
        measure=least_shared,
        controls=(
            Control(
                "as many mistakes of the other seed at other points that it was not trained on, as "
                "near an edge",
                measure=partial(least_shared, dealt=True),
            ),
        ),
    ),
    Claim(
        name="straight_is_spared_by_others",
        sentence="Models of other seeds are also wrong less often beside the straight boundary.",
        quantity="share of wrong points beside X + Y = 133, over that beside the two curves; the "
        "larger of two seeds",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.75,
        counted="points beside it",
        refuted=True,
        measure=others_straight_to_curved,
        controls=(
            Control(
                NEAR_EDGES,
                measure=lambda problem: straight_to_curved(
                    dealt_near_edges(problem), truth(problem)
                ),
            ),
        ),
    ),
]
