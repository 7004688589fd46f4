"""Rival explanations of the Labelling Function model as programs.

The two published ones are written in the best form that was found: both know the extended
embeddings, with the attention of every head at its mean. They differ in what they let through.
Heimersheim and Hobbhahn: two directions of the residual stream between attention and MLP, which
works on them as a whole. RGRGRG: a few neurons, each of which paints a part of the rows.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial

import torch
from analyses.labelling_function.by_hand.plan import by_primitive
from analyses.labelling_function.by_hand.written_down import program as painted_by_hand
from analyses.labelling_function.neurons.chosen import search
from jaxtyping import Float, Int
from torch import Tensor

from analyses.explanations import Explanation, Logits, Program, kept, knowing_the_task
from analyses.interventions import Intervention, ablate_neurons, fix_attention, mean_ablate_head
from analyses.labelling_function.at_z import mean_pattern
from analyses.labelling_function.embeddings.directions import of_resid
from analyses.labelling_function.neurons.families import FAMILIES, families
from analyses.labelling_function.points import trained_on, truth
from analyses.labelling_function.rivals.nearest import known_labels, vote
from analyses.labelling_function.rivals.swapped import other_row, read_of_another
from models.labelling_function.task import BLUE, RED, SIDE, LabellingFunction
from models.problem import Problem

STEP = 0.05
"""In which logits are written down."""
FINE = 0.02
"""In which coordinates and weights are, that are multiplied with each other."""
Tables = Mapping[str, Tensor]
Tokens = Int[Tensor, "batch n_ctx"]
Answers = Int[Tensor, "batch label"]
Of = Problem[LabellingFunction]


# What is done to the model


def family_off(family: str, problem: Of, tokens: Tokens) -> Float[Tensor, "batch pos d_vocab_out"]:
    """The model with the neurons of a family switched off."""
    return ablate_neurons(problem, tokens, families(problem)[family])


def without_head(head: int) -> Callable[[Of, Tokens], Float[Tensor, "batch pos d_vocab_out"]]:
    """The model with what a head writes replaced by its mean."""
    return partial(mean_ablate_head, head=head)


def interventions(problem: Of) -> list[Intervention]:
    """A family of neurons off; attention at its mean; heads that read another row's X, or another
    column's Y, where they look for this one's; a head mean ablated.
    """
    painting = [family for family, members in families(problem).items() if members]
    heads = range(problem.architecture.n_heads)
    return [
        *(
            Intervention(f"{name} off", f"neurons that paint {name} off", partial(family_off, name))
            for name in painting
        ),
        Intervention("attention", "attention fixed to its mean", fix_attention),
        Intervention("X", "heads read another X", partial(read_of_another, position=0)),
        Intervention("Y", "heads read another Y", partial(read_of_another, position=1)),
        *(
            Intervention(f"0.{head}", f"head 0.{head} mean ablated", without_head(head))
            for head in heads
        ),
    ]


# What the programs write down


@cache
def read(problem: Of) -> Float[Tensor, "head 2 113 d_model"]:
    """What each head, at its mean attention, adds to `resid_mid` for every number at X and at Y."""
    model = problem.model
    weighted = torch.einsum(
        "hp,hmd,hdn->hpmn", mean_pattern(problem)[:, :2], model.W_V[0], model.W_O[0]
    )
    return model.W_E[:SIDE] @ weighted


@cache
def ground(problem: Of) -> Float[Tensor, " d_model"]:
    """What is left of `resid_mid`: positions, Z and biases, at mean attention."""
    model, attention = problem.model, mean_pattern(problem)
    sources = model.W_pos + torch.stack([torch.zeros_like(model.W_pos[0])] * 2 + [model.W_E[-1]])
    values = torch.einsum("pm,hmd->hpd", sources, model.W_V[0]) + model.b_V[0][:, None]
    written = torch.einsum("hp,hpd,hdn->n", attention, values, model.W_O[0])
    return written + model.b_O[0] + model.W_E[-1] + model.W_pos[-1]


def shares(problem: Of, onto: Float[Tensor, "d_model into"]) -> Float[Tensor, "head 2"]:
    """Which share each head has in what X, and Y, brings: of how it varies, by least squares."""
    each = read(problem) @ onto
    each = (each - each.mean(dim=2, keepdim=True)).flatten(2)
    whole = each.sum(dim=0)
    return (each * whole).sum(dim=2) / whole.square().sum(dim=1)


def weight_of_neurons(problem: Of) -> Float[Tensor, " neuron"]:
    """What a unit of each neuron's activation adds to the logit of red less that of blue."""
    model = problem.model
    return model.W_out[0] @ (model.W_U[:, RED] - model.W_U[:, BLUE])


