"""What separates a model from a simpler one in all inputs at once: softmax, and rounding.

Sources. Rounding: Higham, Accuracy and Stability of Numerical Algorithms (2002), chapter 3: with
unit roundoff u, what k nested additions and multiplications compute, in whatever order and
whether fused or not, is off by at most `gamma_k = k u / (1 - k u)` times the same expression in
absolute values. A product of matrices nests as many as its inner dimension; the ReLU makes no
number and no error larger. Left out is underflow: it adds less than 1e-30.
"""

from math import inf
from typing import Any

from jaxtyping import Float
from torch import Tensor

from models.problem import Problem

ROUNDOFF_64, ROUNDOFF_32 = 2.0**-53, 2.0**-24
EXP_UNITS = 4
"""Roundoffs by which an `exp` may be off; libraries promise two to four."""
Weights = dict[str, Float[Tensor, "..."]]


def gamma(nested: int, roundoff: float) -> float:
    """Higham's `gamma_k`: the relative error of k nested operations; infinite where there are so
    many that it bounds nothing.
    """
    share = nested * roundoff
    return share / (1 - share) if share < 1 else inf


def float64(problem: Problem[Any], absolute: bool = False) -> Weights:
    """The weights as trained in float64; with `absolute`, their sizes, for what rounding errors
    are relative to.
    """
    weights = {name: tensor.double() for name, tensor in problem.weights.items()}
    return {name: tensor.abs() for name, tensor in weights.items()} if absolute else weights


def tilted(spread: Float[Tensor, "*place"]) -> Float[Tensor, "*place"]:
    """By how much a softmax moves at most if its scores change by amounts within `spread` of each
    other: `tanh(spread / 4)`, half the sum over keys of `|a - b|`.

    Let b be the probabilities before. A change of scores by d gives `a = b e^d / sum(b e^d)`.
    Half the sum of `|a - b|` is the largest excess `a(A) - b(A)` of a set A of keys, and for a
    given A that is largest with d as high as possible in A and as low as possible elsewhere: with
    `p = b(A)` and spread r it is then `p e^r / (p e^r + 1 - p) - p`. Over all p, this is largest
    at `p = 1 / (1 + e^(r / 2))`, where it comes to `(e^(r / 2) - 1) / (e^(r / 2) + 1)`. It is
    reached, so that no bound by the spread alone is smaller.

    What is read by attention, `sum of a w`, then moves by at most this times the range of w:
    a - b adds up to zero, and its positive part to no more than this.
    """
    return (spread / 4).tanh()


def softmax_rounding(keys: int, roundoff: float = ROUNDOFF_32) -> float:
    """The relative error of a probability that is computed from given scores: of a difference of
    scores' `exp`, twice, a sum over keys and a division.
    """
    return gamma(2 * EXP_UNITS + keys + 4, roundoff)
