"""What the write-up says of the model's answers to all points, each with its measurement.

Thresholds are what was published of the challenge's own model, rounded towards the weaker claim,
and the accuracy that was asked of this one.
"""

from collections.abc import Callable
from functools import partial

import torch

from analyses.evidence.claims import UNTRAINED, Claim, Control, Measurement
from analyses.evidence.controls import EMBEDDINGS_EXCHANGED, NEURONS_EXCHANGED, OV_EXCHANGED
from analyses.labelling_function.labels import errors
from analyses.labelling_function.points import Map, answers, mistakes, trained_on, truth
from analyses.labelling_function.rows import changes
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

SEED = 2302
NEAR = 3
"""Columns within which a point counts as near a curve; the published count has the same."""
FARTHEST = 24.0
"""Columns from the nearest curve of the published model's farthest mistake."""

Deal = Callable[[Map, torch.Generator], Map]
"""Puts as many mistakes elsewhere."""


def put_elsewhere(problem: Problem[LabellingFunction], deal: Deal | None) -> Map:
    """The model's mistakes; or as many, where `deal` puts them."""
    wrong = mistakes(problem)
    return deal(wrong, torch.Generator().manual_seed(SEED)) if deal else wrong


def accuracy(problem: Problem[LabellingFunction]) -> Measurement:
    """Right answers, among the points that the committed model was not trained on."""
    right = ~mistakes(problem)[~trained_on(problem)]
    return Measurement(float(right.double().mean()), len(right))


def wrong_in_plain_rows(
    problem: Problem[LabellingFunction], deal: Deal | None = None
) -> Measurement:
    """Mistakes in rows of one colour."""
    found = errors.by_changes(put_elsewhere(problem, deal), truth(problem))[0]
    return Measurement(found.wrong, found.rows)


def wrong_with_two_changes(
    problem: Problem[LabellingFunction], deal: Deal | None = None
) -> Measurement:
    """Share of the mistakes that lie in rows of two changes."""
    wrong = put_elsewhere(problem, deal)
    with_two = errors.by_changes(wrong, truth(problem))[2].wrong
    return Measurement(with_two / int(wrong.sum()), int(wrong.sum()))


def wrong_near_curves(problem: Problem[LabellingFunction], deal: Deal | None = None) -> Measurement:
    """Share of the mistakes near a curve."""
    wrong = put_elsewhere(problem, deal)
    return Measurement(errors.within(wrong, NEAR) / int(wrong.sum()), int(wrong.sum()))


def farthest_wrong(problem: Problem[LabellingFunction], deal: Deal | None = None) -> Measurement:
    """Columns from a curve to the mistake that is farthest from all."""
    wrong = put_elsewhere(problem, deal)
    return Measurement(errors.farthest(wrong), int(wrong.sum()))


def wrong_in_training(problem: Problem[LabellingFunction], deal: Deal | None = None) -> Measurement:
    """Share of the mistakes that the model makes on points it was trained on."""
    wrong = put_elsewhere(problem, deal)
    return Measurement(
        int((wrong & trained_on(problem)).sum()) / int(wrong.sum()), int(wrong.sum())
    )


def rows_read_alike(problem: Problem[LabellingFunction]) -> Measurement:
    """Share of rows in which the answers have the pattern of the truth."""
    alike = errors.rows_as_they_are(answers(problem), truth(problem))
    return Measurement(alike / len(truth(problem)), len(truth(problem)))


def in_changing_rows(problem: Problem[LabellingFunction]) -> Deal:
    """Deals mistakes among the points of rows that are not of one colour."""
    among = (changes(truth(problem)) > 0)[:, None].expand_as(truth(problem))
    return lambda wrong, generator: errors.dealt_among(wrong, among, generator)


SOMEWHERE = "as many mistakes at random points"
IN_THEIR_ROWS = "as many mistakes in the same rows, in random columns"
IN_CHANGING_ROWS = "as many mistakes at random points of rows that change colour"

CLAIMS = [
    Claim(
        name="answers_held_out",
        sentence="The model also answers correctly at points that it was not trained on.",
        quantity="right answers on the other half of the points",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.975,
        counted="held-out points",
        carries=True,
        measure=accuracy,
        controls=(OV_EXCHANGED, NEURONS_EXCHANGED, EMBEDDINGS_EXCHANGED, UNTRAINED),
    ),
    Claim(
        name="spares_training_half",
        sentence="Few of the model's mistakes are on points that it was trained on.",
        quantity="share of the mistakes that are on training points",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.2,
        counted="mistakes",
        measure=wrong_in_training,
        controls=(
            Control(SOMEWHERE, measure=partial(wrong_in_training, deal=errors.dealt)),
            Control(IN_THEIR_ROWS, measure=partial(wrong_in_training, deal=errors.dealt_in_rows)),
        ),
    ),
    Claim(
        name="spares_plain_rows",
        sentence="The model makes no mistake in rows of one colour.",
        quantity="mistakes in rows without a change of colour",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.0,
        counted="rows",
        refuted=True,
        measure=wrong_in_plain_rows,
        controls=(
            Control(SOMEWHERE, measure=partial(wrong_in_plain_rows, deal=errors.dealt)),
            OV_EXCHANGED,
            NEURONS_EXCHANGED,
        ),
    ),
    Claim(
        name="errs_with_two_changes",
        sentence="Most of the model's mistakes lie in the few rows whose colour changes twice.",
        quantity="share of the mistakes that lie in rows of two changes",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        counted="mistakes",
        carries=True,
        measure=wrong_with_two_changes,
        controls=(
            Control(SOMEWHERE, measure=partial(wrong_with_two_changes, deal=errors.dealt)),
            Control(
                IN_CHANGING_ROWS,
                measure=lambda problem: wrong_with_two_changes(problem, in_changing_rows(problem)),
            ),
        ),
    ),
    Claim(
        name="errs_near_curves",
        sentence="The model's mistakes lie near the curves.",
        quantity="share of the mistakes within three columns of a curve",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.75,
        counted="mistakes",
        refuted=True,
        measure=wrong_near_curves,
        controls=(
            Control(SOMEWHERE, measure=partial(wrong_near_curves, deal=errors.dealt)),
            Control(IN_THEIR_ROWS, measure=partial(wrong_near_curves, deal=errors.dealt_in_rows)),
        ),
    ),
    Claim(
        name="never_errs_far",
        sentence="No mistake is farther from the curves than the published model's.",
        quantity="columns from the nearest curve, of the farthest mistake",
        unit="columns",
        evidence="exhaustive",
        comparison="at most",
        threshold=FARTHEST,
        counted="mistakes",
        refuted=True,
        measure=farthest_wrong,
        controls=(
            Control(SOMEWHERE, measure=partial(farthest_wrong, deal=errors.dealt)),
            Control(IN_THEIR_ROWS, measure=partial(farthest_wrong, deal=errors.dealt_in_rows)),
        ),
    ),
    Claim(
        name="paints_the_patterns",
        sentence="Rows of the model's answers have the pattern that they have in truth.",
        quantity="share of rows whose runs of colour follow each other as they should",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.8,
        counted="rows",
        refuted=True,
        measure=rows_read_alike,
        controls=(OV_EXCHANGED, NEURONS_EXCHANGED, EMBEDDINGS_EXCHANGED),
    ),
]
