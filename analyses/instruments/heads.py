"""Heads and layers, by the names that the field gives them."""

from typing import Any, NamedTuple

from models.problem import Problem


class Head(NamedTuple):
    """An attention head.

    >>> print(Head(1, 0))
    1.0
    """

    layer: int
    number: int
    """Within its layer, from 0."""

    def __str__(self) -> str:
        return f"{self.layer}.{self.number}"


def heads(problem: Problem[Any]) -> list[Head]:
    """All heads, layer by layer: the order of every list of heads over all layers."""
    sizes = problem.architecture
    return [
        Head(layer, number) for layer in range(sizes.n_layers) for number in range(sizes.n_heads)
    ]


def check_head(problem: Problem[Any], head: Head) -> None:
    """See to it that a model has a head.

    Raises:
        IndexError: if it has none of that name.
    """
    sizes = problem.architecture
    if not (0 <= head.layer < sizes.n_layers and 0 <= head.number < sizes.n_heads):
        raise IndexError(
            f"{problem.card.slug} has no head {head}; it has {sizes.n_layers} layers of "
            f"{sizes.n_heads} heads, counted from 0"
        )


def layer_of(problem: Problem[Any], layer: int | None) -> int:
    """The layer that is meant: the given one, or the only one of a model that has one.

    Raises:
        ValueError: if none is given and the model has several.
        IndexError: if the model does not have the given one.
    """
    n_layers = problem.architecture.n_layers
    if layer is None:
        if n_layers > 1:
            raise ValueError(
                f"{problem.card.slug} has {n_layers} layers; say which is meant: layer=0, say"
            )
        return 0
    if not 0 <= layer < n_layers:
        raise IndexError(
            f"{problem.card.slug} has no layer {layer}; it has {n_layers}, counted from 0"
        )
    return layer
