"""Layer 1: how END hears of a pair that differs."""

from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cosine_similarity, normalize

from analyses.instruments.activations import PATTERN, QUERIES, Z, activations
from analyses.instruments.attribution import attribution_by_source, logit_difference
from analyses.instruments.heads import Head, heads
from analyses.palindromes.comparing import comparer, other_of
from analyses.palindromes.samples import Model, changed_at, evaluation, palindromes
from models.palindromes.task import NO, YES

PARTS = 30
"""In how many parts the evaluation sequences are taken where an interval is wanted of what is
computed of many."""


def readers(problem: Model) -> list[Head]:
    """The heads of the last layer."""
    last = problem.architecture.n_layers - 1
    return [head for head in heads(problem) if head.layer == last]


def from_end(problem: Model, tokens: Int[Tensor, "batch n_ctx"]) -> Float[Tensor, "batch head pos"]:
    """What the heads of the last layer pay to each position, at END."""
    return activations(problem, tokens, PATTERN, problem.architecture.n_layers - 1)[:, :, -1]


@cache
def paid_to_change(problem: Model) -> Float[Tensor, "place head"]:
    """What each reader pays, at END, to a place that is the only one to differ; mean."""
    return torch.stack(
        [
            from_end(problem, changed_at(problem, place))[:, :, place].mean(dim=0)
            for place in problem.task.places
        ]
    )


@cache
def paid_when_equal(problem: Model) -> Float[Tensor, "place head"]:
    """The same of palindromes, where no place differs."""
    paid = from_end(problem, palindromes(problem)).mean(dim=0)
    return paid[:, list(problem.task.places)].T


def directions(
    problem: Model, head: Head, tokens: Int[Tensor, "batch n_ctx"]
) -> Float[Tensor, "place d_model"]:
    """What a head writes at each place where the pair differs, less what it writes there where it
    does not; means.
    """
    places = list(problem.task.places)
    z = activations(problem, tokens, Z, head.layer)[:, places, head.number]
    written = z @ problem.model.W_O[head.layer, head.number]
    differs = problem.task.differs(tokens)[:, :, None].to(written)
    unequal = (written * differs).sum(dim=0) / differs.sum(dim=0)
    equal = (written * (1 - differs)).sum(dim=0) / (1 - differs).sum(dim=0)
    return unequal - equal


def halves_apart(
    problem: Model, head: Head, tokens: Int[Tensor, "batch n_ctx"]
) -> Float[Tensor, "place d_model"]:
    """As `directions`, with places whose value is of the upper half for those that differ."""
    places = list(problem.task.places)
    z = activations(problem, tokens, Z, head.layer)[:, places, head.number]
    written = z @ problem.model.W_O[head.layer, head.number]
    high = (tokens[:, places] > problem.task.max_value // 2)[:, :, None].to(written)
    above, below = ((written * part).sum(dim=0) / part.sum(dim=0) for part in (high, 1 - high))
    return above - below


def alike(found: Float[Tensor, "place d_model"]) -> Float[Tensor, "place place"]:
    """Cosines between them."""
    unit = normalize(found, dim=1)
    return unit @ unit.T


def mean_alike(found: Float[Tensor, "place d_model"]) -> float:
    """Mean cosine between two different ones."""
    cosines, n = alike(found), len(found)
    return float((cosines.sum() - cosines.trace()) / (n * (n - 1)))


def in_parts(problem: Model) -> list[Int[Tensor, "part n_ctx"]]:
    """The evaluation sequences, in parts."""
    return list(evaluation(problem).chunk(PARTS))


@cache
def shared_direction(problem: Model, head: Head) -> Float[Tensor, " d_model"]:
    """The mean over places of what a head writes more where the pair differs."""
    return directions(problem, head, evaluation(problem)).mean(dim=0)


@cache
def end_query(problem: Model, head: Head) -> Float[Tensor, " d_head"]:
    """What END asks for in a reader, mean over the evaluation sequences."""
    return activations(problem, evaluation(problem), QUERIES, head.layer)[:, -1, head.number].mean(
        0
    )


def met(problem: Model, head: Head, direction: Float[Tensor, " d_model"]) -> float:
    """Cosine between END's query in a reader and the key of a direction of the residual stream."""
    return float(met_by_each(problem, head, direction[None]))


def met_by_each(
    problem: Model, head: Head, directions: Float[Tensor, "direction d_model"]
) -> Float[Tensor, " direction"]:
    """The same of each of several directions."""
    keys = directions @ problem.model.W_K[head.layer, head.number]
    return cosine_similarity(end_query(problem, head)[None], keys, dim=1)


@cache
def moved(problem: Model, place: int) -> Float[Tensor, "batch pos"]:
    """What the last layer's heads add from each position to the logit difference, yes less no, if
    the value at one place is changed; less what they add in the palindrome. In logits.
    """
    return _brought(problem, changed_at(problem, place)) - _brought(problem, palindromes(problem))


def _brought(problem: Model, tokens: Int[Tensor, "batch n_ctx"]) -> Float[Tensor, "batch pos"]:
    end = torch.full((len(tokens),), problem.task.n_ctx - 1, device=tokens.device)
    found = attribution_by_source(problem, tokens, end)
    last = [place for place, head in enumerate(heads(problem)) if head in readers(problem)]
    return logit_difference(found[:, last].sum(dim=1), of=YES, against=NO)


def other_comparer(problem: Model) -> Head:
    """The head of layer 0 that is not the one that compares."""
    return other_of(problem, comparer(problem))
