"""The quantities in which models of other seeds differ; `differ` says what they are."""

import math

from analyses.cumulative_sum import claims, describe
from analyses.cumulative_sum.neurons import sides
from analyses.cumulative_sum.proof import proved
from models.cumulative_sum.task import NEGATIVE, POSITIVE, ZERO, CumulativeSum
from models.problem import Problem

PROVED = {"proved": 1.0, "refuted": 0.0, "open": None}
"""What may be said of all sequences, as a number."""


def varies(problem: Problem[CumulativeSum]) -> dict[str, float | None]:
    """Measure them on a model; neurons may be exchanged."""
    found = sides(problem, claims.evaluation(problem, claims.N_ACTIVATIONS))
    counts = [float(len(side)) for side in found]
    proof = proved(problem)
    return {
        "negative_side": counts[0],
        "positive_side": counts[1],
        "smaller_side": min(counts),
        "dead": problem.weights["blocks.0.mlp.W_out"].shape[0] - sum(counts),
        "gain_negative": gain(problem, NEGATIVE),
        "gain_positive": gain(problem, POSITIVE),
        "proved": PROVED[proof.verdict],
        "margin": proof.margin,
        "strays": proof.strays,
    }


def gain(problem: Problem[CumulativeSum], sign: int) -> float | None:
    """How many times as steep the MLP makes the logit of a sign against that of zero, around a
    mean of zero; None where it is flat without the MLP.
    """
    steep = describe.slopes(problem, sign, ZERO)
    found = steep.with_mlp / steep.without_mlp if steep.without_mlp else math.inf
    return found if math.isfinite(found) else None
