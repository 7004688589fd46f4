"""The model with some part taken out, exchanged, or done by another part."""

from dataclasses import replace
from functools import cache

import torch

from analyses.cumulative_sum.neurons import at_zero
from analyses.evidence.bounds import float64
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem

MLP, U = "blocks.0.mlp", "unembed"


@cache
def without_mlp(problem: Problem[CumulativeSum]) -> Problem[CumulativeSum]:
    """The model with an MLP that writes nothing."""
    nothing = {
        name: torch.zeros_like(problem.weights[name]) for name in (f"{MLP}.W_out", f"{MLP}.b_out")
    }
    return problem.with_weights(dict(problem.weights) | nothing)


@cache
def folded(problem: Problem[CumulativeSum]) -> Problem[CumulativeSum]:
    """The model without its MLP, whose work the unembedding does.

    Neurons that fire at a mean of zero, after twenty values of which the last is 0, are taken to
    be linear, the others to be silent: `W_U + W_in W_out W_U` in place of `W_U`, biases likewise.
    Nothing is fitted.
    """
    weights = float64(problem)
    last = problem.task.encode([[0] * problem.task.length])
    fire = (at_zero(problem, last)[0, -1] > 0).cpu()
    w_out = weights[f"{MLP}.W_out"] * fire.unsqueeze(1)
    w_u = weights[f"{U}.W_U"]
    w_folded = w_u + weights[f"{MLP}.W_in"] @ w_out @ w_u
    written = weights[f"{MLP}.b_in"] @ w_out + weights[f"{MLP}.b_out"]
    unembedding = {f"{U}.W_U": w_folded, f"{U}.b_U": weights[f"{U}.b_U"] + written @ w_u}
    changed = {name: tensor.float() for name, tensor in unembedding.items()}
    silent = without_mlp(problem)
    return silent.with_weights(dict(silent.weights) | changed)


@cache
def largest_exchanged(problem: Problem[CumulativeSum]) -> Problem[CumulativeSum]:
    """The model with the embeddings of its two largest values exchanged: nearly right."""
    embeddings = problem.weights["embed.W_E"]
    order = list(range(len(embeddings)))
    order[-2:] = order[:-3:-1]
    return problem.with_weights(dict(problem.weights) | {"embed.W_E": embeddings[order]})


@cache
def short(problem: Problem[CumulativeSum]) -> Problem[CumulativeSum]:
    """The same model, asked about sequences of up to twelve values only."""
    return replace(problem, task=replace(problem.task, length=12))
