"""What the write-up says of transformers that are set by hand, each with its measurement.

That they answer right holds by construction: these claims were stated when the weights had been
made and run once. Those that put instruments to the test on them were stated before.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import torch

from analyses.evidence.claims import Claim, Control, Measure, Measurement
from analyses.labelling_function.attention import fixed
from analyses.labelling_function.by_hand.crossing import BLUE_POINTS, RED_POINTS, crossing
from analyses.labelling_function.by_hand.plan import (
    Plan,
    Red,
    by_primitive,
    with_direct_path,
    without_red_all,
)
from analyses.labelling_function.by_hand.weights import (
    LOGITS,
    families_by_hand,
    hand_set,
    made_by_hand,
)
from analyses.labelling_function.neurons import chosen
from analyses.labelling_function.neurons.claims import next_predicted, rows_predicted
from analyses.labelling_function.neurons.effects import effects
from analyses.labelling_function.neurons.families import FAMILIES, families, painted
from analyses.labelling_function.points import (
    agreement,
    answers,
    difference,
    truth,
)
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem

Of = Problem[LabellingFunction]
SEED = 2302
PAINTERS = 4
AMONG = 128
"""Neurons among which they are hidden."""


def put_under_their_primitives(problem: Of) -> Measurement:
    """Of the neurons set by hand and those that are in a family, which share is in the family of
    its primitive.
    """
    by_hand, found = families_by_hand(problem), families(hand_set(problem))
    pairs, others = (
        {(name, neuron) for name, members in of.items() for neuron in members}
        for of in (by_hand, found)
    )
    return Measurement(len(pairs & others) / len(pairs | others), len(pairs))


def read_by_columns(problem: Of) -> Measurement:
    """The share in the family of its primitive if the rule reads columns in place of rows."""
    plan = by_primitive(truth(problem).cpu())
    found = [FAMILIES[of] for of in painted(plan.painted(SIDE).mT).tolist()]
    same = [one == other for one, other in zip(found, plan.names, strict=True)]
    return Measurement(sum(same) / len(same), len(same))


def planted(problem: Of, painters: int) -> Measurement:
    """Search for the four neurons that together give the right answers, where some painters are
    hidden among the strongest neurons of the trained model: the share of points right.
    """
    strongest = effects(problem)[chosen.firing(problem)[:AMONG]]
    red = truth(problem).cpu()
    hidden = LOGITS * by_primitive(red).painted(SIDE)[:painters]
    # Those of least norm make room.
    maps = torch.cat([strongest[: len(strongest) - painters], hidden])
    order = torch.randperm(len(maps), generator=torch.Generator().manual_seed(SEED))
    found = chosen.Search(maps[order].numpy(), red.numpy()).four()
    return Measurement(found.agreement, SIDE**2)


def next_primitive(problem: Of) -> Measurement:
    """As `rows_predicted`, each primitive taken for that of the next family."""
    return next_predicted(hand_set(problem))


@cache
def set_by(problem: Of, plan: Callable[[Red], Plan]) -> Of:
    """The transformer set by a plan for the labelling function."""
    return made_by_hand(problem, plan(truth(problem).cpu()))


def right(problem: Of) -> Measurement:
    """Share of all points that a model answers right."""
    return Measurement(agreement(answers(problem), truth(problem)), SIDE**2)


def painted_right(problem: Of, plan: Plan) -> float:
    """Share of all points whose colour a plan comes to."""
    return agreement(plan.sum(SIDE) > 0, truth(problem).cpu())


def without_one(plan: Plan) -> list[Plan]:
    """The same plan with each neuron in turn painting nothing."""
    marked = torch.eye(len(plan.names))
    return [replace(plan, colour=plan.colour * (1 - mark)) for mark in marked]


def best_without_one(make: Callable[[Red], Plan]) -> Measure:
    """The largest share of points right with one neuron off."""

    def measured(problem: Of) -> Measurement:
        plans = without_one(make(truth(problem).cpu()))
        return Measurement(max(painted_right(problem, plan) for plan in plans), SIDE**2)

    return measured


def dealt_on(problem: Of) -> Measurement:
    """Share of points right if each neuron writes what the one before it should."""
    plan = by_primitive(truth(problem).cpu())
    plan = replace(plan, colour=plan.colour.roll(1))
    return Measurement(painted_right(problem, plan), SIDE**2)


def moved_on(problem: Of) -> Measurement:
    """Share of points right if each row is painted as the one before."""
    plan = by_primitive(truth(problem).cpu().roll(1, dims=0))
    return Measurement(painted_right(problem, plan), SIDE**2)


def without_direct_path(problem: Of) -> Measurement:
    """Share of points right if the two neurons paint by themselves."""
    plan = with_direct_path(truth(problem).cpu())
    plan = replace(plan, level=torch.zeros_like(plan.level), rise=0.0)
    return Measurement(painted_right(problem, plan), SIDE**2)


def smallest_margin(problem: Of) -> Measurement:
    """By how much the logit of the right answer is above the other, at the worst point."""
    margin = difference(problem).where(truth(problem), -difference(problem))
    return Measurement(float(margin.min()), SIDE**2)


def pairs_that_cross(red: Red) -> Measurement:
    """Of the pairs of four red and of four blue points, how many cross: the colour with fewer."""
    return Measurement(float(min(crossing(red, of) for of in (RED_POINTS, BLUE_POINTS))), 1)


def cross_where_two_paint(problem: Of) -> Measurement:
    """The same on maps that two neurons paint: three of them with one off."""
    plans = without_one(without_red_all(truth(problem).cpu()))
    found = [pairs_that_cross(plan.sum(SIDE) > 0) for plan in plans]
    return max(found, key=lambda measured: measured.value)


def moved_by_mean_attention(problem: Of) -> Measurement:
    """The largest change of a difference of logits if attention is fixed to its mean."""
    change = fixed.at_mean(problem) - difference(problem)
    return Measurement(float(change.abs().max()), SIDE**2)


CLAIMS = [
    Claim(
        name="hand_set_exact",
        of_task=True,
        sentence="A transformer of the same sizes, with one neuron set by hand for each primitive, "
        "answers every point correctly.",
        quantity="share of points that it answers correctly",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=1.0,
        counted="points",
        carries=True,
        measure=lambda problem: right(hand_set(problem)),
        controls=(
            Control("its four neurons with their output weights dealt on", measure=dealt_on),
            Control("each row painted as the one before", measure=moved_on),
            Control("the best of it with one neuron off", measure=best_without_one(by_primitive)),
        ),
    ),
    Claim(
        name="hand_set_sure",
        sentence="The transformer set by hand is nowhere unsure: at every point the logit of the "
        "right answer is well above the other.",
        quantity="right logit above the wrong one, at the worst point",
        unit="logits",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        counted="points",
        measure=lambda problem: smallest_margin(hand_set(problem)),
        controls=(Control("the trained model", measure=smallest_margin),),
    ),
    Claim(
        name="three_neurons_paint",
        of_task=True,
        sentence="Three neurons set by hand do as well: a row that is red all over is red right of "
        "its left end.",
        quantity="share of points that a transformer with three neurons answers correctly",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=1.0,
        counted="points",
        measure=lambda problem: right(set_by(problem, without_red_all)),
        controls=(
            Control("the best of them with one off", measure=best_without_one(without_red_all)),
        ),
    ),
    Claim(
        name="two_neurons_bend",
        of_task=True,
        sentence="Two neurons set by hand do, if the direct path past the MLP carries Y and a "
        "number of the row.",
        quantity="share of points that a transformer with two neurons answers correctly",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=1.0,
        counted="points",
        measure=lambda problem: right(set_by(problem, with_direct_path)),
        controls=(
            Control(
                "the better of them with the other off", measure=best_without_one(with_direct_path)
            ),
            Control("both without the direct path", measure=without_direct_path),
        ),
    ),
    Claim(
        name="no_fewer_neurons",
        of_task=True,
        sentence="If attention does not depend on the tokens, no two neurons can do it by "
        "themselves, and no single one with the direct path, whatever they read of X and of Y.",
        quantity="pairs that cross among four points of one colour, the fewer of red and blue",
        unit="pairs",
        evidence="proved",
        comparison="at least",
        threshold=6.0,
        counted="argument",
        carries=True,
        measure=lambda problem: pairs_that_cross(truth(problem).cpu()),
        controls=(
            Control("the most on maps that two neurons paint", measure=cross_where_two_paint),
            Control(
                "each row in the place of the one before",
                measure=lambda problem: pairs_that_cross(truth(problem).cpu().roll(1, dims=0)),
            ),
        ),
    ),
    Claim(
        name="families_known",
        of_task=True,
        sentence="The rule that sorts neurons into families puts those set by hand, and no others, "
        "under the primitives that they were made for.",
        quantity="share of neurons in the right family, of those set by hand or in a family",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=1.0,
        counted="neurons",
        measure=put_under_their_primitives,
        controls=(Control("the rule applied to columns", measure=read_by_columns),),
    ),
    Claim(
        name="search_finds_painters",
        sentence="The search for the smallest set finds the four neurons set by hand where they "
        "are hidden among the strongest of the trained model.",
        quantity="share of points that the four found answer correctly by themselves",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=1.0,
        counted="points",
        measure=lambda problem: planted(problem, PAINTERS),
        controls=(
            Control("none hidden", measure=lambda problem: planted(problem, 0)),
            Control(
                "all but one hidden",
                measure=lambda problem: planted(problem, PAINTERS - 1),
            ),
        ),
    ),
    Claim(
        name="families_off_known",
        of_task=True,
        sentence="Where each primitive has a neuron of its own, the measure of which rows change "
        "without it tells its rows from all others.",
        quantity="share of rows told apart correctly, mean of those made with a primitive and of "
        "all others",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        counted="rows",
        measure=lambda problem: rows_predicted(hand_set(problem)),
        controls=(
            Control("primitives taken for those of the next family", measure=next_primitive),
        ),
    ),
    Claim(
        name="hand_set_attends_evenly",
        sentence="Fixed to its mean, the attention of the transformer set by hand does what it did "
        "before.",
        quantity="largest change of a difference of logits",
        unit="logits",
        evidence="exhaustive",
        comparison="at most",
        threshold=0.001,
        counted="points",
        measure=lambda problem: moved_by_mean_attention(hand_set(problem)),
        controls=(Control("the trained model", measure=moved_by_mean_attention),),
    ),
]
