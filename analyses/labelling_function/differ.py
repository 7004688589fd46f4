"""In what models of other seeds differ, and what may vary together.

Written before any of them was judged; of seeds 0 and 2 the write-up knew the answers, and so the
mistakes. No name says which head or neuron is meant: they may be exchanged.
"""

from analyses.seeds.quantities import Pair, Quantity

QUANTITIES = (
    Quantity("mistakes", "points that are answered wrongly", "points", digits=0),
    Quantity("firing", "neurons that fire at some point", "neurons", digits=0),
    Quantity("neurons_alone", "agreement with the model of the neurons alone", digits=3),
    Quantity("best_four", "agreement with the model of the best four neurons", digits=3),
    Quantity("red_left", "share of strong neurons that paint red on the left"),
    Quantity("x_brought", "share of what is known of X that one head brings, the largest"),
    Quantity("y_brought", "share of what is known of Y that one head brings, the largest"),
    Quantity("y_attended", "mean attention to Y of the head that gives it most"),
    Quantity("mean_suffices", "answers that stay with attention fixed to its mean"),
    Quantity("free_head", "answers that stay with the attention of one head alone left free"),
    Quantity("plane_suffices", "answers that stay in the first two principal directions"),
)
PAIRS = (
    Pair(
        "y_brought",
        "mean_suffices",
        "Where one head brings most of Y, what its attention varies by may matter more.",
    ),
    Pair(
        "y_brought",
        "free_head",
        "Where one head brings most of Y, its attention alone should do.",
    ),
    Pair("mean_suffices", "mistakes", "Whether a model that uses attention more errs less."),
    Pair("firing", "mistakes", "Whether a model that keeps more neurons errs less."),
    Pair(
        "mean_suffices",
        "plane_suffices",
        "With attention fixed two sums decide, so that two directions should be enough.",
    ),
)
