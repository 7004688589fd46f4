"""Sorted lists so short that all of them, in all orders, can be run."""

from itertools import combinations, permutations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.activations import LN_FINAL_SCALE
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import architecture, made_of, shapes

THREE = SortedList(list_length=3, max_value=6)
"""35 lists, 210 with their orders."""


def random_problem(
    seed: int = 0, n_heads: int = 2, scores: float = 0.3, task: SortedList = THREE
) -> Problem[SortedList]:
    """Weights at random, with biases everywhere; the larger scores, the sharper attention.

    Positions and b_U are small beside the rest, as they are in a model that sorts.
    """
    sizes = architecture(task, n_heads=n_heads)
    generator = torch.Generator().manual_seed(seed)
    weights = {
        name: torch.randn(tensor.shape, generator=generator)
        for name, tensor in shapes(sizes).items()
    }
    for name in ("W_Q", "W_K"):
        weights[f"blocks.0.attn.{name}"] *= scores
    weights["pos_embed.W_pos"] *= 0.1
    weights["ln_final.b"] *= 0.01
    weights["unembed.b_U"] *= 0.01
    return made_of(task, sizes, weights)


def all_lists(task: SortedList) -> Int[Tensor, "list n_ctx"]:
    """Every list in every order."""
    chosen = combinations(range(task.max_value + 1), task.list_length)
    return task.encode([order for values in chosen for order in permutations(values)])


def margins(
    problem: Problem[SortedList], tokens: Int[Tensor, "batch n_ctx"]
) -> Float[Tensor, "batch label"]:
    """The answer's margin over the best other class as the model computes it, times `scale`."""
    labels = problem.task.label_positions
    logits, cache = problem.model.run_with_cache(tokens, names_filter=[LN_FINAL_SCALE])
    answers = problem.task.answers(tokens).unsqueeze(-1)
    found = logits[:, labels].double()
    right = found.gather(-1, answers).squeeze(-1)
    others = found.scatter(-1, answers, -torch.inf).amax(dim=-1)
    return (right - others) * cache[LN_FINAL_SCALE][:, labels, 0].double()
