"""What is done to the model, and explanations have to foresee: computed at Z, where alone it
answers, from the weights.
"""

from collections.abc import Callable
from functools import cache, partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.interventions import Intervention
from analyses.labelling_function.at_z import Map, difference_reading
from analyses.labelling_function.attention.fixed import at_mean
from analyses.labelling_function.attention.heads import without as heads_averaged
from analyses.labelling_function.neurons.families import families
from analyses.labelling_function.neurons.off import without as neurons_off
from analyses.labelling_function.points import every
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem

STEP = 50
"""How far away, counted round, another number is: about half of all, and each is some other's."""
Tokens = Int[Tensor, "batch n_ctx"]
Of = Problem[LabellingFunction]


def other_number(tokens: Tokens, position: int) -> Tokens:
    """The same points with another number at X (0) or at Y (1)."""
    changed = tokens.clone()
    changed[:, position] = (tokens[:, position] + STEP) % SIDE
    return changed


def family_off(family: str, problem: Of) -> Map:
    """With all neurons switched off that paint the same, however little."""
    return neurons_off(problem, [families(problem)[family]])[0].to(problem.device)


def another_read(position: int, problem: Of) -> Map:
    """Where heads look for X, or Y, as they would, but read another number there."""
    read = problem.task.keys(other_number(every(problem), position))
    return difference_reading(problem, read)


def at_points(
    change: Callable[[Of], Map], problem: Of, tokens: Tokens
) -> Float[Tensor, "batch n_ctx 2"]:
    """A map as logits of some points, blue's 0, nothing where nothing is asked."""
    red = change(problem)[tokens[:, 0], tokens[:, 1]]
    logits = torch.zeros(*tokens.shape, 2, device=red.device)
    logits[:, -1, 1] = red
    return logits


@cache
def knockouts(problem: Of) -> list[Intervention]:
    """A family of neurons off; attention at its mean; heads that read another row's X, or another
    column's Y; a head at its mean.
    """
    changes: list[tuple[str, str, Callable[[Of], Map]]] = [
        (f"{name} off", f"neurons that paint {name} off", partial(family_off, name))
        for name, members in families(problem).items()
        if members
    ]
    changes += [
        ("attention", "attention fixed to its mean", at_mean),
        ("X", "another X is read", partial(another_read, 0)),
        ("Y", "another Y is read", partial(another_read, 1)),
    ]
    changes += [
        (f"0.{head}", f"head 0.{head} mean ablated", partial(heads_averaged, heads=(head,)))
        for head in range(problem.architecture.n_heads)
    ]
    return [Intervention(name, what, partial(at_points, change)) for name, what, change in changes]
