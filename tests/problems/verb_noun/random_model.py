"""Models of the language's shape with random weights, and their card."""

from pathlib import Path

import torch

from models import checkpoint
from models.card import Activation, Architecture, Card, read_card, write_card
from models.problem import Problem, assemble
from models.transformer import initialise
from models.verb_noun.task import VerbNoun, task

CPU = torch.device("cpu")


def architecture(
    act_fn: Activation | None = "solu_ln", n_heads: int = 8, d_mlp: int = 12
) -> Architecture:
    """Small, with eight heads or fewer."""
    language = task()
    return Architecture(
        n_layers=1,
        n_heads=n_heads,
        d_model=16,
        d_head=2,
        d_mlp=d_mlp,
        act_fn="solu_ln",
        d_vocab=language.d_vocab,
        d_vocab_out=language.d_vocab_out,
        n_ctx=language.n_ctx,
        normalization="LN",
    ).with_activation(act_fn)


def card(sizes: Architecture) -> Card:
    """Of a model that was never trained."""
    given = {"slug": "verb_noun", "title": "Verb to Noun", "architecture": sizes}
    nothing = {"weights": None, "expected": None, "embedding_rows": None}
    return read_card("sorted_list").model_copy(update=given | nothing)


def weights(sizes: Architecture) -> dict[str, torch.Tensor]:
    """Random ones, biases and scales among them."""
    generator = torch.Generator().manual_seed(3)
    state = initialise(sizes, 1, CPU).state_dict()
    return {
        name: tensor + 0.3 * torch.randn(tensor.shape, generator=generator)
        for name, tensor in checkpoint.named(state, sizes.n_heads).items()
    }


def random_model(
    act_fn: Activation | None = "solu_ln", n_heads: int = 8, d_mlp: int = 12
) -> Problem[VerbNoun]:
    """A problem with such a model."""
    sizes = architecture(act_fn, n_heads, d_mlp)
    return assemble(card(sizes), task(), sizes, weights(sizes), None, CPU)


def written(folder: Path) -> Path:
    """A folder such as `models/` with the card, and a checkpoint beside it, whose path it is."""
    (folder / "verb_noun").mkdir()
    sizes = architecture()
    write_card(card(sizes), folder)
    checkpoint.write(weights(sizes), folder / "other.safetensors")
    return folder / "other.safetensors"
