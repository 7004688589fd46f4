"""What each neuron adds to the logit of red less that of blue, as a map of all points.

A formula of the weights, without running the model: one query, at Z, reads three tokens, each of
which is known once X and Y are.
"""

from functools import cache
from math import sqrt

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from models.labelling_function.task import BLUE, RED, SIDE, LabellingFunction
from models.problem import Problem

Maps = Float[Tensor, "neuron x y"]


@cache
@torch.no_grad()
def resid_mid(problem: Problem[LabellingFunction]) -> Float[Tensor, "x y d_model"]:
    """The residual stream at Z after attention, in double precision."""
    model = problem.model
    W_E, W_pos = model.W_E.double(), model.W_pos.double()
    W_Q, W_K = model.W_Q[0].double(), model.W_K[0].double()
    W_OV = model.W_V[0].double() @ model.W_O[0].double()
    at_z = W_E[problem.task.z] + W_pos[2]
    query = (at_z @ W_Q + model.b_Q[0].double()) / sqrt(W_Q.shape[-1])
    # Of X every value, of Y every value, and Z itself.
    read = (W_E[:SIDE] + W_pos[0], W_E[:SIDE] + W_pos[1], at_z[None])
    asked = (W_K @ query[:, :, None])[..., 0]
    scores = [asked @ tokens.T for tokens in read]
    of_x, of_y, of_z = (tokens @ W_OV for tokens in read)
    every = (len(W_Q), SIDE, SIDE)
    pattern = torch.stack(
        [
            scores[0][:, :, None].expand(every),
            scores[1][:, None, :].expand(every),
            scores[2][:, :, None].expand(every),
        ]
    ).softmax(dim=0)
    # Row by row what X adds, column by column what Y does.
    written = pattern[0].permute(1, 2, 0) @ of_x.transpose(0, 1)
    written += (pattern[1].permute(2, 1, 0) @ of_y.transpose(0, 1)).transpose(0, 1)
    written += pattern[2].permute(1, 2, 0) @ of_z[:, 0]
    # A bias of values is read with a weight of 1 in all, and one of keys changes no pattern.
    bias = (model.b_V[0].double()[:, None] @ model.W_O[0].double()).sum(dim=0)[0]
    return at_z + written + bias + model.b_O[0].double()


@cache
@torch.no_grad()
def effects(problem: Problem[LabellingFunction]) -> Maps:
    """Activation at Z times `W_out (W_U[:, red] - W_U[:, blue])`, in logits, on the CPU."""
    model = problem.model
    W_U = model.W_U.double()
    weight = model.W_out[0].double() @ (W_U[:, RED] - W_U[:, BLUE])
    # Sets of neurons are summed by the thousand: each neuron's map in one piece.
    resid = resid_mid(problem).flatten(0, 1).T
    before = torch.addmm(model.b_in[0].double()[:, None], model.W_in[0].double().T, resid)
    maps = before.relu_().mul_(weight[:, None]).to(torch.float32)
    return maps.unflatten(1, (SIDE, SIDE)).cpu()


@cache
def strengths(problem: Problem[LabellingFunction]) -> Float[Tensor, " neuron"]:
    """The largest effect of each neuron at any point, in size, in logits."""
    return effects(problem).abs().amax(dim=(1, 2))


@cache
def norms(problem: Problem[LabellingFunction]) -> Float[Tensor, " neuron"]:
    """The root mean square of each neuron's effect over all points, in logits."""
    return effects(problem).square().mean(dim=(1, 2)).sqrt()


@cache
@torch.no_grad()
def rest(problem: Problem[LabellingFunction]) -> Float[Tensor, "x y"]:
    """What the model's difference of logits has without its neurons, on the CPU: direct path,
    heads and biases.
    """
    model = problem.model
    resid = resid_mid(problem) + model.b_out[0].double()
    logits = resid @ model.W_U.double() + model.b_U.double()
    return (logits[..., RED] - logits[..., BLUE]).to(torch.float32).cpu()


@cache
def whole(problem: Problem[LabellingFunction]) -> Float[Tensor, "x y"]:
    """Logit of red less that of blue, on the CPU: the sum of all effects and the rest."""
    return effects(problem).sum(dim=0) + rest(problem)


@cache
def says_red(problem: Problem[LabellingFunction]) -> Bool[Tensor, "x y"]:
    """What the model answers, on the CPU."""
    return whole(problem) > 0
