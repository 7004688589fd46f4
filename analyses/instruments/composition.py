"""How much of what one head writes another one reads.

A head of an earlier layer may write where a later one reads its queries, its keys or its values.
Elhage et al., A Mathematical Framework for Transformer Circuits (2021), section Two-Layer
Attention-Only Transformers, measure it by Frobenius norms; with vectors as rows, as everywhere
here,

    Q:  |W_OV[earlier] W_QK[later]|   / (|W_OV[earlier]| |W_QK[later]|)
    K:  |W_OV[earlier] W_QK[later]^T| / (|W_OV[earlier]| |W_QK[later]|)
    V:  |W_OV[earlier] W_OV[later]|   / (|W_OV[earlier]| |W_OV[later]|).

It is 0 if nothing of it is read and 1 if all is written along the one direction that is read most.
Matrices that have nothing to do with each other do not come to 0, but to about
`1 / sqrt(d_model)`: a composition says something beside that of random ones
(`random_composition`). It knows the weights alone, neither what is written nor where is looked.

The weights are those of `Problem.model`: with LayerNorm, its weights are folded into what reads,
and what writes is centred.
"""

from itertools import product
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.instruments.circuits import w_ov, w_qk
from analyses.instruments.heads import Head, check_head, heads
from analyses.instruments.parts import Kind
from models.problem import Problem

KINDS: tuple[Kind, ...] = ("Q", "K", "V")


class Composition(NamedTuple):
    """Of two heads, each number from 0 to 1."""

    earlier: Head
    later: Head
    q: float
    k: float
    v: float


class RandomComposition(NamedTuple):
    """Of random matrices."""

    mean: float
    low: float
    """At least as large are 97.5 % of them."""
    high: float
    """At most as large are 97.5 % of them."""


def composition(problem: Problem[Any], earlier: Head, later: Head, kind: Kind) -> float:
    """Q-, K- or V-composition of two heads, from 0 to 1; 0 if a matrix is zero.

    Raises:
        ValueError: if one head is not in an earlier layer than the other.
        IndexError: if the model does not have one of them.
    """
    check_head(problem, earlier)
    check_head(problem, later)
    if earlier.layer >= later.layer:
        raise ValueError(
            f"{problem.card.slug}: head {later} reads nothing that head {earlier} writes; "
            "expected a head of an earlier layer, then one of a later"
        )
    written = w_ov(problem, earlier.layer)[earlier.number]
    reading = (w_ov if kind == "V" else w_qk)(problem, later.layer)[later.number]
    return float(_share(written, reading.mT if kind == "K" else reading))


def compositions(problem: Problem[Any]) -> list[Composition]:
    """Of all pairs of heads of which one can read what the other writes, in order of `heads`, the
    earlier ones first.
    """
    return [
        Composition(one, other, *(composition(problem, one, other, kind) for kind in KINDS))
        for one, other in product(heads(problem), repeat=2)
        if one.layer < other.layer
    ]


def random_composition(
    problem: Problem[Any], n: int, generator: torch.Generator
) -> RandomComposition:
    """The composition of heads whose four matrices are drawn from a normal distribution, of the
    shapes that the model's have: mean, and the range of the middle 95 %.

    It is the same for Q, K and V, whose matrices are products of the same shapes. If the model has
    LayerNorm, what they read and write is centred over `d_model`, as it is there.

    Args:
        problem: whose shapes are taken.
        n: how many pairs of heads are drawn.
        generator: of the random numbers, on the CPU.
    """
    sizes = problem.architecture
    shape = (4, n, sizes.d_model, sizes.d_head)
    drawn = torch.randn(shape, generator=generator, dtype=torch.float64)
    if sizes.normalization is not None:
        drawn = drawn - drawn.mean(dim=-2, keepdim=True)
    reads, writes, asks, shows = drawn
    shares = _share(reads @ writes.mT, asks @ shows.mT)
    low, high = torch.quantile(shares, torch.tensor([0.025, 0.975], dtype=shares.dtype)).tolist()
    return RandomComposition(float(shares.mean()), low, high)


def _share(
    written: Float[Tensor, "*pair d_model d_model"], reading: Float[Tensor, "*pair d_model d_model"]
) -> Float[Tensor, "*pair"]:
    written, reading = written.double(), reading.double()
    norms = written.norm(dim=(-2, -1)) * reading.norm(dim=(-2, -1))
    composed = (written @ reading).norm(dim=(-2, -1))
    return torch.where(norms > 0, composed / norms, torch.zeros_like(norms))
