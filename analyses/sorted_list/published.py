"""What was published about the original Sorted List model, quoted with its source."""

SOURCE = (
    "Callum McDougall's solution to the October 2023 problem, github.com/callummcdougall/ARENA_2.0"
)

ABLATION_COST = {0: 0.920, 1: 4.963}
"""Increase in loss (nats) when head 0.0 or 0.1 is mean ablated."""
LOSS = 0.039
"""Nats, on 500 lists."""
PROBABILITY = {"mean": 0.966, "median": 0.981, "minimum": 0.001}
"""Of the right answer, on the same lists."""
TRIPLES = [
    ([0, 5, 14, 15, 17, 25, 30, 35, 40, 45], (14, 15, 17)),
    ([0, 5, 10, 15, 20, 25, 26, 27, 40, 45], (25, 26, 27)),
    ([0, 5, 10, 15, 20, 25, 30, 31, 32, 45], (30, 31, 32)),
    ([0, 5, 10, 15, 20, 25, 30, 31, 34, 45], (30, 31, 34)),
]
"""The lists on which the puzzle was shown, picked by hand, and the three values in question."""
