"""Figures published for the original Sorted List model, quoted with their source."""

SOURCE = (
    "Callum McDougall's solution to the October 2023 problem, github.com/callummcdougall/ARENA_3.0"
)

ABLATION_COST = {0: 0.920, 1: 4.963}
"""Increase in loss (nats) when head 0.0 or 0.1 is mean ablated."""
