"""A problem as one object: model, task and card, on one device."""

import importlib
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformer_lens.model_bridge import TransformerBridge

from models import checkpoint as checkpoints
from models.card import (
    MODELS,
    Architecture,
    Card,
    Rows,
    committed_weights,
    read_card,
    sha256_of,
)
from models.checkpoint import NamedWeights
from models.errors import CheckpointError, DeviceError
from models.task import Task
from models.training import fresh_sequences
from models.transformer import fold, initialise, with_weights

TaskT = TypeVar("TaskT", bound=Task)

BATCH = 512
"""Sequences per forward pass; bounds the memory of an analysis."""


@dataclass(frozen=True, eq=False)
class Problem(Generic[TaskT]):
    """What every analysis takes as its argument."""

    card: Card
    task: TaskT
    architecture: Architecture
    """Sizes of the model at hand, which another checkpoint may change."""
    weights: NamedWeights
    """The checkpoint as trained, on the CPU."""
    model: TransformerBridge
    """The same model with LayerNorm folded and writes centred (see `transformer.fold`)."""
    sha256: str | None
    """Of the checkpoint file; None for a model that was never saved."""
    device: torch.device
    converted_from: tuple[str, ...] = ()
    """The precisions other than float32 that the checkpoint is stored in, such as `bfloat16`."""

    @property
    def conversion(self) -> str | None:
        """What a reader must know of how the checkpoint was read; None if nothing."""
        if not self.converted_from:
            return None
        how = "rounded" if "float64" in self.converted_from else "converted"
        return (
            f"This checkpoint is stored in {' and '.join(self.converted_from)}. Its weights were "
            f"{how} to float32 when it was read, and everything is computed with those."
        )

    @torch.no_grad()
    def logits(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos d_vocab_out"]:
        """Run the model; any number of sequences, in batches."""
        return torch.cat([self.model(part) for part in tokens.to(self.device).split(BATCH)])

    def fresh(self, n: int, seed: int) -> Int[Tensor, "n n_ctx"]:
        """`n` sequences that the committed model was not trained on, on the model's device."""
        return fresh_sequences(self.task, self.card.training, n, seed).to(self.device)

    def untrained(self, seed: int) -> "Problem[TaskT]":
        """The same task with a model of the same shape that was never trained."""
        model = initialise(self.architecture, seed, self.device)
        return self.with_weights(checkpoints.named(model.state_dict(), self.architecture.n_heads))

    def with_weights(
        self, weights: NamedWeights, architecture: Architecture | None = None
    ) -> "Problem[TaskT]":
        """The same task with other weights on the same device.

        Args:
            weights: under HookedTransformer's names.
            architecture: of which they are, such as
                `problem.architecture.with_activation("gelu")`; its width and number of heads are
                read off the weights. None: exactly this model's.

        Raises:
            CheckpointError: if an entry is unknown, missing or of the wrong shape.
        """
        if architecture is None:
            found = self.architecture
        else:
            origin = f"weights for {self.card.slug}"
            found = checkpoints.architecture_of(weights, architecture, origin)
        return assemble(self.card, self.task, found, weights, None, self.device)


def load_problem(
    slug: str,
    checkpoint: str | PathLike[str] | None,
    device: str,
    models: Path = MODELS,
    rows: Rows | None = None,
    architecture: Architecture | None = None,
) -> Problem[Any]:
    """See `models.load`."""
    card = read_card(slug, models)
    if rows is not None:
        _check_rows(card, checkpoint, rows)
    found = device_named(device)
    task = importlib.import_module(f"models.{slug}.task").task()
    path = Path(checkpoint) if checkpoint is not None else committed_weights(card, models)
    stored = checkpoints.read_stored(path)
    weights = checkpoints.single_precision(stored)
    expected = architecture or card.architecture
    architecture = checkpoints.architecture_of(weights, expected, str(path))
    if (rows or card.embedding_rows) == "wrapped":
        weights = checkpoints.unwrapped(weights)
    problem = assemble(card, task, architecture, weights, sha256_of(path), found)
    return replace(problem, converted_from=checkpoints.converted_from(stored))


def _check_rows(card: Card, checkpoint: str | PathLike[str] | None, rows: Rows) -> None:
    if card.embedding_rows is None:
        raise CheckpointError(
            f"{card.slug}: {rows} rows were asked for, but its tokens do not stand for numbers of "
            "either sign, so that there is one order only; leave the choice out."
        )
    if checkpoint is None:
        raise CheckpointError(
            f"{card.slug}: {rows} rows were asked for, but the card says how those of the "
            "committed checkpoint lie; name another checkpoint, or leave the choice out."
        )


def device_named(name: str) -> torch.device:
    """The device called `cpu` or `cuda`.

    Raises:
        DeviceError: if CUDA is asked for where there is none.
    """
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise DeviceError(
            f"device {name!r} was asked for, but PyTorch {torch.__version__} sees no CUDA device "
            "here; use --device cpu, or a machine with a GPU and a CUDA build of PyTorch."
        )
    return torch.device(name)


def assemble(
    card: Card,
    task: TaskT,
    architecture: Architecture,
    weights: NamedWeights,
    sha256: str | None,
    device: torch.device,
) -> Problem[TaskT]:
    """Put a problem together, its model folded and for reading only.

    Raises:
        CheckpointError: if an entry of the weights is unknown, missing or of the wrong shape.
    """
    origin = f"weights for {card.slug}"
    model = fold(with_weights(architecture, weights, device, origin))
    model.eval().requires_grad_(False)
    return Problem(card, task, architecture, weights, model, sha256, device)
