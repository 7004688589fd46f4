"""The quantities in which models of other seeds differ; `differ` says what they are."""

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.instruments.ablation import mean_ablate
from analyses.instruments.circuits import copied_sets, copying_heads
from analyses.instruments.heads import heads
from analyses.sorted_list import claims, samples
from analyses.sorted_list.tables import value_ov
from models.problem import Problem
from models.sorted_list.task import SortedList

Ov = Float[Tensor, "head value value"]


def varies(problem: Problem[SortedList]) -> dict[str, float | None]:
    """Measure them on a model; the heads may be exchanged."""
    ov = value_ov(problem)
    lesser, greater = ablation_costs(problem)
    return {
        "ranges": claims.head_changes(problem).value + 1,
        "busier_share": busier_share(ov),
        "suppression": suppression(ov),
        "copied_by_both": copied_by_both(ov),
        "copier_looks": claims.copier_looks(problem).value,
        "cost_greater": greater,
        "cost_lesser": lesser,
        "puzzles": float(claims.puzzle(problem).puzzling().double().mean()),
    }


def busier_share(ov: Ov) -> float:
    """Share of the values that are copied by the head that copies more of them."""
    counts = torch.bincount(copying_heads(ov), minlength=len(ov))
    return float(counts.max()) / ov.shape[1]


def suppression(ov: Ov) -> float | None:
    """What the heads that do not copy a value take off its logit, relative to what the one that
    copies it adds, each for a unit of attention and against the mean of the other logits: the
    ratio of means over values. Below 0 where they add something as well; None where nothing is
    copied.
    """
    n = ov.shape[1]
    own = ov.diagonal(dim1=1, dim2=2)
    above = own - (ov.sum(dim=2) - own) / (n - 1)
    copies = copying_heads(ov)[None]
    copied = above.gather(0, copies).double().mean()
    others = (above.sum(dim=0) - above.gather(0, copies)[0]).double().mean() / (len(ov) - 1)
    return float(-others / copied) if copied > 0 else None


def copied_by_both(ov: Ov) -> float:
    """Share of the values that every head copies: attending to one raises its logit most."""
    return len(set.intersection(*map(set, copied_sets(ov)))) / ov.shape[1]


def ablation_costs(problem: Problem[SortedList]) -> list[float]:
    """What mean ablation of each head adds to the loss, nats, the smallest first."""
    tokens = samples.evaluation(problem, samples.N_PATTERNS)
    ablated = (mean_ablate(problem, tokens, head) for head in heads(problem))
    return sorted(claims.cost_of(problem, logits).value for logits in ablated)
