"""The principal directions of `resid_mid`, and what the model answers projected on them."""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.labelling_function.at_z import difference_behind, resid
from analyses.labelling_function.embeddings.extended import contributions
from models.labelling_function.task import BLUE, RED, SIDE, LabellingFunction
from models.problem import Problem

BINS = 10


class Principal(NamedTuple):
    """Principal components of some vectors."""

    mean: Float[Tensor, " d_model"]
    shares: Float[Tensor, " component"]
    """Of the variance, largest first."""
    directions: Float[Tensor, "component d_model"]
    """Of length 1, at right angles."""


def principal(vectors: Float[Tensor, "case d_model"]) -> Principal:
    """Principal components, each pointing to where its largest coordinate is positive."""
    mean = vectors.mean(dim=0)
    centred = (vectors - mean).double()
    values, columns = torch.linalg.eigh(centred.T @ centred)
    values, rows = values.flip(0).clamp_min(0), columns.T.flip(0)
    signs = rows.gather(1, rows.abs().argmax(dim=1, keepdim=True)).sign()
    return Principal(mean, values / values.sum(), (rows * signs).to(vectors.dtype))


@cache
def of_resid(problem: Problem[LabellingFunction]) -> Principal:
    """Of `resid_mid` at Z over all points."""
    return principal(resid(problem))


def of_numbers(problem: Problem[LabellingFunction], position: int) -> Principal:
    """Of what the numbers at X (0) or Y (1) add to it through heads at their mean attention."""
    return principal(contributions(problem)[position, :SIDE])


def projected(
    problem: Problem[LabellingFunction], directions: Float[Tensor, "kept d_model"]
) -> Float[Tensor, "x y"]:
    """Logit of red less that of blue, if of what `resid_mid` has beyond its mean only the part
    along these directions is left. They are made orthonormal first.
    """
    basis = torch.linalg.qr(directions.T).Q
    mid, mean = resid(problem), of_resid(problem).mean
    return difference_behind(problem, mean + (mid - mean) @ basis @ basis.T)


def drawn_plane(
    problem: Problem[LabellingFunction], kept: int, generator: torch.Generator
) -> Float[Tensor, "kept d_model"]:
    """Random directions, the likelier the more `resid_mid` varies along them: differences of two
    random points each.
    """
    mid = resid(problem)
    pairs = torch.randint(len(mid), (2, kept), generator=generator)
    return mid[pairs[0]] - mid[pairs[1]]


class Slopes(NamedTuple):
    """How fast the logit of red less that of blue changes along two directions, at all points."""

    coordinates: Float[Tensor, "point 2"]
    """Of points, from the mean."""
    slopes: Float[Tensor, "point 2"]
    """Logits for each unit of length, through the MLP alone."""


def slopes(problem: Problem[LabellingFunction], plane: Float[Tensor, "2 d_model"]) -> Slopes:
    """The MLP's derivative along two directions at right angles, exact: which neurons fire at a
    point says what it is there.
    """
    model, mid = problem.model, resid(problem)
    readout = model.W_out[0] @ (model.W_U[:, RED] - model.W_U[:, BLUE])
    firing = mid @ model.W_in[0] + model.b_in[0] > 0
    each = (plane @ model.W_in[0]) * readout
    return Slopes((mid - of_resid(problem).mean) @ plane.T, firing.to(mid.dtype) @ each.T)


def by_bin(found: Slopes, gate: int) -> Float[Tensor, " bin"]:
    """The mean size of the slope along the other coordinate, in ten bins of equally many points by
    coordinate `gate`.
    """
    order = found.coordinates[:, gate].argsort()
    bins = found.slopes[order, 1 - gate].abs().double().tensor_split(BINS)
    return torch.stack([values.mean() for values in bins])


def gating(found: Slopes, gate: int) -> float:
    """How many times as steep the MLP is along the other coordinate where this one opens it as
    where it shuts it: the greatest over the least of `by_bin`.

    1 is no gate: a linear map is as steep everywhere.
    """
    means = by_bin(found, gate)
    return float(means.max() / means.min().clamp_min(torch.finfo(means.dtype).tiny))
