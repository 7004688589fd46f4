"""Whether a model of a sweep learned the task. Needs no torch."""

from analyses.instruments.statistics import proportion_interval
from analyses.seeds.line import Line
from models.card import Card

SLACK = 0.001
"""By how much a model's accuracy may be below the card's."""


def learned(line: Line, card: Card) -> bool:
    """Whether a model may be as accurate as the card says, but for `SLACK`.

    The upper end of the 95 % interval of its accuracy has to reach that. Predictions of one
    sequence resemble each other, so that a sequence counts for one.

    Raises:
        ValueError: if the card says of no model how accurate it is.
    """
    if card.expected is None:
        raise ValueError(f"{card.slug}: no model was trained by the card yet; train that first")
    right = round(line.accuracy * line.n_sequences)
    return proportion_interval(right, line.n_sequences).high >= card.expected.accuracy - SLACK