def family_of(problem: Of, neurons: list[int]) -> Int[Tensor, " neuron"]:
    """The number of each neuron's family; one more than there are for one that has none."""
    found = torch.full((problem.architecture.d_mlp or 0,), len(FAMILIES))
    for number, members in enumerate(families(problem).values()):
        found[members] = number
    return found[neurons].to(problem.device)


def painted_tables(problem: Of, neurons: list[int], direct: bool) -> dict[str, Tensor]:
    """Extended embeddings of some neurons, in logits of red over blue; with `direct`, also what
    goes past the MLP.
    """
    model = problem.model
    weight = weight_of_neurons(problem)[neurons]
    into = model.W_in[0][:, neurons] * weight.abs()
    rest = ground(problem) @ into + model.b_in[0][neurons] * weight.abs()
    of_x, of_y = read(problem).sum(dim=0) @ into
    found = {
        "x": kept(of_x, STEP),
        "y": kept(of_y + rest, STEP),
        "sign": weight.sign(),
        "family": family_of(problem, neurons),
        "share": kept(shares(problem, into), FINE),
    }
    if direct:
        past = model.W_U[:, RED] - model.W_U[:, BLUE]
        of_x, of_y = read(problem).sum(dim=0) @ past
        level = (ground(problem) + model.b_out[0]) @ past + model.b_U[RED] - model.b_U[BLUE]
        found |= {"direct_x": kept(of_x, STEP), "direct_y": kept(of_y + level, STEP)}
    return found


def directions_tables(problem: Of, n: int) -> dict[str, Tensor]:
    """What X and Y put on the first `n` principal directions, and what all neurons read there."""
    model = problem.model
    found = of_resid(problem)
    onto = found.directions[:n].T
    neurons = [n for members in families(problem).values() for n in members]
    weight = weight_of_neurons(problem)[neurons]
    into = model.W_in[0][:, neurons] * weight.abs()
    past = model.W_U[:, RED] - model.W_U[:, BLUE]
    of_x, of_y = read(problem).sum(dim=0) @ onto
    level = (found.mean + model.b_out[0]) @ past + model.b_U[RED] - model.b_U[BLUE]
    return {
        "x": kept(of_x, FINE),
        "y": kept(of_y + (ground(problem) - found.mean) @ onto, FINE),
        "in": kept(onto.T @ into, FINE),
        "bias": kept(found.mean @ into + model.b_in[0][neurons] * weight.abs(), STEP),
        "sign": weight.sign(),
        "family": family_of(problem, neurons),
        "share": kept(shares(problem, onto), FINE),
        "direct": kept(onto.T @ past, FINE),
        "level": kept(level[None], STEP),
    }


# The programs


def paint(tokens: Tokens, tables: Tables) -> Logits:
    """Add up what neurons paint, and what goes past them."""
    x, y = tokens[:, 0], tokens[:, 1]
    red = (tables["x"][x] + tables["y"][y]).relu() @ tables["sign"]
    if "direct_x" in tables:
        red = red + tables["direct_x"][x] + tables["direct_y"][y]
    return torch.stack([torch.zeros_like(red), red], dim=1)[:, None]


def gate(tokens: Tokens, tables: Tables) -> Logits:
    """Add up coordinates on a few directions, and let neurons work on these."""
    mid = tables["x"][tokens[:, 0]] + tables["y"][tokens[:, 1]]
    neurons = (mid @ tables["in"] + tables["bias"]).relu()
    red = neurons @ tables["sign"] + mid @ tables["direct"] + tables["level"]
    return torch.stack([torch.zeros_like(red), red], dim=1)[:, None]


