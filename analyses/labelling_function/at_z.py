"""Attention at Z, where the model answers, of all points at once.

The query is the same for every point, so a head has one score for each number at X and one for
each at Y: two tables and a constant are all that its attention is made of. Activations are
`[point, ...]`, in the order of `points.every`.
"""

from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.read_out import read_out_mid
from analyses.labelling_function.points import every
from models.labelling_function.task import BLUE, RED, SIDE, LabellingFunction
from models.problem import Problem

X, Y, Z = range(3)
"""The positions of a point."""

Pattern = Float[Tensor, "point head 3"]
"""What each head gives X, Y and Z."""
Written = Float[Tensor, "point head d_head"]
"""What each head reads with a pattern, before `W_O`."""
Resid = Float[Tensor, "point d_model"]
Map = Float[Tensor, "x y"]


@cache
def query(problem: Problem[LabellingFunction]) -> Float[Tensor, "head d_head"]:
    """What the heads ask for at Z."""
    model = problem.model
    return (model.W_E[problem.task.z] + model.W_pos[Z]) @ model.W_Q[0] + model.b_Q[0]


def scores(
    problem: Problem[LabellingFunction],
    keys: Float[Tensor, "key d_model"],
    asked: Float[Tensor, "head d_head"] | None = None,
) -> Float[Tensor, "head key"]:
    """Attention scores that directions of the residual stream get from the query at Z, before
    softmax; `asked` is another query.

    The key bias, if there is one, shifts all scores of a head alike and is left out.
    """
    asked = query(problem) if asked is None else asked
    shown = torch.einsum("km,hmd->hkd", keys, problem.model.W_K[0])
    return torch.einsum("hd,hkd->hk", asked, shown) / problem.architecture.d_head**0.5


def token_scores(problem: Problem[LabellingFunction]) -> Float[Tensor, "head 113"]:
    """Of the numbers' embeddings: token QK. The same at X and at Y."""
    return scores(problem, problem.model.W_E[:SIDE])


def position_scores(
    problem: Problem[LabellingFunction], asked: Float[Tensor, "head d_head"] | None = None
) -> Float[Tensor, "head 3"]:
    """Of the positional embeddings of X, Y and Z: position-only QK."""
    return scores(problem, problem.model.W_pos, asked)


@cache
def pattern(problem: Problem[LabellingFunction]) -> Pattern:
    """Attention probabilities at Z."""
    tokens = every(problem)
    by_token = scores(problem, problem.model.W_E)
    here = by_token[:, tokens] + position_scores(problem)[:, None, :]
    return here.softmax(dim=-1).transpose(0, 1)


@cache
def mean_pattern(problem: Problem[LabellingFunction]) -> Float[Tensor, "head 3"]:
    """Its mean over all points."""
    return pattern(problem).mean(dim=0)


def written(problem: Problem[LabellingFunction], attention: Pattern) -> Written:
    """What heads read at all points with this attention; one pattern serves all points if it is
    expanded.
    """
    model, tokens = problem.model, every(problem)
    read = []
    for position in (X, Y, Z):
        sources = model.W_E + model.W_pos[position]
        values = torch.einsum("tm,hmd->thd", sources, model.W_V[0]) + model.b_V[0]
        read.append(attention[:, :, position, None] * values[tokens[:, position]])
    return torch.stack(read).sum(dim=0)


def resid_mid(problem: Problem[LabellingFunction], heads: Written) -> Resid:
    """The residual stream behind the heads: what they write, and the embeddings of Z."""
    model = problem.model
    added = torch.einsum("phd,hdm->pm", heads, model.W_O[0]) + model.b_O[0]
    return added + model.W_E[problem.task.z] + model.W_pos[Z]


@cache
def resid(problem: Problem[LabellingFunction]) -> Resid:
    """`resid_mid` of the model as it is."""
    return resid_mid(problem, written(problem, pattern(problem)))


def difference_behind(problem: Problem[LabellingFunction], mid: Resid) -> Map:
    """Logit of red less that of blue, of all points, with this in place of `resid_mid`."""
    logits = read_out_mid(problem, mid)
    return (logits[:, RED] - logits[:, BLUE]).reshape(SIDE, SIDE)


def difference_with(problem: Problem[LabellingFunction], attention: Pattern) -> Map:
    """The same, with this in place of the attention pattern."""
    return difference_behind(problem, resid_mid(problem, written(problem, attention)))


def difference_reading(problem: Problem[LabellingFunction], read: Int[Tensor, " point"]) -> Map:
    """The same, if heads look where they would, but read the point of this number: a permutation
    of all points.
    """
    # To read another point with one's own attention is to be that point with this attention.
    lent = pattern(problem)[read.argsort()]
    return difference_with(problem, lent).flatten()[read].reshape(SIDE, SIDE)
