"""Put something else in place of what parts of a model write: what every ablation and every patch
is made of.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.instruments.activations import MLP_OUT, NEURONS, RESID_POST, RESID_PRE, Z, point
from analyses.instruments.heads import Head
from analyses.instruments.parts import Embedding, Mlp, Neurons, Part, Residual, check_part, listed
from analyses.instruments.positions import Positions, chosen
from models.problem import BATCH, Problem

Tokens: TypeAlias = Int[Tensor, "batch n_ctx"]
Hook: TypeAlias = tuple[str | Callable[..., Any], Callable[..., Any]]
Values: TypeAlias = Mapping[str, Tensor]
"""By the full name of a hook point, what is to pass there, `[batch or 1, pos, ...]`."""


@dataclass(frozen=True)
class Replacement:
    """What is put in place of what, at which positions of which sequences."""

    which: Mapping[str, Bool[Tensor, "..."]]
    """By hook point, which of what passes there at one position belongs to the parts."""
    values: Callable[[Int[Tensor, " row"]], Values]
    """What is put there in these sequences."""
    at: Bool[Tensor, "batch pos"]

    def hooks(self, rows: Int[Tensor, " row"]) -> list[Hook]:
        """That do it, as some of the sequences run."""
        return replacing_hooks(self.which, self.values(rows), self.at[rows])


def replacing_hooks(
    which: Mapping[str, Bool[Tensor, "..."]], values: Values, at: Bool[Tensor, "batch pos"]
) -> list[Hook]:
    """The hooks that put values in place of what belongs to some parts, at some positions."""
    return [(name, put(values[name], spread(at, mine.ndim) & mine)) for name, mine in which.items()]


def put(value: Tensor, where: Tensor) -> Callable[..., Tensor]:
    """A hook that puts a value in some places of what passes."""

    def replace(passing: Tensor, hook: object) -> Tensor:
        return torch.where(where, value.to(passing), passing)

    return replace


def spread(at: Bool[Tensor, "batch pos"], dims: int) -> Bool[Tensor, "batch pos ..."]:
    """A mask with as many dimensions behind it as what passes at a hook point."""
    return at.reshape(*at.shape, *[1] * dims)


def belonging(
    problem: Problem[Any], parts: Part | Iterable[Part]
) -> dict[str, Bool[Tensor, "..."]]:
    """By hook point, which of what passes there at one position belongs to some parts.

    Of a head it is z: what the head writes is linear in that.

    Raises:
        IndexError: if the model does not have one of them.
        ValueError: if it has no MLP, and one of them belongs to it.
    """
    found: dict[str, Tensor] = {}
    for part in listed(parts):
        check_part(problem, part)
        name, which = _belonging(problem, part)
        found[name] = found[name] | which if name in found else which
    return found


def _belonging(problem: Problem[Any], part: Part) -> tuple[str, Bool[Tensor, "..."]]:
    sizes, whole = problem.architecture, torch.ones(1, dtype=torch.bool, device=problem.device)
    match part:
        case Head():
            which = torch.zeros(sizes.n_heads, 1, dtype=torch.bool, device=problem.device)
            which[part.number] = True
            return point(problem, Z, part.layer), which
        case Neurons():
            which = torch.zeros(sizes.d_mlp or 0, dtype=torch.bool, device=problem.device)
            which[list(part.numbers)] = True
            return point(problem, NEURONS, part.layer), which
        case Mlp():
            return point(problem, MLP_OUT, part.layer), whole
        case Embedding():
            return point(problem, RESID_PRE, 0), whole
        case Residual(layer) if layer == sizes.n_layers:
            return point(problem, RESID_POST, layer - 1), whole
        case Residual(layer):
            return point(problem, RESID_PRE, layer), whole


def zeros(
    problem: Problem[Any],
    tokens: Tokens,
    parts: Part | Iterable[Part],
    positions: Positions | None = None,
) -> Replacement:
    """Put 0 in place of what parts write."""
    which = belonging(problem, parts)
    values = dict.fromkeys(which, torch.zeros((), device=problem.device))
    return Replacement(which, lambda rows: values, chosen(positions, tokens.to(problem.device)))


def means(
    problem: Problem[Any],
    tokens: Tokens,
    parts: Part | Iterable[Part],
    positions: Positions | None = None,
    reference: Int[Tensor, "reference n_ctx"] | None = None,
) -> Replacement:
    """Put the mean over reference inputs in place of what parts write, position by position."""
    which = belonging(problem, parts)
    values = mean_values(problem, tokens if reference is None else reference, which)
    return Replacement(which, lambda rows: values, chosen(positions, tokens.to(problem.device)))


def others(
    problem: Problem[Any],
    tokens: Tokens,
    other: Int[Tensor, "other n_ctx"],
    parts: Part | Iterable[Part],
    positions: Positions | None = None,
) -> Replacement:
    """Put what parts write when the model reads another sequence in place of what they write.

    Raises:
        ValueError: if there is not one other sequence for each, of the same length.
    """
    if other.shape != tokens.shape:
        raise ValueError(
            f"other sequences of shape {tuple(other.shape)} for sequences of shape "
            f"{tuple(tokens.shape)}; there has to be one for each, of the same length"
        )
    which, other = belonging(problem, parts), other.to(problem.device)
    return Replacement(
        which,
        lambda rows: passing(problem, other[rows], which),
        chosen(positions, tokens.to(problem.device)),
    )


@torch.no_grad()
def mean_values(problem: Problem[Any], reference: Tokens, names: Iterable[str]) -> Values:
    """The mean of what passes hook points over all of some inputs, position by position, in double
    precision.
    """
    names = list(names)
    # In double precision, whatever the model's is: a sum over many batches.
    sums: dict[str, Tensor] = {}
    for part in reference.to(problem.device).split(BATCH):
        for name, value in passing(problem, part, names).items():
            added = value.double().sum(dim=0, keepdim=True)
            sums[name] = sums[name] + added if name in sums else added
    return {name: total / len(reference) for name, total in sums.items()}


@torch.no_grad()
def passing(
    problem: Problem[Any], batch: Tokens, names: Iterable[str], hooks: Sequence[Hook] = ()
) -> Values:
    """What passes hook points, by their full names, as one batch runs with hooks."""
    names, seen = list(names), {}

    def remember(name: str) -> Hook:
        def keep(value: Tensor, hook: object) -> None:
            seen[name] = value

        return name, keep

    # Behind the others, so that it sees what they put there.
    problem.model.run_with_hooks(batch, fwd_hooks=[*hooks, *map(remember, names)])
    return seen


@torch.no_grad()
def run(
    problem: Problem[Any], tokens: Tokens, replacements: Sequence[Replacement]
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """The logits with replacements; any number of sequences, in batches."""
    tokens = tokens.to(problem.device)
    return torch.cat(
        [
            problem.model.run_with_hooks(
                tokens[rows], fwd_hooks=[hook for each in replacements for hook in each.hooks(rows)]
            )
            for rows in torch.arange(len(tokens), device=problem.device).split(BATCH)
        ]
    )
