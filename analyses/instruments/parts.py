"""Parts of a model: what writes to the residual stream, and what reads it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

from analyses.instruments.heads import Head, check_head, layer_of
from models.problem import Problem


@dataclass(frozen=True)
class Embedding:
    """What token and position write: their embeddings, added."""

    def __str__(self) -> str:
        return "embedding"


@dataclass(frozen=True)
class Mlp:
    """The MLP of a layer."""

    layer: int

    def __str__(self) -> str:
        return f"MLP {self.layer}"


@dataclass(frozen=True)
class Neurons:
    """Some neurons of the MLP of a layer."""

    layer: int
    numbers: Sequence[int]
    """Within the layer, from 0; a tuple or a range where the part is the key of a mapping."""

    def __str__(self) -> str:
        return "neurons " + ", ".join(f"{self.layer}.{number}" for number in self.numbers)


@dataclass(frozen=True)
class Residual:
    """The residual stream before a layer, with all that was written to it so far; before the
    layer behind the last one, what the unembedding reads.
    """

    layer: int

    def __str__(self) -> str:
        return f"residual stream before layer {self.layer}"


Kind: TypeAlias = Literal["Q", "K", "V"]
"""What a head computes of what it reads: its queries, its keys or its values."""


@dataclass(frozen=True)
class Input:
    """What a head computes its queries, its keys or its values from."""

    head: Head
    kind: Kind

    def __str__(self) -> str:
        return f"{self.kind} of {self.head}"


@dataclass(frozen=True)
class Logits:
    """What is read of the residual stream after the last layer."""

    def __str__(self) -> str:
        return "logits"


Sender: TypeAlias = Embedding | Head | Mlp | Neurons
"""What writes to the residual stream."""
Part: TypeAlias = Sender | Residual
"""What something else can be put in place of."""
Receiver: TypeAlias = Input | Head | Mlp | Neurons | Logits
"""What reads the residual stream; a head stands for its three inputs."""
PartT = TypeVar("PartT", bound=Part)
AnyT = TypeVar("AnyT", bound=Part | Receiver)


def listed(parts: AnyT | Iterable[AnyT]) -> list[AnyT]:
    """One part or several, as a list."""
    # A head is a tuple too.
    if isinstance(parts, Embedding | Head | Mlp | Neurons | Residual | Input | Logits):
        return [parts]
    return list(parts)


def check_part(problem: Problem[Any], part: Part | Receiver) -> None:
    """See to it that a model has a part.

    Raises:
        IndexError: if it does not have the head, the layer or the neuron.
        ValueError: if it has no MLP.
    """
    match part:
        case Head():
            check_head(problem, part)
        case Input():
            check_head(problem, part.head)
        case Residual():
            if part.layer != problem.architecture.n_layers:
                layer_of(problem, part.layer)
        case Mlp() | Neurons():
            layer_of(problem, part.layer)
            if problem.architecture.attn_only:
                raise ValueError(f"{problem.card.slug}: the model is attention-only; it has no MLP")
        case _:
            pass
    if isinstance(part, Neurons):
        n_neurons = problem.architecture.d_mlp or 0
        if wrong := [number for number in part.numbers if not 0 <= number < n_neurons]:
            raise IndexError(f"no neuron {wrong[0]}; the MLP has {n_neurons}, counted from 0")


def residuals(problem: Problem[Any]) -> list[Residual]:
    """The residual stream before each layer, and after the last one."""
    return [Residual(layer) for layer in range(problem.architecture.n_layers + 1)]


def written_at(part: Sender) -> int:
    """How many times the residual stream is written to before a part does, as it were in a model
    with an MLP behind the attention of every layer; -1 for what comes first.
    """
    match part:
        case Embedding():
            return -1
        case Head():
            return 2 * part.layer
        case Mlp() | Neurons():
            return 2 * part.layer + 1


def read_at(problem: Problem[Any], part: Receiver) -> int:
    """The same of what reads: it is reached by what is written at smaller numbers."""
    match part:
        case Head():
            return 2 * part.layer
        case Input():
            return 2 * part.head.layer
        case Mlp() | Neurons():
            return 2 * part.layer + 1
        case Logits():
            return 2 * problem.architecture.n_layers
