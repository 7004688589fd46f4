"""Three neighbouring values in one list: d, d + 1 and d + 2.

At d the right answer is y = d + 1. The puzzle is that heads often attend more to
z = d + 2, and the model is right all the same.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.attention import label_patterns
from analyses.attribution import terms
from analyses.interventions import mean_ablate_term
from models.problem import Problem
from models.sorted_list.task import SortedList


class Triples(NamedTuple):
    """Lists that hold d, d + 1 and d + 2, and where in them these stand."""

    tokens: Int[Tensor, "batch n_ctx"]
    d: Int[Tensor, " batch"]
    query: Int[Tensor, " batch"]
    """Position of d among the sorted values, from which y is predicted."""
    sources: Int[Tensor, "batch 2"]
    """Positions of y and z among the unsorted values."""

    def to(self, device: torch.device) -> "Triples":
        """The same lists on a device."""
        return Triples(*(part.to(device) for part in self))

    @property
    def predictions(self) -> Int[Tensor, "batch 2"]:
        """y and z."""
        return torch.stack([self.d + 1, self.d + 2], dim=1)


def locate(
    task: SortedList, tokens: Int[Tensor, "batch n_ctx"], d: Int[Tensor, " batch"]
) -> Triples:
    """Find d, d + 1 and d + 2 in lists that hold them.

    Raises:
        ValueError: if a list does not hold all three.
    """
    values = tokens[:, : task.list_length]
    for offset in (0, 1, 2):
        absent = ~(values == (d + offset)[:, None]).any(dim=1)
        if absent.any():
            row = int(absent.nonzero()[0])
            raise ValueError(
                f"list {row}, {values[row].tolist()}, does not hold {int(d[row]) + offset}; "
                f"a triple needs {int(d[row])}, {int(d[row]) + 1} and {int(d[row]) + 2}"
            )
    sources = torch.stack([(values == (d + k)[:, None]).int().argmax(dim=1) for k in (1, 2)], dim=1)
    query = task.list_length + 1 + (values < d[:, None]).sum(dim=1)
    return Triples(tokens, d, query, sources)


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
    return locate(task, tokens.to(device), d.to(device))


PARTS = (
    "strongest head, from y and z",
    "strongest head, from other tokens",
    "other head, from y and z",
    "other head, from other tokens",
    "direct path",
    "biases",
)
"""What adds up to the logits of y and z at d. The strongest head is the one that attends most to
the two; of more than two heads, the others count together."""
OWN, OWN_REST, OTHER, OTHER_REST, DIRECT, BIASES = range(len(PARTS))


class TripleEffects(NamedTuple):
    """What the model does at d, list by list."""

    tokens: Triples
    attention: Float[Tensor, "batch head 2"]
    """Attention probability paid to y and to z."""
    moved: Float[Tensor, "batch head 2 2"]
    """Direct logit attribution from the sources y, z to the predictions y, z; logits."""
    parts: Float[Tensor, "batch part d_model"]
    """The terms of the residual stream, by `PARTS`."""
    favours: Float[Tensor, "batch part"]
    """By how much each part raises the logit of y over that of z, logits. Sums to the margin."""
    correct: Bool[Tensor, " batch"]
    """Whether y is predicted."""

    def margin(self) -> Float[Tensor, " batch"]:
        """Logit of y less logit of z."""
        return self.favours.sum(dim=1)

    def puzzling(self) -> Bool[Tensor, " batch"]:
        """Whether the head that attends most to y and z prefers z."""
        misled = self.attention[:, :, 1] > self.attention[:, :, 0]
        return misled.gather(1, strongest(self.attention)[:, None]).squeeze(1)


def strongest(attention: Float[Tensor, "batch head 2"]) -> Int[Tensor, " batch"]:
    """The head that attends most to y and z together."""
    return attention.sum(dim=2).argmax(dim=1)


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
    heads = torch.stack([from_both.sum(dim=2), split.heads.sum(dim=2)], dim=2)
    heads[:, :, 1] -= heads[:, :, 0]
    own = heads[rows, strongest(attention)]
    rest = heads.sum(dim=1) - own
    biases = split.output_bias.expand_as(split.direct)
    parts = torch.stack([*own.unbind(1), *rest.unbind(1), split.direct, biases], dim=1)
    w_u = problem.model.W_U[:, triples.predictions].permute(1, 2, 0)
    scale = split.final_scale[:, None]
    favours = torch.einsum("bpm,bm->bp", parts, w_u[:, 0] - w_u[:, 1]) / scale
    b_u = problem.model.b_U[triples.predictions]
    favours[:, BIASES] += b_u[:, 0] - b_u[:, 1]
    found = TripleEffects(
        tokens=triples,
        attention=attention,
        moved=torch.einsum("bhsm,btm->bhst", from_both, w_u) / scale[:, None, None],
        parts=parts,
        favours=favours,
        correct=torch.zeros_like(query, dtype=torch.bool),
    )
    return found._replace(correct=right_without(problem, found, ()))


def right_without(
    problem: Problem[SortedList], effects: TripleEffects, ablated: Sequence[int]
) -> Bool[Tensor, " batch"]:
    """Whether y is still predicted with some of the `PARTS` mean ablated together: put in their
    place is their mean over all sampled lists that are asked at the same position.
    """
    term = effects.parts[:, list(ablated)].sum(dim=1)
    logits = mean_ablate_term(problem, effects.parts.sum(dim=1), term, effects.tokens.query)
    return logits.argmax(dim=-1) == effects.tokens.d + 1
