"""What was published about the original Sorted List model, another checkpoint of the same task.

By Callum McDougall: github.com/callummcdougall/ARENA_2.0 (commit e805ad8), file
chapter1_transformers/instructions/pages/09_Monthly_Algorithmic_Problems.py; also
https://www.perfectlynormal.co.uk/blog-october-monthly-problem. The figures agree with what the
original checkpoint gives.
"""

SOURCE = "Callum McDougall, Monthly Algorithmic Challenge (October 2023): Sorted List"

LOSS = 0.039
"""Nats, on 500 lists."""
PROBABILITY = {"mean": 0.966, "median": 0.981, "minimum": 0.001}
"""Of the right answer, on the same lists."""
ABLATION_COST = {0: 0.920, 1: 4.963}
"""Increase in loss (nats) when head 0.0 or 0.1 is mean ablated."""
COPIES = {0: "about 28–37", 1: "the other values"}
"""What heads 0.0 and 0.1 handle; their full OV circuits have the largest entry of the row on the
diagonal for just these values."""
SEP_FINDS = "up to about 30"
"""Where SEP looks at the smallest value."""
FROM_25 = "28 and 29"
"""What 25 attends to most."""
FROM_40 = "a lot by token; late positions counteract it"
"""How 40 attends to 0."""
BROKEN = [([0, *range(40, 49)], 0.004), ([5, *range(30, 48, 2)], 0.051)]
"""Adversarial lists, and the probability of the right answer before the gap: next to none as it was
published, so much on the original checkpoint."""
BEFORE_GAP = "itself"
"""What the value before the gap attends to in these lists."""
DIRECT_PATH = "favours d + 1; is not needed"
"""In the puzzle; without it the triples shown are still answered right."""
TRIPLES = [
    ([0, 5, 14, 15, 17, 25, 30, 35, 40, 45], (14, 15, 17)),
    ([0, 5, 10, 15, 20, 25, 26, 27, 40, 45], (25, 26, 27)),
    ([0, 5, 10, 15, 20, 25, 30, 31, 32, 45], (30, 31, 32)),
    ([0, 5, 10, 15, 20, 25, 30, 31, 34, 45], (30, 31, 34)),
]
"""The lists on which the puzzle was shown, picked by hand, and the three values in question."""
