"""In what models of other seeds differ, and what may vary together.

Written before any of them was judged. No name says which head of a layer is meant: the two may be
exchanged.
"""

from analyses.seeds.quantities import Pair, Quantity

QUANTITIES = (
    Quantity("told_apart", "share of single changes that are told from the palindrome", digits=3),
    Quantity("most_fooled", "share of changes that are missed, at the worst place"),
    Quantity(
        "places_of_comparer",
        "places of the second half at which the head that compares looks at the mirror more than "
        "the other head of layer 0",
        "places",
        digits=0,
    ),
    Quantity("to_mirror", "attention of the head that compares to an equal mirror, mean"),
    Quantity(
        "left_without_comparer", "part of the logit difference left without the head that compares"
    ),
    Quantity(
        "left_without_other", "part of the logit difference left without the other head of layer 0"
    ),
    Quantity(
        "left_without_needed", "part of the logit difference left without the reader missed more"
    ),
    Quantity(
        "left_without_spare", "part of the logit difference left without the reader missed less"
    ),
    Quantity("readers_apart", "how much more of the places one reader reads than the other"),
    Quantity("one_direction", "how alike a difference is written at different places, cosine"),
)
PAIRS = (
    Pair(
        "readers_apart",
        "told_apart",
        "Whether two heads that read all places notice more than two that divide them.",
    ),
    Pair("to_mirror", "told_apart", "Whether a head that looks more surely tells more apart."),
    Pair(
        "places_of_comparer",
        "left_without_other",
        "Where one head compares at all places, the other should be spared.",
    ),
    Pair(
        "readers_apart",
        "left_without_needed",
        "Where one reader reads nearly all places, little should be left without it.",
    ),
    Pair(
        "one_direction",
        "readers_apart",
        "Readers that divide the places may each ask for a direction of its own.",
    ),
)
