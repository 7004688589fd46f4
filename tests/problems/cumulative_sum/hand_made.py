"""Models of the task for tests: random ones, and ones whose attention is as it is told."""

import torch
from torch import Tensor

from models import checkpoint
from models.card import Architecture, read_card
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem, assemble
from models.transformer import initialise

CPU = torch.device("cpu")


def architecture(
    task: CumulativeSum, d_model: int = 5, d_head: int = 3, d_mlp: int = 4
) -> Architecture:
    """One layer, one head, a small MLP, no LayerNorm."""
    return Architecture(
        n_layers=1,
        n_heads=1,
        d_model=d_model,
        d_head=d_head,
        d_mlp=d_mlp,
        act_fn="relu",
        d_vocab=task.d_vocab,
        d_vocab_out=task.d_vocab_out,
        n_ctx=task.n_ctx,
        normalization=None,
    )


def random_weights(sizes: Architecture, seed: int, attention: float) -> dict[str, Tensor]:
    """Normal entries everywhere, biases included; those of queries times `attention`, so that
    0 makes attention uniform."""
    state = initialise(sizes, 0, CPU).state_dict()
    generator = torch.Generator().manual_seed(seed)
    weights = {
        name: torch.randn(tensor.shape, generator=generator)
        for name, tensor in checkpoint.named(state, sizes.n_heads).items()
    }
    for name in ("blocks.0.attn.W_Q", "blocks.0.attn.b_Q"):
        weights[name] = weights[name] * attention
    return weights


def made_of(task: CumulativeSum, weights: dict[str, Tensor]) -> Problem[CumulativeSum]:
    """A problem with these weights, which were never saved."""
    d_model, d_head = weights["blocks.0.attn.W_Q"].shape[1:]
    sizes = architecture(task, d_model, d_head, weights["blocks.0.mlp.W_in"].shape[1])
    card = read_card("cumulative_sum").model_copy(update={"architecture": sizes})
    return assemble(card, task, sizes, weights, None, CPU)


def random_problem(task: CumulativeSum, seed: int, attention: float) -> Problem[CumulativeSum]:
    """A problem with random weights."""
    return made_of(task, random_weights(architecture(task), seed, attention))
