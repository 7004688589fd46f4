"""In what models of other seeds differ, and what may vary together.

Written before any of them was judged. Two accounts of such models are in the literature: the heads
split the vocabulary, each copying its part of the values, or one head copies and the other
suppresses. `busier_share` and `suppression` are their coordinates: a split in halves stands at 0.5
and 0, one head that copies all values while the other takes something off them at 1 and above 0.
No name says which of the two heads is meant: they may be exchanged.
"""

from analyses.seeds.quantities import Pair, Quantity

QUANTITIES = (
    Quantity("ranges", "ranges of values, each copied by one head", "ranges", digits=0),
    Quantity("busier_share", "share of the values that the head copies which copies more of them"),
    Quantity(
        "suppression",
        "what the head that does not copy a value takes off its logit, relative to what the other "
        "adds, by the full OV circuits",
    ),
    Quantity("copied_by_both", "share of the values that both heads copy"),
    Quantity("copier_looks", "share of predictions at which the head that copies looks"),
    Quantity("cost_greater", "loss added without the head that is missed more", "nats"),
    Quantity("cost_lesser", "loss added without the head that is missed less", "nats"),
    Quantity(
        "puzzles",
        "share of lists with d, d + 1, d + 2 in which the head that looks most prefers d + 2",
    ),
)
PAIRS = (
    Pair(
        "busier_share",
        "suppression",
        "If the two accounts are the ends of one line, the other head suppresses the more, the "
        "more values one head copies.",
    ),
    Pair(
        "busier_share",
        "cost_lesser",
        "A head that copies few values should be missed little, unless it does something else.",
    ),
    Pair(
        "ranges",
        "puzzles",
        "The puzzle may come from values beside the edge of a range, which another head copies.",
    ),
    Pair("ranges", "loss", "Whether a division into many ranges costs the model anything."),
    Pair("suppression", "loss", "Whether a head that suppresses is worth anything."),
)
