"""What the model's own picture is drawn from: answers to some sequences, and its neurons."""

from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from analyses.cumulative_sum.claims import evaluation
from analyses.cumulative_sum.one_dimensional import line
from analyses.cumulative_sum.uniform import uniform
from models.cumulative_sum.task import NEGATIVE, POSITIVE, CumulativeSum
from models.problem import Problem

WALKS = 18
"""Sequences that are drawn."""
SURE = ((4.0, 0.0, 0.7), (5.5, 0.7, 0.95), (7.0, 0.95, 2.0))
"""How large a dot is, and the probabilities for which it is, from the one and below the other."""


def seen(problem: Problem[CumulativeSum]) -> dict[str, Any]:
    """Sequences that the model was not trained on, and what it answers, as `walked`; `neurons`, as
    `ramps`.
    """
    shown = evaluation(problem)[:WALKS]
    found = walked(problem.task.sums(shown), problem.logits(shown).softmax(dim=-1))
    return found | {"neurons": ramps(problem)}


def walked(
    sums: Int[Tensor, "sequence pos"], predictions: Float[Tensor, "sequence pos d_vocab_out"]
) -> dict[str, Any]:
    """Walks as numbers: `sums`, a row for each sequence; `dots`, a text for each, with a digit for
    each prediction: three times the class of the largest probability, and which of `SURE`.
    """
    surest, classes = (found.tolist() for found in predictions.max(dim=-1))
    return {
        "sums": sums.tolist(),
        "dots": [
            "".join(str(len(SURE) * number + _size(p)) for number, p in zip(row, sure, strict=True))
            for row, sure in zip(classes, surest, strict=True)
        ],
    }


def ramps(problem: Problem[CumulativeSum]) -> list[list[float]]:
    """Each neuron as three numbers, by the straight lines that best describe what tokens write: its
    pre-activation at a mean of 0, at the last position and after a 0; how much a unit of the mean
    adds to that; and what a unit of its activation adds to the logit of positive less that of
    negative.
    """
    terms, task = uniform(problem), problem.task
    fitted = line(terms, task)
    at_zero = fitted.start + terms.place[task.length - 1, task.max_value]
    effects = terms.out[:, POSITIVE] - terms.out[:, NEGATIVE]
    n = terms.d_mlp
    return [
        [round(number, 4) for number in neuron]
        for neuron in zip(
            at_zero[:n].tolist(), fitted.slope[:n].tolist(), effects.tolist(), strict=True
        )
    ]


def _size(probability: float) -> int:
    return next(size for size, (_, low, high) in enumerate(SURE) if low <= probability < high)
