"""Points put into classes whose members are said to be alike, and exchanged within them.

Causal scrubbing (Chan et al. 2022) takes a hypothesis at its word: what a part of the model is said
not to distinguish, it may as well get from another input of the same class. A partition into
classes of the same sizes, drawn at random, is what to compare with.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Classes = Int[Tensor, " case"]


def partners(classes: Classes, generator: torch.Generator) -> Classes:
    """For each case another of its class, all orders within a class equally likely: a
    permutation of the cases, so that each serves once.
    """
    drawn = torch.randperm(len(classes), generator=generator)
    # Cases by class, in their own order and in a random one.
    ordered = classes.argsort(stable=True)
    shuffled = drawn[classes[drawn].argsort(stable=True)]
    found = torch.empty_like(ordered)
    found[ordered] = shuffled
    return found


def shuffled(classes: Classes, generator: torch.Generator) -> Classes:
    """A random partition with classes of the same sizes."""
    return classes[torch.randperm(len(classes), generator=generator)]


def combined(*partitions: Classes) -> Classes:
    """The partition in which two cases are alike if they are so in all of these.

    >>> combined(torch.tensor([0, 0, 1, 1]), torch.tensor([5, 7, 7, 7])).tolist()
    [0, 1, 2, 2]
    """
    return torch.stack(partitions).unique(dim=1, return_inverse=True)[1]


def binned(values: Float[Tensor, " case"], bins: int) -> Classes:
    """Cases in order of a value, in so many classes of equally many."""
    found = torch.empty(len(values), dtype=torch.int64)
    found[values.argsort(stable=True).cpu()] = torch.arange(len(values)) * bins // len(values)
    return found
