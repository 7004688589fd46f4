"""A model of the task that is small enough for tests, with random weights."""

import torch

from models import checkpoint
from models.card import Architecture, read_card
from models.labelling_function.task import LabellingFunction, task
from models.problem import Problem, assemble
from models.transformer import initialise

CPU = torch.device("cpu")


def small_model(
    d_mlp: int = 12, seed: int = 3, d_model: int = 8, d_head: int = 4
) -> Problem[LabellingFunction]:
    """Two heads, few dimensions; every weight of the size that training gives."""
    card = read_card("labelling_function")
    sizes = card.architecture.model_dump() | {
        "n_heads": 2,
        "d_model": d_model,
        "d_head": d_head,
        "d_mlp": d_mlp,
    }
    architecture = Architecture.model_validate(sizes)
    state = checkpoint.named(initialise(architecture, 0, CPU).state_dict(), 2)
    generator = torch.Generator().manual_seed(seed)
    # Biases of the MLP start at zero, which would hide one that is left out.
    weights = {
        name: torch.randn(tensor.shape, generator=generator) / 2 for name, tensor in state.items()
    }
    return assemble(card, task(), architecture, weights, None, CPU)


def looking_nowhere(problem: Problem[LabellingFunction]) -> Problem[LabellingFunction]:
    """The model without queries: its attention is even, whatever it reads."""
    names = ("blocks.0.attn.W_Q", "blocks.0.attn.b_Q")
    none = {name: torch.zeros_like(problem.weights[name]) for name in names}
    return problem.with_weights(dict(problem.weights) | none)
