"""How the published explanations predict: what heads bring, and what neurons make of it.

Both are the same arithmetic, and differ in what they let through. Heads are taken at their mean
attention, or attend; what they bring is seen by chosen neurons, or by all of them on a few
directions of the residual stream.
"""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.evidence.explanations import Logits, Tables, Tokens, kept
from analyses.labelling_function.at_z import mean_pattern, position_scores, scores
from analyses.labelling_function.embeddings.directions import of_resid
from analyses.labelling_function.neurons.families import FAMILIES, families
from analyses.labelling_function.rivals.knockouts import other_number
from models.labelling_function.task import BLUE, RED, SIDE, LabellingFunction
from models.problem import Problem

STEP = 0.01
"""In which scores and logits are written down. In steps five times as coarse, sixteen neurons lose
a twentieth of the answers: many small roundings add up."""
COORDINATE_STEP = 0.02
"""In which numbers are that are multiplied with each other: coordinates on directions, what neurons
read there, shares of heads."""
Of = Problem[LabellingFunction]


class Reader(NamedTuple):
    """What works on the residual stream behind the heads, in logits of red over blue."""

    into: Float[Tensor, "d_model neuron"]
    """Weights, each times what a unit of the neuron's activation adds, in size."""
    bias: Float[Tensor, " neuron"]
    sign: Float[Tensor, " neuron"]
    """Red, or blue."""
    family: Int[Tensor, " neuron"]
    """Of the `FAMILIES`; one more than there are if it has none."""


def difference_of_classes(problem: Of) -> Float[Tensor, " d_model"]:
    """The direction of the residual stream that tells red from blue."""
    return problem.model.W_U[:, RED] - problem.model.W_U[:, BLUE]


def reader(problem: Of, neurons: list[int]) -> Reader:
    """These neurons."""
    model = problem.model
    weight = model.W_out[0][neurons] @ difference_of_classes(problem)
    family = torch.full((problem.architecture.d_mlp or 0,), len(FAMILIES))
    for number, members in enumerate(families(problem).values()):
        family[members] = number
    return Reader(
        model.W_in[0][:, neurons] * weight.abs(),
        model.b_in[0][neurons] * weight.abs(),
        weight.sign(),
        family[neurons].to(problem.device),
    )


def that_fire(problem: Of) -> list[int]:
    """The neurons that fire at some point."""
    return [neuron for members in families(problem).values() for neuron in members]


def with_direct_path(problem: Of, of: Reader) -> Reader:
    """The same with what goes past the MLP, as if two neurons carried it: where it is above zero,
    and where it is below.
    """
    model, past = problem.model, difference_of_classes(problem)
    level = model.b_out[0] @ past + model.b_U[RED] - model.b_U[BLUE]
    none = of.family.new_full((2,), len(FAMILIES))
    return Reader(
        torch.cat([of.into, past[:, None], -past[:, None]], dim=1),
        torch.cat([of.bias, torch.stack([level, -level])]),
        torch.cat([of.sign, torch.tensor([1.0, -1.0], device=past.device)]),
        torch.cat([of.family, none]),
    )


# What heads bring


class Brought(NamedTuple):
    """What each head brings for a unit of its attention."""

    token: Float[Tensor, "head 113 into"]
    place: Float[Tensor, "head 3 into"]
    """Of the positions of X and Y; at the last, of all that Z is."""
    rest: Float[Tensor, " into"]
    """What is there anyway."""


def brought(problem: Of, into: Float[Tensor, "d_model into"]) -> Brought:
    """Through the OV circuits, and on to what reads it."""
    model = problem.model
    through = model.W_V[0] @ model.W_O[0] @ into
    at_z = model.W_E[-1] + model.W_pos[-1]
    places = torch.stack([model.W_pos[0], model.W_pos[1], at_z])
    # A bias of values is read with a weight of 1 in all.
    bias = torch.einsum("hd,hdm->m", model.b_V[0], model.W_O[0]) + model.b_O[0]
    return Brought(model.W_E[:SIDE] @ through, places @ through, (at_z + bias) @ into)


