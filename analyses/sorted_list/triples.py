"""Three values that follow one another in a sorted list, such as d, d + 1 and d + 2.

At the first, d, the right answer is the second, y. The puzzle is that heads often attend more to
the third, z, and the model is right all the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.instruments.attention import label_patterns
from analyses.instruments.attribution import terms
from analyses.instruments.read_out import mean_ablate_term
from models.problem import Problem
from models.sorted_list.task import SortedList


class Triples(NamedTuple):
    """Lists, in each d, y and z, and where these stand."""

    tokens: Int[Tensor, "batch n_ctx"]
    query: Int[Tensor, " batch"]
    """Position of d among the sorted values, from which y is predicted."""
    d: Int[Tensor, " batch"]
    predictions: Int[Tensor, "batch 2"]
    """y and z."""
    sources: Int[Tensor, "batch 2"]
    """Positions of y and z among the unsorted values."""

    def to(self, device: torch.device) -> "Triples":
        """The same lists on a device."""
        return Triples(*(part.to(device) for part in self))


def locate(
    task: SortedList, tokens: Int[Tensor, "batch n_ctx"], triple: Int[Tensor, "batch 3"]
) -> Triples:
    """Find d, y and z in lists that hold them.

    Raises:
        ValueError: if a list does not hold all three, one after the other when sorted.
    """
    values = tokens[:, : task.list_length]
    found = values[:, None, :] == triple[:, :, None]
    query = task.list_length + 1 + (values < triple[:, :1]).sum(dim=1)
    inside = (query + 2).clamp(max=task.n_ctx - 1)
    follows = tokens.gather(1, inside[:, None]) == triple[:, 2:]
    wrong = ~(found.any(dim=2).all(dim=1) & (triple.diff(dim=1) > 0).all(dim=1) & follows[:, 0])
    if wrong.any():
        row = int(wrong.nonzero()[0])
        raise ValueError(
            f"list {row}, {values[row].tolist()}, does not hold {triple[row].tolist()}, one after "
            "the other when sorted"
        )
    return Triples(tokens, query, triple[:, 0], triple[:, 1:], found.int().argmax(dim=2)[:, 1:])


def sample(
    task: SortedList, per_triple: int, generator: torch.Generator, device: torch.device
) -> Triples:
    """`per_triple` random lists around every triple (0, 1, 2) to (48, 49, 50)."""
    d = torch.arange(task.max_value - 1).repeat_interleave(per_triple)
    noise = torch.rand(len(d), task.max_value + 1, generator=generator)
    for offset in (0, 1, 2):
        noise[torch.arange(len(d)), d + offset] -= 1.0
    chosen = noise.argsort(dim=1)[:, : task.list_length]
    order = torch.rand(chosen.shape, generator=generator).argsort(dim=1)
    tokens = task.complete(chosen.gather(1, order))
    triple = d[:, None] + torch.arange(3)
    return locate(task, tokens.to(device), triple.to(device))


PARTS = (
    "this head, from y and z",
    "this head, from other tokens",
    "other head, from y and z",
    "other head, from other tokens",
    "direct path",
    "biases",
)
"""What adds up to the logits of y and z at d, as seen from one head; which one may differ from
list to list. Of more than two heads, the others count together."""
THIS, THIS_REST, OTHER, OTHER_REST, DIRECT, BIASES = range(len(PARTS))


class TripleEffects(NamedTuple):
    """What the model does at d, list by list."""

    triples: Triples
    attention: Float[Tensor, "batch head 2"]
    """Attention probability paid to y and to z."""
    moved: Float[Tensor, "batch head 2 2"]
    """Direct logit attribution from the sources y, z to the predictions y, z; logits."""
    sources: Float[Tensor, "batch head d_model"]
    """What each head moves from y and z together, in units of the residual stream."""
    rest: Float[Tensor, "batch head d_model"]
    """What each head moves from all other tokens."""
    direct: Float[Tensor, "batch d_model"]
    biases: Float[Tensor, " d_model"]
    final_scale: Float[Tensor, " batch"]
    """What LayerNorm divides the sum of these by."""

    def strongest(self) -> Int[Tensor, " batch"]:
        """The head that attends most to y and z together."""
        return self.attention.sum(dim=2).argmax(dim=1)

    def puzzling(self) -> Bool[Tensor, " batch"]:
        """Whether the head that attends most to y and z prefers z."""
        misled = self.attention[:, :, 1] > self.attention[:, :, 0]
        return misled.gather(1, self.strongest()[:, None]).squeeze(1)

    def parts(self, head: Int[Tensor, " batch"]) -> Float[Tensor, "batch part d_model"]:
        """The terms of the residual stream, by `PARTS`, as seen from a head of each list."""
        heads = torch.stack([self.sources, self.rest], dim=2)
        this = heads[torch.arange(len(head), device=head.device), head]
        others = heads.sum(dim=1) - this
        biases = self.biases.expand_as(self.direct)
        return torch.stack([*this.unbind(1), *others.unbind(1), self.direct, biases], dim=1)


@torch.no_grad()
def effects(problem: Problem[SortedList], triples: Triples) -> TripleEffects:
    """Measure what happens at d in each list."""
    tokens, query = triples.tokens, triples.query
    rows = torch.arange(len(tokens), device=tokens.device)
    first = problem.task.label_positions.start
    seen = label_patterns(problem, tokens)[rows, :, query - first]
    attention = seen.gather(2, triples.sources[:, None, :].expand(-1, seen.shape[1], -1))
    split = terms(problem, tokens, query)
    # [batch, head, source, d_model]
    from_both = split.heads[rows[:, None], :, triples.sources].transpose(1, 2)
    directions = problem.model.W_U[:, triples.predictions].permute(1, 2, 0)
    moved = torch.einsum("bhsm,btm->bhst", from_both, directions)
    sources = from_both.sum(dim=2)
    return TripleEffects(
        triples=triples,
        attention=attention,
        moved=moved / split.final_scale[:, None, None, None],
        sources=sources,
        rest=split.heads.sum(dim=2) - sources,
        direct=split.direct,
        biases=split.output_bias,
        final_scale=split.final_scale,
    )


@torch.no_grad()
def favours(
    problem: Problem[SortedList], effects: TripleEffects, head: Int[Tensor, " batch"]
) -> Float[Tensor, "batch part"]:
    """By how much each of the `PARTS`, as seen from a head of each list, raises the logit of y
    over that of z; logits. Over all parts it is the model's own logit of y less that of z.
    """
    y, z = effects.triples.predictions.unbind(dim=1)
    model = problem.model
    given = torch.einsum("bpm,mb->bp", effects.parts(head), model.W_U[:, y] - model.W_U[:, z])
    given = given / effects.final_scale[:, None]
    given[:, BIASES] += model.b_U[y] - model.b_U[z]
    return given


def right_without(
    problem: Problem[SortedList],
    effects: TripleEffects,
    head: Int[Tensor, " batch"],
    ablated: Sequence[int],
) -> Bool[Tensor, " batch"]:
    """Whether y is predicted with some of the `PARTS` together, as seen from a head of each list,
    mean ablated: in their place stands their mean over all sampled lists that are asked at the
    same position.
    """
    parts = effects.parts(head)
    term = parts[:, list(ablated)].sum(dim=1)
    logits = mean_ablate_term(problem, parts.sum(dim=1), term, effects.triples.query)
    return logits.argmax(dim=-1) == effects.triples.predictions[:, 0]
