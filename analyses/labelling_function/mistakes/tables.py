"""Rows of the tables that say where mistakes are, and what training again makes of them."""

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.labelling_function.edges import drawn_by
from analyses.labelling_function.mistakes import (
    cells,
    memorised,
    retrain,
    sharpness,
    training_gaps,
)
from analyses.labelling_function.points import Map, difference, mistakes, trained_on, truth
from analyses.write_ups.numerals import percent
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

CURVES = {
    "A": "A, X^2 = 200 sqrt(Y), curved",
    "B": "B, Y^2 = 600 sqrt(X), curved",
    "C": "C, X + Y = 133, straight",
}
COLUMNS = tuple(range(1, 13))
"""Columns from an edge that are drawn."""


def cell_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """For each kind of edge: points beside it, how many are wrong, and of those held out."""
    wrong, held_out = mistakes(problem), ~trained_on(problem)
    found = []
    for kind, points in cells.kinds(truth(problem)).items():
        every, unseen = cells.rate(wrong, points), cells.rate(wrong, points & held_out)
        found.append(
            [
                CURVES.get(kind, "row types, from one row to the next"),
                f"{every.cells:,}",
                str(every.wrong),
                percent(every.share, 1),
                percent(unseen.share, 1),
            ]
        )
    return found


def edge_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """For each curve, means or medians over its edges: what is open, slope, residual, mistakes."""
    trained, true = trained_on(problem), truth(problem)
    found = []
    for test, edges in drawn_by(true).items():
        slope, residual = sharpness.lines(difference(problem), true, trained, edges)
        around = sharpness.mistakes_around(mistakes(problem) & ~trained, edges)
        found.append(
            [
                CURVES[test],
                str(len(slope)),
                f"{float(training_gaps.widths(trained, edges).double().mean()):.2f}",
                f"{float(slope.nanmedian()):.2f}",
                f"{float(residual.nanmedian()):.2f}",
                f"{float(around.mean()):.2f}",
            ]
        )
    return found


def run_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """For each run: what its recipe is, its mistakes on what it saw and did not see, and how many
    of them are the model's.
    """
    own, true = mistakes(problem).cpu(), truth(problem).cpu()
    found = []
    for run in retrain.RUNS:
        recipe, seen = retrain.recipe_stored(run), retrain.trained_on(run)
        wrong = retrain.answers(run) != true
        found.append(
            [
                run,
                str(recipe.seed),
                str(recipe.epochs),
                str(recipe.batch_size),
                f"{recipe.n_sequences:,}",
                str(int((wrong & seen).sum())),
                str(int((wrong & ~seen).sum())),
                str(int((wrong & own).sum())),
            ]
        )
    return found


def wrong_at(wrong: Float[Tensor, "x y"], asked: Map, truth: Map) -> Float[Tensor, " distance"]:
    """How wrong some points are on the mean, by their distance from an edge of their row."""
    return memorised.by_distance(wrong, asked, training_gaps.distances(truth), COLUMNS)


def margin_at(problem: Problem[LabellingFunction], asked: Map) -> Float[Tensor, " distance"]:
    """The mean margin of some points, in logits, by their distance from an edge of their row."""
    margin = memorised.margins(difference(problem), truth(problem))
    return memorised.by_distance(margin, asked, training_gaps.distances(truth(problem)), COLUMNS)


def runs_wrong(problem: Problem[LabellingFunction], *runs: str) -> Float[Tensor, "x y"]:
    """How many of some runs get each point wrong."""
    true = truth(problem).cpu()
    return torch.stack([retrain.answers(run) != true for run in runs]).sum(dim=0).double()
