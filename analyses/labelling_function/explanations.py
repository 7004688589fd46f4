"""Rival explanations of the Labelling Function model as programs.

The two published ones are written in the best form that was found (`rivals/programs.py`).
Heimersheim and Hobbhahn: heads bring their mean, and the neurons as a whole work on few directions
of it. RGRGRG: a few neurons, each of which paints a part of the rows.
"""

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.evidence.explanations import (
    Answers,
    Explanation,
    Logits,
    Program,
    Tables,
    Tokens,
    knowing_the_task,
)
from analyses.labelling_function.by_hand.plan import by_primitive
from analyses.labelling_function.by_hand.written_down import program as painted_by_hand
from analyses.labelling_function.neurons.chosen import search
from analyses.labelling_function.points import trained_on, truth
from analyses.labelling_function.rivals.knockouts import other_number
from analyses.labelling_function.rivals.nearest import PLANE, ROW, known_labels, vote, votes
from analyses.labelling_function.rivals.programs import (
    add_up,
    attending_tables,
    bring_by_attending,
    bring_the_mean,
    direction_tables,
    mean_tables,
    neuron_tables,
    off_the_mean,
    principal,
    reader,
    that_fire,
    with_direct_path,
    written_down,
)
from models.labelling_function.task import LabellingFunction
from models.problem import Problem

Bring = Callable[[Tokens, Tables, str], Float[Tensor, "batch into"]]
Of = Problem[LabellingFunction]


def working(bring: Bring, tables: dict[str, Tensor]) -> Program:
    """The program in which heads bring something in one of two ways, and neurons work on it."""

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        return add_up(bring(tokens, tables, intervention), tables, intervention)

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return under(tokens, tables, "")

    calls = (add_up, bring, other_number)
    return Program(predict, written_down(tables), calls, under)


def extended(problem: Of) -> Program:
    """All neurons that fire, and extended embeddings at mean attention."""
    of = with_direct_path(problem, reader(problem, that_fire(problem)))
    return working(bring_the_mean, mean_tables(problem, of.into) | neuron_tables(of))


def directions(n: int, bring: Bring, problem: Of) -> Program:
    """The same neurons, which see the first `n` principal directions of what heads bring."""
    onto = principal(problem, n)
    of = off_the_mean(problem, onto, with_direct_path(problem, reader(problem, that_fire(problem))))
    tables = mean_tables if bring is bring_the_mean else attending_tables
    return working(bring, tables(problem, onto) | direction_tables(of, onto))


def painters(n: int, problem: Of) -> Program:
    """The best set of so many neurons, which see all that heads bring; nothing else counts.

    Which ones these are was searched for among the model's answers.
    """
    of = reader(problem, list(search(problem)[n].neurons))
    return working(bring_by_attending, attending_tables(problem, of.into) | neuron_tables(of))


def nearest(k: int, reach: int, problem: Of) -> Program:
    """The program that knows the training points, and asks the nearest."""

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return vote(tokens, tables, k, reach)

    tables = {"label": known_labels(truth(problem), trained_on(problem))}
    return Program(predict, tables, (vote, votes))


def by_hand(problem: Of) -> Program:
    """The transformer that was set by hand."""
    plan = by_primitive(truth(problem).cpu())
    made, names = painted_by_hand(plan), plan.names
    predict = made.predict

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        if intervention in ("X", "Y"):
            tokens = other_number(tokens, "XY".index(intervention))
        left = tables["colour"].new_tensor([f"{name} off" != intervention for name in names])
        return predict(tokens, {**tables, "colour": tables["colour"] * left})

    tables = {name: table.to(problem.device) for name, table in made.tables.items()}
    return Program(predict, tables, (predict, other_number), under)


def all_blue(problem: Of) -> Program:
    """The program that always says blue."""

    def predict(tokens: Tokens, tables: Tables) -> Answers:
        return 0 * tokens[:, :1]

    return Program(predict)


EXPLANATIONS = [
    Explanation("all_blue", "Every point is blue.", all_blue),
    Explanation("labelling", "The answer is what the labelling function says.", knowing_the_task),
    Explanation(
        "nearest",
        "The answer is the label of the nearest training point.",
        partial(nearest, 1, PLANE),
    ),
    Explanation(
        "nearest_few",
        "It is the majority label of the five nearest ones.",
        partial(nearest, 5, PLANE),
    ),
    Explanation(
        "nearest_many",
        "It is the majority label of the 25 nearest ones.",
        partial(nearest, 25, PLANE),
    ),
    # Stated after those in the plane had been put to the test: rows next to each other differ.
    Explanation(
        "nearest_in_row",
        "It is the label of the nearest one in the same row.",
        partial(nearest, 1, ROW),
    ),
    Explanation(
        "two_directions",
        "Heads bring their mean, and all neurons work on two directions of it (Heimersheim and "
        "Hobbhahn).",
        partial(directions, 2, bring_the_mean),
    ),
    Explanation(
        "eight_directions",
        "The same with eight directions.",
        partial(directions, 8, bring_the_mean),
    ),
    Explanation(
        "extended",
        "The same with all directions: neurons add up extended embeddings of X and of Y.",
        extended,
    ),
    Explanation(
        "four_painters",
        "Heads attend, and four neurons paint the rows (RGRGRG).",
        partial(painters, 4),
    ),
    Explanation("sixteen_painters", "The same with sixteen neurons.", partial(painters, 16)),
    # Stated after those above had been put to the test: what both leave out, put together.
    Explanation(
        "attending_directions",
        "Heads attend, and all neurons work on two directions of what they bring.",
        partial(directions, 2, bring_by_attending),
    ),
    Explanation(
        "by_hand",
        "One neuron for each primitive paints the labelling function, set by hand.",
        by_hand,
    ),
]
"""The first is trivial, the second knows the task alone; then what knows the training data, the
two published explanations, and the model that was made by hand."""

KINDS = {
    "knows the task": ("labelling", "by_hand"),
    "knows the training data": ("nearest", "nearest_few", "nearest_many", "nearest_in_row"),
    "heads at their mean": ("two_directions", "eight_directions", "extended"),
    "few neurons": ("four_painters", "sixteen_painters"),
    "heads attend, two directions": ("attending_directions",),
}
"""What each knows of, but for the trivial one."""


def near_boundaries(problem: Of, within: int = 3) -> Tokens:
    """The points that have, at most so many columns away in their row, one of the other colour."""
    red = truth(problem)
    near = torch.zeros_like(red)
    for step in range(1, within + 1):
        differs = red[:, step:] != red[:, :-step]
        near[:, step:] |= differs
        near[:, :-step] |= differs
    return problem.task.every().to(problem.device)[near.flatten()]
