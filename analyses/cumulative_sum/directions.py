"""The direction u along which the head writes, and what stands along it in resid_mid."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.activations import RESID_MID, activations
from analyses.instruments.circuits import w_ov
from analyses.instruments.statistics import correlation
from models.cumulative_sum.task import CLASSES, CumulativeSum
from models.problem import Problem


def written(problem: Problem[CumulativeSum]) -> Float[Tensor, "d_vocab d_model"]:
    """`W_E W_OV`: what attending to each token writes, positions and biases left out."""
    return (problem.model.W_E @ w_ov(problem)[0]).double()


def singular_values(problem: Problem[CumulativeSum]) -> Float[Tensor, " rank"]:
    """Of `W_E W_OV`, largest first."""
    return torch.linalg.svdvals(written(problem))


def u(problem: Problem[CumulativeSum]) -> Float[Tensor, " d_model"]:
    """The first right singular vector of `W_E W_OV`, turned so that larger values project
    further along it.
    """
    writes = written(problem)
    direction = torch.linalg.svd(writes, full_matrices=False).Vh[0]
    rising = values(problem) @ (writes @ direction)
    return direction if rising >= 0 else -direction


def values(problem: Problem[CumulativeSum]) -> Float[Tensor, " d_vocab"]:
    """The whole number that each token stands for."""
    tokens = torch.arange(problem.task.d_vocab, device=problem.device)
    return problem.task.values(tokens).double()


class Projection(NamedTuple):
    """What attending to a token writes along u, and the straight line through it."""

    along_u: Float[Tensor, " d_vocab"]
    slope: float
    """For each unit of value."""
    start: float
    """At a value of zero."""
    residual: float
    """The largest distance from the line, in size."""
    r: float
    """Correlation with the value."""


def projection(problem: Problem[CumulativeSum]) -> Projection:
    """Project what each token writes on u, and fit a line by least squares."""
    along, value = written(problem) @ u(problem), values(problem)
    slope = float(value @ along / value.square().sum())
    start = float(along.mean())
    rest = along - start - slope * value
    r = correlation(along.tolist(), value.tolist())
    return Projection(along, slope, start, float(rest.abs().max()), r)


class Places(NamedTuple):
    """What stands along u at some positions, and what could be meant by it."""

    along_u: Float[Tensor, " place"]
    mean: Float[Tensor, " place"]
    """Mean of the values read so far."""
    sum: Int[Tensor, " place"]
    """Their sum."""
    position: Int[Tensor, " place"]
    """Counted from 1."""


def places(
    problem: Problem[CumulativeSum],
    tokens: Int[Tensor, "batch n_ctx"],
    generator: torch.Generator,
) -> Places:
    """One random position of each sequence, so that the places are independent."""
    n = torch.randint(1, problem.task.length + 1, (len(tokens),), generator=generator)
    n = n.to(tokens.device)
    rows = torch.arange(len(tokens), device=tokens.device)
    along = activations(problem, tokens, RESID_MID).double() @ u(problem)
    sums = problem.task.sums(tokens)[rows, n - 1]
    return Places(along[rows, n - 1], sums / n, sums, n)


class Cosines(NamedTuple):
    """Angles between u and the unembedding, and within the unembedding."""

    u_classes: tuple[float, ...]
    """Of u with the unembedding of each class."""
    u_signs: float
    """Of u with the unembedding of positive less that of negative."""
    u_zero: float
    """Of u with the unembedding of zero less the mean of the two others."""
    negative_zero: float
    zero_positive: float
    positive_negative: float


def cosines(problem: Problem[CumulativeSum]) -> Cosines:
    """Cosines of u and of the columns of `W_U`."""
    direction, unembed = u(problem), problem.model.W_U.double().T
    negative, zero, positive = unembed[: len(CLASSES)]

    def cosine(a: Tensor, b: Tensor) -> float:
        return float(torch.nn.functional.cosine_similarity(a, b, dim=0))

    return Cosines(
        u_classes=tuple(cosine(direction, column) for column in unembed),
        u_signs=cosine(direction, positive - negative),
        u_zero=cosine(direction, zero - (positive + negative) / 2),
        negative_zero=cosine(negative, zero),
        zero_positive=cosine(zero, positive),
        positive_negative=cosine(positive, negative),
    )
