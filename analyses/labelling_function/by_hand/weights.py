"""A plan of painting as the weights of a transformer: one layer, constant attention, ReLU neurons.

The embedding of a number holds the number itself and, in dimensions of their own, what a row of
that number adds to each neuron. One head looks from Z at X and moves the latter, another looks at
Y and moves the former; where they look is decided by positions alone. So behind attention stand
x-dependent numbers and Y, and each neuron adds one of the first to a multiple of the second.

All entries that are not about attention are sums of a few powers of two, so that single precision
adds them up without rounding.
"""

from functools import cache

import torch

from analyses.labelling_function.by_hand.plan import Plan, by_primitive
from analyses.labelling_function.points import truth
from models.checkpoint import NamedWeights
from models.labelling_function.task import BLUE, RED, LabellingFunction
from models.problem import Problem

NUMBER, SUM, AT_X, AT_Y, AT_Z, FIRST = range(6)
"""Dimensions of the residual stream: the number that a token stands for; what the neurons write;
one that says of each position which it is. What rows add to neurons begins at the last."""
LOOKS_AT = (AT_X, AT_Y)
"""The position that each of the two heads looks at from Z."""
COLUMN = 1 / 16
"""A column of the map in units of the embedding."""
EACH = 2.0
"""What W_V, W_O, W_in and W_out each multiply by: together a column comes to 1 again."""
MARK = 4.0
"""Entries that attention scores are made of: the position that a head looks at has a score of
`MARK**4 / sqrt(d_head)`, 64, the others 0, which leaves each of them exp(-64)."""
LOGITS = 2.0
"""Difference of the logits for each column: the logit of red rises by 1, that of blue falls."""


def weights(plan: Plan, like: NamedWeights) -> NamedWeights:
    """The weights of a transformer that adds up a plan.

    Args:
        plan: what its neurons paint, and what needs no neuron.
        like: weights of the same shapes; what they are does not matter.

    Raises:
        ValueError: the shapes have no room for the plan.
    """
    made = {name: torch.zeros_like(weight) for name, weight in like.items()}
    n = len(plan.names)
    _check_room(n, made)
    rows, level = plan.shift.shape[1], FIRST + n
    tables, slots = torch.arange(FIRST, level), torch.arange(n)

    W_E, W_pos = made["embed.W_E"], made["pos_embed.W_pos"]
    W_E[:rows, NUMBER] = COLUMN * torch.arange(rows)
    W_E[:rows, tables] = COLUMN * plan.shift.T
    W_E[:rows, level] = COLUMN * plan.level
    W_pos[[0, 1, 2], [AT_X, AT_Y, AT_Z]] = MARK

    W_Q, W_K, W_V, W_O = (made[f"blocks.0.attn.W_{name}"] for name in "QKVO")
    for head, mark in enumerate(LOOKS_AT):
        W_Q[head, AT_Z, 0] = W_K[head, mark, 0] = MARK
    of_x, of_y = range(len(LOOKS_AT))
    W_V[of_x, tables, slots] = W_O[of_x, slots, tables] = EACH
    W_V[of_y, NUMBER, 0] = W_O[of_y, 0, NUMBER] = EACH
    # What needs no neuron goes to the sum at once, past the two matrices of the MLP.
    W_V[of_x, level, n], W_O[of_x, n, SUM] = EACH, EACH**3
    W_O[of_y, 0, SUM] = EACH**3 * plan.rise

    W_in, W_out = made["blocks.0.mlp.W_in"], made["blocks.0.mlp.W_out"]
    W_in[tables, slots] = EACH
    W_in[NUMBER, :n] = EACH * plan.slope
    W_out[:n, SUM] = EACH * plan.colour
    made["blocks.0.mlp.b_out"][SUM] = plan.ground

    W_U = made["unembed.W_U"]
    W_U[SUM, RED], W_U[SUM, BLUE] = LOGITS / 2, -LOGITS / 2
    return made


def made_by_hand(problem: Problem[LabellingFunction], plan: Plan) -> Problem[LabellingFunction]:
    """The same task with a transformer of the same sizes, set by hand."""
    return problem.with_weights(weights(plan, problem.weights))


@cache
def hand_set(problem: Problem[LabellingFunction]) -> Problem[LabellingFunction]:
    """The same task with a transformer of the same sizes whose neurons paint the labelling
    function, one for each primitive.
    """
    return made_by_hand(problem, by_primitive(truth(problem).cpu()))


def families_by_hand(problem: Problem[LabellingFunction]) -> dict[str, list[int]]:
    """The neurons of `hand_set` by the primitive that they paint."""
    names = by_primitive(truth(problem).cpu()).names
    return {name: [neuron] for neuron, name in enumerate(names)}


def non_zero(made: NamedWeights) -> int:
    """How many weights are not zero."""
    return sum(int(weight.count_nonzero()) for weight in made.values())


def largest(made: NamedWeights) -> float:
    """The largest weight, in size."""
    return max(float(weight.abs().max()) for weight in made.values())


def _check_room(neurons: int, made: NamedWeights) -> None:
    """Refuse what a plan of so many neurons does not fit in."""
    heads, d_model, d_head = made["blocks.0.attn.W_V"].shape
    needed = {
        "neurons": (made["blocks.0.mlp.W_in"].shape[1], neurons),
        "heads": (heads, len(LOOKS_AT)),
        "dimensions of a head": (d_head, neurons + 1),
        "dimensions of the residual stream": (d_model, FIRST + neurons + 1),
    }
    for what, (there, least) in needed.items():
        if there < least:
            raise ValueError(f"a plan of {neurons} neurons needs {least} {what}, not {there}")
