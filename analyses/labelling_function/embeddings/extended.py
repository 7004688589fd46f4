"""Extended embeddings: what a number at X or at Y adds to the input of each neuron."""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.labelling_function.at_z import X, Y, Z, mean_pattern
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem


class Extended(NamedTuple):
    """Terms whose sum `x[X] + y[Y] + rest` is the input of every neuron, if the attention of every
    head is fixed to its mean over all points.
    """

    x: Float[Tensor, "113 neuron"]
    """`W_E W_V W_O W_in`, weighted by the mean attention to X and summed over heads."""
    y: Float[Tensor, "113 neuron"]
    """The same with the mean attention to Y."""
    rest: Float[Tensor, " neuron"]
    """Of positions, Z and biases: the same for all points."""


def contributions(
    problem: Problem[LabellingFunction],
) -> Float[Tensor, "position token d_model"]:
    """What every token at X, Y or Z adds to `resid_mid` through heads at their mean attention:
    `W_E W_V W_O`, weighted and summed over heads. The positional embeddings are left out.
    """
    model = problem.model
    weighted = torch.einsum("hp,hmd,hdn->pmn", mean_pattern(problem), model.W_V[0], model.W_O[0])
    return model.W_E @ weighted


@cache
def extended(problem: Problem[LabellingFunction]) -> Extended:
    """The extended embeddings of a model."""
    model = problem.model
    added = contributions(problem)
    # A bias of values is read with a weight of 1 in all.
    positions = torch.einsum(
        "hp,pm,hmd,hdn->n", mean_pattern(problem), model.W_pos, model.W_V[0], model.W_O[0]
    )
    values = torch.einsum("hd,hdn->n", model.b_V[0], model.W_O[0])
    z = problem.task.z
    always = added[Z, z] + positions + values + model.b_O[0] + model.W_E[z] + model.W_pos[Z]
    return Extended(
        x=added[X, :SIDE] @ model.W_in[0],
        y=added[Y, :SIDE] @ model.W_in[0],
        rest=always @ model.W_in[0] + model.b_in[0],
    )
