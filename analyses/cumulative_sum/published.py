"""Figures published for the original Cumulative Sum model, quoted with their source."""

SOURCE = (
    "Callum McDougall's solution to the November 2023 problem, github.com/callummcdougall/ARENA_3.0"
)

LOSS = 0.073
"""Nats."""
PROBABILITY_MEAN, PROBABILITY_MEDIAN, PROBABILITY_MIN = 0.938, 0.999, 0.579
"""Of the right answer."""
