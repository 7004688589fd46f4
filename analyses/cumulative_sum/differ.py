"""In what models of other seeds differ, and what may vary together.

Written before any of them was judged. The `strays` of the models of seeds 1 and 2, which are among
those of the sweep, were known to the write-up.
"""

from analyses.seeds.quantities import Pair, Quantity

QUANTITIES = (
    Quantity("negative_side", "neurons that fire at negative sums", "neurons", digits=0),
    Quantity("positive_side", "neurons that fire at positive sums", "neurons", digits=0),
    Quantity(
        "smaller_side", "neurons on the side that has fewer", "neurons", digits=0, shown=False
    ),
    Quantity("dead", "neurons that hardly ever fire", "neurons", digits=0),
    Quantity("gain_negative", "how many times as steep the MLP makes negative against zero"),
    Quantity("gain_positive", "how many times as steep the MLP makes positive against zero"),
    Quantity("proved", "1 where all sequences are proved right, 0 where one is wrong", digits=0),
    Quantity("margin", "smallest margin of all sequences, a lower bound", "logits"),
    Quantity("strays", "largest distance of attention from 1/position, of all inputs", digits=6),
)
PAIRS = (
    Pair("smaller_side", "margin", "Whether a side of few neurons makes the hardest cases harder."),
    Pair("gain_positive", "gain_negative", "Whether both signs need the same gain."),
    Pair("gain_positive", "loss", "Gain is what makes the model sure: more of it, less loss."),
    Pair("gain_positive", "margin", "Whether what makes it sure also keeps it right."),
    Pair("strays", "margin", "Whether attention that strays comes with narrower margins."),
)
