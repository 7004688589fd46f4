"""Families of neurons by the shape of their embeddings, as rows of a table."""

from statistics import median

from jaxtyping import Float
from torch import Tensor

from analyses.instruments.statistics import rank_correlation_interval
from analyses.labelling_function.embeddings.chosen import members
from analyses.labelling_function.embeddings.claims import (
    Embeddings,
    Number,
    change_trend,
    flat_beside,
    of_truth,
    painters,
    y_trend,
)
from analyses.labelling_function.embeddings.effective import effective
from analyses.labelling_function.embeddings.extended import extended
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem


def with_interval(number: Number, neurons: list[int], n: int) -> str:
    """The median rank correlation of some neurons, and its interval if the `n` numbers that each
    comes from were a sample.
    """
    rho = median(number(neurons).tolist())
    low, high = rank_correlation_interval(rho, n)
    return f"{rho:+.2f} [{low:+.2f}, {high:+.2f}]"


def families(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """Of each family that paints one end: how Y's embeddings rise, how X's go with what there is
    to paint, and how flat both are together where the row changes.
    """
    rows = []
    for family in painters(problem):
        neurons = members(problem)[family]
        served = len(of_truth(problem, family).rows)
        flat = median(flat_beside(0)(problem, family)(neurons).tolist())
        rows.append(
            [
                family,
                f"{len(neurons)}",
                with_interval(y_trend(extended)(problem, family), neurons, SIDE),
                with_interval(y_trend(effective)(problem, family), neurons, SIDE),
                with_interval(change_trend(extended)(problem, family), neurons, served),
                with_interval(change_trend(effective)(problem, family), neurons, served),
                f"{flat:.2f}",
            ]
        )
    return rows


def of_neuron(
    problem: Problem[LabellingFunction], neuron: int, embed: Embeddings
) -> Float[Tensor, " y"]:
    """The embedding of Y of one neuron, its mean taken off."""
    y = embed(problem).y[:, neuron].cpu()
    return y - y.mean()
