"""A model with attention made to stray from uniform, as the published model's does."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

import torch
from torch import Generator, Tensor

from analyses.cumulative_sum.bounds import ATTN
from analyses.cumulative_sum.keys import keys
from analyses.cumulative_sum.proof import proved
from analyses.write_ups.numerals import fixed, scientific
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem

KINDS = ("token", "position", "both", "new positions")
PUBLISHED = 2.7e-4
"""How far the attention of the published model strays from uniform."""


def straying(
    problem: Problem[CumulativeSum], kind: str, strays: float, seed: int
) -> Problem[CumulativeSum]:
    """Add small random weights to the queries and keys, until attention strays by so much.

    Args:
        problem: whose weights are changed.
        kind: one of `KINDS`. Keys know the token, the position or both; with `new positions` the
            embeddings of positions change as well.
        strays: the largest distance of an attention probability from 1 / position.
        seed: of the weights. Queries know nothing if it is even, else their own token and position.
    """
    generator = torch.Generator().manual_seed(seed)
    weights = {name: tensor.double() for name, tensor in problem.weights.items()}
    w_e, w_pos = weights["embed.W_E"], weights["pos_embed.W_pos"]
    d_model, d_head = weights[f"{ATTN}.W_K"].shape[1:]
    w_k, w_q, b_q = (_normal(generator, *shape, d_head) for shape in ((d_model,), (d_model,), ()))
    if kind == "token":
        w_k = _blind(w_pos) @ w_k
    if kind == "position":
        w_k = _blind(w_e) @ w_k
    if kind == "new positions":
        weights["pos_embed.W_pos"] = w_pos + 0.001 * _normal(generator, *w_pos.shape)
    added = {f"{ATTN}.W_K": w_k, f"{ATTN}.W_Q": w_q * (seed % 2), f"{ATTN}.b_Q": b_q}
    scale = 0.01
    changed = dict(problem.weights)
    for _ in range(5):
        for name, tensor in weights.items():
            changed[name] = (tensor + scale * added.get(name, 0.0)).float()
        # Scores are products of two things that are scaled.
        found = max(each.strays() for each in keys(replace(problem, weights=changed)))
        scale *= (strays / found) ** 0.5
    return problem.with_weights(changed)


def _normal(generator: Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _blind(rows: Tensor) -> Tensor:
    """A projection that hardly sees how some embeddings differ."""
    directions = torch.linalg.svd(rows - rows.mean(dim=0)).Vh[:10]
    return torch.eye(rows.shape[1], dtype=rows.dtype) - directions.T @ directions


def proof_rows(
    problem: Problem[CumulativeSum], deviations: Iterable[float], seeds: range
) -> list[list[str]]:
    """For each deviation: of how many models that stray so far all sequences are proved right, how
    many are refuted by a sequence, how many stay open, and the smallest margin of any (logits).
    """
    rows = []
    for strays in deviations:
        models = [straying(problem, kind, strays, seed) for kind, seed in product(KINDS, seeds)]
        proofs = [proved(model) for model in models]
        counts = Counter(proof.verdict for proof in proofs)
        rows.append(
            [
                scientific(strays),
                *(str(counts[verdict]) for verdict in ("proved", "refuted", "open")),
                fixed(min(proof.margin for proof in proofs), 3),
            ]
        )
    return rows
