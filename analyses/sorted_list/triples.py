"""Three neighbouring values in one list: d, d + 1 and d + 2.

At d the right answer is y = d + 1. The puzzle is that heads often attend more to
z = d + 2, and the model is right all the same.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.attention import label_patterns
from analyses.attribution import direct_logit_attribution, source_attribution
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


class TripleEffects(NamedTuple):
    """What the model does at d, list by list; logits unless stated."""

    attention: Float[Tensor, "batch head 2"]
    """Attention probability paid to y and to z."""
    moved: Float[Tensor, "batch head 2 2"]
    """Direct logit attribution from the sources y, z to the predictions y, z."""
    heads: Float[Tensor, "batch head 2"]
    """What each head, over all its sources, adds to the logits of y and z."""
    direct: Float[Tensor, "batch 2"]
    """What the direct path adds to the logits of y and z."""
    correct: Bool[Tensor, " batch"]
    """Whether y is predicted."""

    def misled(self) -> Bool[Tensor, "batch head"]:
        """Whether a head attends more to z than to y."""
        return self.attention[:, :, 1] > self.attention[:, :, 0]

    def strongest(self) -> Int[Tensor, " batch"]:
        """The head that attends most to y and z together."""
        return self.attention.sum(dim=2).argmax(dim=1)

    def puzzling(self) -> Bool[Tensor, " batch"]:
        """Whether the head that attends most to y and z prefers z."""
        return self.misled().gather(1, self.strongest()[:, None]).squeeze(1)

    def puzzling_only(self) -> "TripleEffects":
        """The lists in which `puzzling` is true."""
        chosen = self.puzzling()
        return TripleEffects(*(part[chosen] for part in self))

    def other_head(self) -> Float[Tensor, "batch 2"]:
        """What the heads beside the strongest add to the logits of y and z."""
        rows = torch.arange(len(self.heads), device=self.heads.device)
        return self.heads.sum(dim=1) - self.heads[rows, self.strongest()]


def effects(problem: Problem[SortedList], triples: Triples) -> TripleEffects:
    """Measure what happens at d in each list."""
    tokens, query = triples.tokens, triples.query
    rows = torch.arange(len(tokens), device=tokens.device)
    pairs = triples.predictions
    first = problem.task.label_positions.start
    attention = label_patterns(problem, tokens)[rows, :, query - first]
    parts = direct_logit_attribution(problem, tokens)
    heads = parts.heads[rows, :, query]
    return TripleEffects(
        attention=attention.gather(
            2, triples.sources[:, None, :].expand(-1, attention.shape[1], -1)
        ),
        moved=source_attribution(problem, tokens, query, triples.sources, pairs),
        heads=heads.gather(2, pairs[:, None, :].expand(-1, heads.shape[1], -1)),
        direct=parts.direct[rows, query].gather(1, pairs),
        correct=parts.total()[rows, query].argmax(dim=-1) == triples.d + 1,
    )
