"""Whether two samples can be of one distribution."""

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

LEVEL = 1e-3
"""How often samples of one distribution are called different, all columns together."""
FEWEST = 10
"""Expected in a cell; rarer values are counted together."""


def different(
    one: Int[Tensor, "sample column"], other: Int[Tensor, "sample column"]
) -> list[tuple[int, float]]:
    """The columns whose values are not distributed alike, with the chance of that (chi-squared
    test of homogeneity), at `LEVEL` shared among all columns (Bonferroni).
    """
    columns = range(one.shape[1])
    found = [(column, _chance(one[:, column], other[:, column])) for column in columns]
    return [(column, chance) for column, chance in found if chance < LEVEL / len(found)]


def _chance(one: Int[Tensor, " sample"], other: Int[Tensor, " sample"]) -> float:
    least = int(torch.minimum(one.min(), other.min()))
    most = 1 + int(torch.maximum(one.max(), other.max())) - least
    counts = np.stack(
        [np.bincount((sample - least).numpy(), minlength=most) for sample in (one, other)]
    ).astype(float)
    counts = counts[:, counts.any(axis=0)]
    shares = counts.sum(axis=1, keepdims=True) / counts.sum()
    rare = counts.sum(axis=0) * shares.min() < FEWEST
    pooled = np.concatenate([counts[:, ~rare], counts[:, rare].sum(axis=1, keepdims=True)], axis=1)
    pooled = pooled[:, pooled.sum(axis=0) > 0]
    if pooled.shape[1] < 2:
        return 1.0
    expected = pooled.sum(axis=0) * shares
    statistic = float(((pooled - expected) ** 2 / expected).sum())
    freedom = torch.tensor((pooled.shape[1] - 1) / 2, dtype=torch.float64)
    return float(torch.special.gammaincc(freedom, torch.tensor(statistic / 2, dtype=torch.float64)))


def looks(tokens: Int[Tensor, "sample pos"]) -> Int[Tensor, "sample column"]:
    """What is compared of sequences: each token, which of two is larger, how many are alike, how
    many mirror each other, and their sum.
    """
    n = tokens.shape[1]
    first, second = torch.triu_indices(n, n, offset=1)
    order = (tokens[:, first] - tokens[:, second]).sign()
    ranked = tokens.sort(dim=1).values
    distinct = (ranked[:, 1:] != ranked[:, :-1]).sum(dim=1)
    mirrored = (tokens == tokens.flip(1)).sum(dim=1)
    alike = torch.stack([distinct, mirrored, tokens.sum(dim=1)], dim=1)
    return torch.cat([tokens, order, alike], dim=1)