def mean_tables(problem: Of, into: Float[Tensor, "d_model into"]) -> dict[str, Tensor]:
    """Extended embeddings of X and of Y with every head at its mean attention, and which share of
    what X, and Y, brings is each head's: of how it varies, by least squares.
    """
    given, attention = brought(problem, into), mean_pattern(problem)
    each = torch.einsum("hp,htn->hptn", attention[:, :2], given.token)
    level = torch.einsum("hp,hpn->n", attention, given.place) + given.rest
    varies = (each - each.mean(dim=2, keepdim=True)).flatten(2)
    whole = varies.sum(dim=0)
    share = (varies * whole).sum(dim=2) / whole.square().sum(dim=1)
    of_x, of_y = each.sum(dim=0)
    return {"x": of_x, "y": of_y + level, "share": share}


def attending_tables(problem: Of, into: Float[Tensor, "d_model into"]) -> dict[str, Tensor]:
    """What each head scores, relative to Z, and brings."""
    given = brought(problem, into)
    of_places = position_scores(problem)
    of_z = scores(problem, problem.model.W_E[-1:]) + of_places[:, 2:]
    return {
        "score": scores(problem, problem.model.W_E[:SIDE]),
        "place_score": of_places[:, :2] - of_z,
        "token": given.token,
        "place": given.place,
        "rest": given.rest,
    }


def bring_the_mean(
    tokens: Tokens, tables: Tables, intervention: str
) -> Float[Tensor, "batch into"]:
    """Add up what X and what Y brings."""
    if intervention in ("X", "Y"):
        tokens = other_number(tokens, "XY".index(intervention))
    brought = []
    for place, name in enumerate("xy"):
        table = tables[name]
        if intervention[:2] == "0.":
            # Without a head there is less by its share, but for its mean.
            lost = tables["share"][int(intervention[2:]), place]
            table = table - lost * (table - table.mean(dim=0))
        brought.append(table[tokens[:, place]])
    return brought[0] + brought[1]


def bring_by_attending(
    tokens: Tokens, tables: Tables, intervention: str
) -> Float[Tensor, "batch into"]:
    """Let each head attend to X, Y and Z, and add up what it reads there."""
    score = tables["score"][:, tokens[:, :2]] + tables["place_score"][:, None]
    attention = torch.cat([score, torch.zeros_like(score[..., :1])], dim=2).softmax(dim=2)
    if intervention == "attention":
        attention = attention.mean(dim=1, keepdim=True).expand_as(attention)
    if intervention in ("X", "Y"):
        tokens = other_number(tokens, "XY".index(intervention))
    total = tables["rest"]
    for head, weights in enumerate(attention):
        of_points = tables["token"][head][tokens[:, :2]]
        read = torch.einsum("bp,bpn->bn", weights[:, :2], of_points)
        read = read + weights @ tables["place"][head]
        total = total + (read.mean(dim=0) if intervention == f"0.{head}" else read)
    return total


# What is made of it


def neuron_tables(of: Reader) -> dict[str, Tensor]:
    """Neurons that see everything."""
    return {"sign": of.sign, "family": of.family, "bias": of.bias}


def direction_tables(of: Reader, onto: Float[Tensor, "d_model kept"]) -> dict[str, Tensor]:
    """Neurons that see some directions only."""
    return neuron_tables(of) | {"in": onto.T @ of.into}


def add_up(brought: Float[Tensor, "batch into"], tables: Tables, intervention: str) -> Logits:
    """Let neurons work on what was brought, and add up what they paint."""
    if "in" in tables:
        brought = brought @ tables["in"]
    painted = (brought + tables["bias"]).relu()
    left = tables["family"] != -1
    if intervention[-4:] == " off":
        left = tables["family"] != FAMILIES.index(intervention[:-4])
    red = painted @ (tables["sign"] * left)
    return torch.stack([torch.zeros_like(red), red], dim=1)[:, None]


@cache
def principal(problem: Of, n: int) -> Float[Tensor, "d_model kept"]:
    """The first `n` principal directions of `resid_mid`."""
    return of_resid(problem).directions[:n].T


def off_the_mean(problem: Of, onto: Float[Tensor, "d_model kept"], of: Reader) -> Reader:
    """Neurons to which the residual stream off some directions is always at its mean."""
    mean = of_resid(problem).mean
    return of._replace(bias=of.bias + (mean - onto @ (onto.T @ mean)) @ of.into)


def written_down(tables: dict[str, Tensor]) -> dict[str, Tensor]:
    """All real numbers in steps."""
    found = dict(tables)
    for name, table in tables.items():
        if name in ("sign", "family"):
            continue
        in_logits = "in" not in tables and name != "share"
        step = STEP if in_logits or name in ("score", "place_score") else COORDINATE_STEP
        found[name] = kept(table, step)
    return found
