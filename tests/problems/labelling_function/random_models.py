"""Small models of the task with random weights, biases included."""

import torch
from torch import Tensor

from models import checkpoint
from models.card import Architecture, read_card
from models.labelling_function.task import LabellingFunction
from models.problem import Problem, _assemble
from models.transformer import initialise

CPU = torch.device("cpu")


def random_weights(sizes: Architecture, seed: int) -> dict[str, Tensor]:
    """Normal entries everywhere."""
    state = initialise(sizes, 0, CPU).state_dict()
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(tensor.shape, generator=generator)
        for name, tensor in checkpoint.named(state, sizes.n_heads).items()
    }


def random_model(seed: int, queries: float = 1.0) -> Problem[LabellingFunction]:
    """A problem with random weights; those of queries times `queries`, so that 0 makes attention
    the same for all points."""
    task = LabellingFunction()
    sizes = Architecture(
        n_layers=1,
        n_heads=3,
        d_model=8,
        d_head=2,
        d_mlp=6,
        act_fn="relu",
        d_vocab=task.d_vocab,
        d_vocab_out=task.d_vocab_out,
        n_ctx=task.n_ctx,
        normalization=None,
    )
    weights = random_weights(sizes, seed)
    for name in ("blocks.0.attn.W_Q", "blocks.0.attn.b_Q"):
        weights[name] = weights[name] * queries
    card = read_card("labelling_function").model_copy(update={"architecture": sizes})
    return _assemble(card, task, sizes, weights, None, CPU)
