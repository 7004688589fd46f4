"""The card of a problem: all that is known about it, next to its weights.

This module imports no torch, so that pages can be rendered from cards without it.
"""

import hashlib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from models.errors import CardError, CheckpointError

MODELS = Path(__file__).parent
FRESH_SEED = 1_000_003
"""Of the sequences that `Expected` is measured on; anything but the seeds of the recipes."""

Rows = Literal["ascending", "wrapped"]
"""How the embeddings of whole numbers from -m to m lie in a checkpoint: -m .. m, or 0 .. m, then
-m .. -1, as a model stores them that was trained on the numbers themselves as token ids, which
Python counts from the end where they are negative."""


Activation = Literal["relu", "gelu", "solu_ln"]
"""What neurons do with what they read, in TransformerLens's names; `solu_ln` is SoLU with a
LayerNorm over all neurons behind it (Elhage et al. 2022)."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Architecture(_Strict):
    """Sizes of the transformer, in TransformerLens's names."""

    n_layers: PositiveInt
    n_heads: PositiveInt
    d_model: PositiveInt
    d_head: PositiveInt
    d_mlp: PositiveInt | None
    """Neurons of each MLP; null for an attention-only model."""
    act_fn: Activation | None
    d_vocab: PositiveInt
    d_vocab_out: PositiveInt
    n_ctx: PositiveInt
    normalization: Literal["LN"] | None
    attention_biases: bool = True
    """Whether attention layers learn biases; where they do not, these stay zero."""

    @property
    def attn_only(self) -> bool:
        """Whether the model has no MLP."""
        return self.d_mlp is None

    def with_activation(self, act_fn: Activation | None) -> "Architecture":
        """The same sizes with another activation; None: attention-only.

        Raises:
            ValueError: if an attention-only model is to have an activation.
        """
        if act_fn is not None and self.d_mlp is None:
            raise ValueError(f"{act_fn} was asked of a model without an MLP; give it a d_mlp")
        d_mlp = None if act_fn is None else self.d_mlp
        return self.model_copy(update={"act_fn": act_fn, "d_mlp": d_mlp})