def told(tokens: Tokens, tables: Tables, intervention: str) -> tuple[Tokens, Tables]:
    """What a program works on under an intervention: other points, or fewer parts."""
    if intervention in ("X", "Y"):
        return other_row(tokens, "XY".index(intervention)), tables
    if intervention[:2] == "0.":
        # Without a head, X and Y bring what the others do, and the head its mean.
        for place, name in enumerate("xy"):
            brought = tables[name]
            lost = tables["share"][int(intervention[2:]), place] * (brought - brought.mean(dim=0))
            tables = {**tables, name: brought - lost}
    if intervention[-4:] == " off":
        left = tables["family"] != FAMILIES.index(intervention[:-4])
        tables = {**tables, "sign": tables["sign"] * left}
    return tokens, tables


def working(
    how: Callable[[Tokens, Tables], Logits],
    written: Callable[[Of], dict[str, Tensor]],
    problem: Of,
) -> Program:
    """The program that works in one of these ways."""

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return how(tokens, tables)

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        return how(*told(tokens, tables, intervention))

    return Program(predict, written(problem), (how, told, other_row), under)


def painters(size: int, problem: Of) -> Program:
    """The program in which the best set of so many neurons paints, and nothing else counts."""
    neurons = list(search(problem)[size].neurons)
    return working(paint, lambda problem: painted_tables(problem, neurons, direct=False), problem)


def extended(problem: Of) -> Program:
    """The program in which all neurons that do anything work on extended embeddings."""
    neurons = [n for members in families(problem).values() for n in members]
    return working(paint, lambda problem: painted_tables(problem, neurons, direct=True), problem)


def directions(n: int, problem: Of) -> Program:
    """The program in which neurons see the first `n` principal directions only."""
    return working(gate, lambda problem: directions_tables(problem, n), problem)


def nearest(k: int, problem: Of) -> Program:
    """The program that knows the training points, and asks the nearest."""

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return vote(tokens, tables, k)

    return Program(predict, {"label": known_labels(truth(problem), trained_on(problem))}, (vote,))


def by_hand(problem: Of) -> Program:
    """The transformer that was set by hand."""
    plan = by_primitive(truth(problem).cpu())
    made, names = painted_by_hand(plan), plan.names
    predict = made.predict

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        if intervention in ("X", "Y"):
            tokens = other_row(tokens, "XY".index(intervention))
        left = torch.tensor([f"{name} off" != intervention for name in names])
        return predict(tokens, {**tables, "colour": tables["colour"] * left})

    return Program(predict, made.tables, (predict, other_row), under)


def all_blue(problem: Of) -> Program:
    """The program that always says blue."""

    def predict(tokens: Tokens, tables: Tables) -> Answers:
        return 0 * tokens[:, :1]

    return Program(predict)


EXPLANATIONS = [
    Explanation("all_blue", "Every point is blue.", all_blue),
    Explanation("labelling", "The answer is what the labelling function says.", knowing_the_task),
    Explanation(
        "nearest", "The answer is the label of the nearest training point.", partial(nearest, 1)
    ),
    Explanation("nearest_few", "It is that of most of the five nearest ones.", partial(nearest, 5)),
    Explanation("nearest_many", "It is that of most of the 25 nearest ones.", partial(nearest, 25)),
    Explanation(
        "two_directions",
        "Attention is a mean, and all neurons work on two directions of what it gives "
        "(Heimersheim and Hobbhahn).",
        partial(directions, 2),
    ),
    Explanation("eight_directions", "The same with eight directions.", partial(directions, 8)),
    Explanation(
        "extended",
        "The same with all directions: neurons add up extended embeddings of X and of Y.",
        extended,
    ),
    Explanation("four_painters", "Four neurons paint the rows (RGRGRG).", partial(painters, 4)),
    Explanation("sixteen_painters", "Sixteen neurons do.", partial(painters, 16)),
    Explanation(
        "by_hand",
        "One neuron for each primitive paints the labelling function, set by hand.",
        by_hand,
    ),
]
"""The first is trivial, the second knows the task alone; then the training data, the two published
explanations, and the model that was made by hand."""


def near_boundaries(problem: Of, within: int = 3) -> Tokens:
    """The points at most so many columns away from a change of colour in their row."""
    red = truth(problem)
    changed = torch.zeros_like(red)
    edge = red[:, 1:] != red[:, :-1]
    # An edge between y and y + 1 is near to `within` columns on either side.
    for step in range(within):
        changed[:, step + 1 :] |= edge[:, : SIDE - 1 - step]
        changed[:, : SIDE - 1 - step] |= edge[:, step:]
    return problem.task.every().to(problem.device)[changed.flatten()]
