"""What the neurons do: which raise a place, how many it takes, and how many verbs move each."""

from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.activations import LN_FINAL_SCALE, NEURONS, activations
from analyses.instruments.parts import Neurons
from analyses.verb_noun.completion import ASKED, Model
from analyses.verb_noun.effects import patched
from analyses.verb_noun.knowing import prompts
from analyses.verb_noun.pairs import Pairs, pairs
from models.verb_noun.task import VERBS


@torch.no_grad()
def contributions(found: Pairs, turned: bool = False) -> Float[Tensor, "pair neuron"]:
    """What each neuron adds, directly, to the effect of the verb on the logit difference: of the
    clean prompt less of the corrupted one, each divided by its own final scale. With `turned`, what
    random directions of neuron space add, as many; their sum is the same.
    """
    model, asked = found.problem.model, found.problem.task
    right, other = (asked.answers(tokens)[:, 0] for tokens in (found.clean, found.corrupted))
    writes = model.W_out[0] @ model.W_U
    towards = (writes[:, right] - writes[:, other]).T
    clean, corrupted = (_active(found, tokens) for tokens in (found.clean, found.corrupted))
    change = clean - corrupted
    if turned:
        basis = directions(change.shape[1]).to(change)
        change, towards = change @ basis, towards @ basis
    return change * towards


def _active(found: Pairs, tokens: Int[Tensor, "pair n_ctx"]) -> Float[Tensor, "pair neuron"]:
    active = activations(found.problem, tokens, NEURONS, 0)[:, -1]
    return active / activations(found.problem, tokens, LN_FINAL_SCALE)[:, -1]


def top_share(found: Pairs, k: int, turned: bool = False) -> Float[Tensor, " pair"]:
    """What the `k` neurons, or directions, that add most to each pair's effect add to it together,
    logits.
    """
    each = contributions(found, turned)
    return each.topk(min(k, each.shape[1]), dim=1).values.sum(dim=1)


def all_share(found: Pairs) -> Float[Tensor, " pair"]:
    """What all neurons add to it, logits."""
    return contributions(found).sum(dim=1)


def fixed_share(found: Pairs, chosen: Sequence[int]) -> Float[Tensor, " pair"]:
    """What some neurons, the same for all pairs, add to it, logits."""
    return contributions(found)[:, list(chosen)].sum(dim=1)


@cache
def ranking(problem: Model) -> tuple[int, ...]:
    """All neurons, by how much they add to the effect of a verb, mean of sizes over all pairs."""
    sizes = [contributions(pairs(problem, template)).abs().mean(dim=0) for template in ASKED]
    return tuple(torch.stack(sizes).mean(dim=0).argsort(descending=True).tolist())


def restored_by_first(problem: Model, counts: Sequence[int], template: int) -> list[float]:
    """The part of the verb's effect that patching the first neurons of the ranking, alone,
    restores (denoising); mean over the pairs of one template.
    """
    found, order = pairs(problem, template), ranking(problem)
    whole = found.whole().mean()
    return [
        float(patched(found, Neurons(0, order[:count]), "denoising").mean() / whole)
        for count in counts
    ]


@cache
def by_verb(problem: Model) -> Float[Tensor, "verb neuron"]:
    """How active each neuron is where the place is asked for, by verb; mean over prompts of all
    templates, less the smallest over verbs, so that what a neuron always does counts for none.
    """
    sums = []
    for template in ASKED:
        found = prompts(problem, template)
        active = activations(found.asked, found.tokens, NEURONS, 0)[:, -1]
        sums.append(active.unflatten(0, (-1, len(VERBS))).mean(dim=0))
    mean = torch.stack(sums).mean(dim=0)
    return mean - mean.min(dim=0).values


def verbs_of(active: Float[Tensor, "verb neuron"]) -> Float[Tensor, " neuron"]:
    """To how many verbs each neuron answers: the exponential of the entropy of its activation over
    verbs, 1 for a neuron that answers to a single verb.
    """
    shares = active / active.sum(dim=0).clamp_min(1e-9)
    return torch.special.entr(shares).sum(dim=0).exp()


def mean_verbs(active: Float[Tensor, "verb neuron"]) -> float:
    """The mean of that over neurons, each counted by how much verbs move it."""
    weights = active.sum(dim=0)
    return float((verbs_of(active) * weights).sum() / weights.sum())


def mixed(active: Float[Tensor, "verb neuron"]) -> Float[Tensor, "verb neuron"]:
    """The same activations along random directions of neuron space, in place of the neurons."""
    turned = active @ directions(active.shape[1]).to(active)
    return turned - turned.min(dim=0).values


@cache
def directions(size: int) -> Float[Tensor, "neuron direction"]:
    """Random directions at right angles to each other, as many as neurons."""
    drawn = torch.randn(size, size, generator=torch.Generator().manual_seed(0))
    return torch.linalg.qr(drawn).Q