class Training(_Strict):
    """The recipe that made the checkpoint."""

    command: str
    seed: int
    n_sequences: PositiveInt
    epochs: PositiveInt
    batch_size: PositiveInt
    optimizer: Literal["Adam", "AdamW"]
    """How weight decay is meant: as part of the gradient (Adam), or beside it (AdamW)."""
    lr: PositiveFloat
    """Learning rate of the first step."""
    lr_final: PositiveFloat
    """Learning rate of the last step; linear in between."""
    weight_decay: Annotated[float, Field(ge=0)]
    stopped_after: PositiveInt | None = None
    """Optimiser steps after which training was ended on purpose, of all that were planned; the
    learning rate is that of the plan. Null: it ran to the end."""

    @model_validator(mode="after")
    def _stopped_early(self) -> "Training":
        steps = self.stopped_after
        if steps is not None and (steps % self.steps_per_epoch or steps >= self.steps_planned):
            raise ValueError(
                f"stopped_after is {steps}, expected whole epochs of {self.steps_per_epoch} steps "
                f"and fewer than the {self.steps_planned} planned; null if it ran to the end."
            )
        return self

    @property
    def steps_per_epoch(self) -> int:
        """Optimiser steps in one pass over the training sequences."""
        return -(-self.n_sequences // self.batch_size)

    @property
    def steps_planned(self) -> int:
        """Optimiser steps in all epochs; the learning rate falls over so many."""
        return self.epochs * self.steps_per_epoch

    @property
    def epochs_run(self) -> int:
        """Epochs after which training ends."""
        return (self.stopped_after or self.steps_planned) // self.steps_per_epoch


class Weights(_Strict):
    """The checkpoint file that the card belongs to."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.safetensors$")]
    """Beside the card."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: PositiveInt


class Expected(_Strict):
    """The numbers one should get on fresh sequences, as the trainer measured them."""

    n_sequences: PositiveInt
    accuracy: Annotated[float, Field(ge=0, le=1)]
    loss: Annotated[float, Field(ge=0)]
    """In nats."""


class Origin(_Strict):
    """Who posed the problem first, and where."""

    author: str
    title: str
    url: HttpUrl


class Card(_Strict):
    """Everything about one month's problem that is not its weights."""

    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    number: PositiveInt
    """Its number on the site, counted as problems are added, whatever their months: a number that
    was published stays, and no two problems share one."""
    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
    state: Literal["open", "solved"]
    """While a problem is open, nothing of its solution is published."""
    deadline: date | None = None
    """Last day for submissions; an open problem has one."""
    difficulty: str
    summary: str
    question: str
    origin: Origin
    licence: str
    architecture: Architecture
    embedding_rows: Rows | None = None
    """How the rows of `embed.W_E` lie in checkpoints of the task, unless one says otherwise;
    null where tokens do not stand for numbers of either sign."""
    training: Training
    weights: Weights | None
    """Null until the trainer has written a checkpoint."""
    expected: Expected | None

    @model_validator(mode="after")
    def _open_until(self) -> "Card":
        if self.state == "open" and self.deadline is None:
            raise ValueError(
                "an open problem needs a deadline, the last day for submissions, such as "
                f'"deadline": "{self.month}-28"'
            )
        return self


def slugs(models: Path = MODELS) -> list[str]:
    """The slugs of all problems, newest month first.

    Raises:
        CardError: if a card is faulty, or two have one number.
    """
    cards = [read_card(path.parent.name, models) for path in models.glob("*/card.json")]
    for number, times in Counter(card.number for card in cards).items():
        if times > 1:
            sharing = sorted(card.slug for card in cards if card.number == number)
            raise CardError(
                f"No. {number} is the number of {' and '.join(sharing)}; the one that was added "
                f"last gets the next that is free, {next_number(models)}."
            )
    return [card.slug for card in sorted(cards, key=lambda card: card.month, reverse=True)]


def next_number(models: Path = MODELS) -> int:
    """The number of the next problem that is added."""
    numbers = [read_card(path.parent.name, models).number for path in models.glob("*/card.json")]
    return max(numbers, default=0) + 1


def read_card(slug: str, models: Path = MODELS) -> Card:
    """Read and check `models/<slug>/card.json`.

    Raises:
        CardError: if there is no such problem (the known ones are named), or a key is
            missing, unknown or malformed (each is named).
    """
    path = models / slug / "card.json"
    if not path.is_file():
        known = ", ".join(sorted(found.parent.name for found in models.glob("*/card.json")))
        raise CardError(f"No problem is called {slug!r}; known problems: {known or 'none'}.")
    try:
        card = Card.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise CardError(f"{path} is not a valid card:\n{faults(error, 'card')}") from error
    if card.slug != slug:
        raise CardError(f"{path}: slug is {card.slug!r}, expected {slug!r}, the folder's name.")
    return card


def faults(error: ValidationError, whole: str) -> str:
    """What is wrong with a file, a line for each key.

    Args:
        error: of pydantic, about the file's content.
        whole: what to name where the fault is not that of a single key.
    """
    return "\n".join(
        f"  {'.'.join(str(part) for part in fault['loc']) or whole}: {fault['msg']}"
        for fault in error.errors()
    )


def write_card(card: Card, models: Path = MODELS) -> None:
    """Write a card to its place, one key a line."""
    path = models / card.slug / "card.json"
    path.write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")


def committed_weights(card: Card, models: Path = MODELS) -> Path:
    """The checkpoint file that belongs to a card.

    Raises:
        CheckpointError: if there is none yet, or the file is not the one the card describes.
    """
    if card.weights is None:
        raise CheckpointError(
            f"{card.slug} has no checkpoint yet; train it: {card.training.command}"
        )
    path = models / card.slug / card.weights.file
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; restore it, or train it anew.")
    if sha256_of(path) != card.weights.sha256:
        raise CheckpointError(
            f"{path}: sha256 is {sha256_of(path)}, the card says {card.weights.sha256}; "
            "restore the file, or name it with --checkpoint to analyse it as another model."
        )
    return path


def sha256_of(path: Path) -> str:
    """Hex digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
