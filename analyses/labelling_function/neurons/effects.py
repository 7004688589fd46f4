"""What each neuron adds to the logit of red less that of blue, as a map of all points.

A formula of the weights, without running the model (`at_z`).
"""

from functools import cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from analyses.labelling_function.at_z import resid
from models.labelling_function.task import BLUE, RED, SIDE, LabellingFunction
from models.problem import Problem

Maps = Float[Tensor, "neuron x y"]


@cache
@torch.no_grad()
def effects(problem: Problem[LabellingFunction]) -> Maps:
    """Activation at Z times `W_out (W_U[:, red] - W_U[:, blue])`, in logits, on the CPU."""
    model = problem.model
    W_U = model.W_U.double()
    weight = model.W_out[0].double() @ (W_U[:, RED] - W_U[:, BLUE])
    # Sets of neurons are summed by the thousand: each neuron's map in one piece.
    mid = resid(problem).double().T
    before = torch.addmm(model.b_in[0].double()[:, None], model.W_in[0].double().T, mid)
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
    past = (resid(problem) + model.b_out[0]).double()
    logits = past @ model.W_U.double() + model.b_U.double()
    return (logits[:, RED] - logits[:, BLUE]).to(torch.float32).unflatten(0, (SIDE, SIDE)).cpu()


@cache
def whole(problem: Problem[LabellingFunction]) -> Float[Tensor, "x y"]:
    """Logit of red less that of blue, on the CPU: the sum of all effects and the rest."""
    return effects(problem).sum(dim=0) + rest(problem)


@cache
def says_red(problem: Problem[LabellingFunction]) -> Bool[Tensor, "x y"]:
    """What the model answers, on the CPU."""
    return whole(problem) > 0
