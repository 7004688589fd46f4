"""What the write-up says of the rival explanations, each with its measurement."""

from collections.abc import Callable
from functools import cache

import torch
from jaxtyping import Bool
from torch import Tensor

from analyses.claims import UNTRAINED, Claim, Control, Measure, Measurement
from analyses.explained import Explained
from analyses.explanations import Trial, put_to_the_test
from analyses.labelling_function.explanations import EXPLANATIONS, interventions
from analyses.labelling_function.neurons.families import families
from analyses.labelling_function.points import (
    agreement,
    answers,
    every,
    mistakes,
    trained_on,
    truth,
)
from analyses.labelling_function.rivals.nearest import ours
from analyses.labelling_function.rivals.scrubbing import (
    behind_attention,
    cases,
    cells,
    from_families,
    of_families,
    patterns_from_anywhere,
    random_groups,
    seeded,
    values_from_anywhere,
)
from analyses.partitions import shuffled
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem

Of = Problem[LabellingFunction]
NEAREST = (1, 5, 25)
"""How many neighbours vote."""


def unmoved(scrubbed: Callable[[Of], Bool[Tensor, "x y"]]) -> Measure:
    """The share of all answers that scrubbing leaves as they are."""

    def measured(problem: Of) -> Measurement:
        return Measurement(agreement(scrubbed(problem), answers(problem)), SIDE**2)

    return measured


def dealt_families(problem: Of) -> Bool[Tensor, "x y"]:
    """Scrubbed by the same cases, the neurons of all families dealt to others at random."""
    groups = random_groups(problem, list(families(problem).values()))
    classes = cases(problem)
    return from_families(problem, groups, classes, torch.zeros_like(classes))


@cache
def contest(problem: Of) -> dict[str, Explained]:
    """All explanations, put to the test on all points."""
    trial = Trial.of(problem, {"all points": every(problem)}, interventions(problem), True)
    return {each.name: put_to_the_test(each, trial) for each in EXPLANATIONS}


def agrees(name: str) -> Measure:
    """The share of all answers that an explanation predicts."""

    def measured(problem: Of) -> Measurement:
        found = contest(problem)[name].agreements[0]
        return Measurement(found.share, found.n)

    return measured


def beyond_the_task(name: str) -> Measure:
    """By how much an explanation agrees more with the model than the labelling function does."""

    def measured(problem: Of) -> Measurement:
        rivals = contest(problem)
        more = rivals[name].agreements[0].share - rivals["labelling"].agreements[0].share
        return Measurement(more, SIDE**2)

    return measured


def of_mistakes(name: str) -> Measure:
    """The share of the model's mistakes that an explanation predicts."""

    def measured(problem: Of) -> Measurement:
        found = contest(problem)[name].mistakes
        return Measurement(found.share, found.n)

    return measured


def foresees(name: str) -> Measure:
    """The share of the answers which interventions change that an explanation predicts."""

    def measured(problem: Of) -> Measurement:
        found = contest(problem)[name]
        return Measurement(found.foreseen_share, found.changed)

    return measured


def neighbours_share_mistakes(problem: Of) -> Measurement:
    """The share of the model's mistakes that neighbours in the training data make too, with the
    best number of neighbours.
    """
    return _shared(problem, trained_on(problem))


def other_neighbours_share_mistakes(problem: Of) -> Measurement:
    """The same with as many points drawn at random."""
    drawn = torch.randperm(SIDE**2, generator=seeded()) < int(trained_on(problem).sum())
    return _shared(problem, drawn.reshape(SIDE, SIDE).to(problem.device))


def _shared(problem: Of, known: Bool[Tensor, "x y"]) -> Measurement:
    # Where a point is known, its neighbour is itself: only the others tell.
    asked = mistakes(problem) & ~known
    red = truth(problem)
    shares = [
        float((ours(red, known, k) != red)[asked].double().mean()) if asked.any() else 0.0
        for k in NEAREST
    ]
    return Measurement(max(shares), int(asked.sum()))


CLAIMS = [
    Claim(
        name="patterns_interchangeable",
        sentence="Where the heads look at some point may be taken from any other point "
        "(Heimersheim and Hobbhahn).",
        quantity="answers that stay the same if all heads look where they look elsewhere",
        unit="share",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        measure=unmoved(patterns_from_anywhere),
        controls=(
            Control("what is read taken from anywhere", measure=unmoved(values_from_anywhere)),
            UNTRAINED,
        ),
    ),
    Claim(
        name="two_directions_suffice",
        sentence="Behind the heads, points that lie close together along two directions may be "
        "taken for each other (Heimersheim and Hobbhahn).",
        quantity="answers that stay the same if the MLP gets another point of the same cell",
        unit="share",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        measure=unmoved(lambda problem: behind_attention(problem, cells(problem))),
        controls=(
            Control(
                "a random partition of the same sizes",
                measure=unmoved(
                    lambda problem: behind_attention(problem, shuffled(cells(problem), seeded()))
                ),
            ),
            Control(
                "cells along two random directions",
                measure=unmoved(
                    lambda problem: behind_attention(problem, cells(problem, random=True))
                ),
            ),
        ),
    ),
    Claim(
        name="families_interchangeable",
        sentence="What each family of neurons does depends on the type of the row and on the sides "
        "of the curves alone, and no other neuron matters (RGRGRG).",
        quantity="answers that stay the same if each family gets another point of the same case, "
        "and all other neurons get any",
        unit="share",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        measure=unmoved(lambda problem: of_families(problem, cases(problem))),
        controls=(
            Control(
                "a random partition of the same sizes",
                measure=unmoved(
                    lambda problem: of_families(problem, shuffled(cases(problem), seeded()))
                ),
            ),
            Control("neurons dealt to families at random", measure=unmoved(dealt_families)),
        ),
    ),
    Claim(
        name="directions_beat_the_task",
        sentence="Two directions tell more of the model's answers than the labelling function "
        "does.",
        quantity="answers that only they predict, less those that only the function does",
        unit="share of all",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.0,
        measure=beyond_the_task("two_directions"),
    ),
    Claim(
        name="painters_beat_the_task",
        sentence="Four neurons tell more of the model's answers than the labelling function does.",
        quantity="answers that only they predict, less those that only the function does",
        unit="share of all",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.0,
        measure=beyond_the_task("four_painters"),
    ),
    Claim(
        name="extended_tells_mistakes",
        sentence="Extended embeddings, with attention at its mean, predict most mistakes.",
        quantity="mistakes of the model that they predict",
        unit="share",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        measure=of_mistakes("extended"),
        controls=(Control("the labelling function", measure=of_mistakes("labelling")),),
    ),
    Claim(
        name="painters_tell_mistakes",
        sentence="Sixteen neurons predict most mistakes.",
        quantity="mistakes of the model that they predict",
        unit="share",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        measure=of_mistakes("sixteen_painters"),
        controls=(Control("the labelling function", measure=of_mistakes("labelling")),),
    ),
    Claim(
        name="neighbours_tell_mistakes",
        sentence="Most mistakes are those that the nearest training points would make.",
        quantity="mistakes at points not trained on that the neighbours make too, with the best "
        "number of neighbours",
        unit="share",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        measure=neighbours_share_mistakes,
        controls=(
            Control("as many points drawn at random", measure=other_neighbours_share_mistakes),
        ),
    ),
    Claim(
        name="extended_foresees",
        sentence="Extended embeddings foresee most of what interventions change.",
        quantity="answers changed by interventions that they predict",
        unit="share",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        measure=foresees("extended"),
        controls=(Control("the transformer set by hand", measure=foresees("by_hand")),),
    ),
    Claim(
        name="painters_foresee",
        sentence="Four neurons foresee most of what interventions change.",
        quantity="answers changed by interventions that they predict",
        unit="share",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.5,
        measure=foresees("four_painters"),
        controls=(Control("the transformer set by hand", measure=foresees("by_hand")),),
    ),
]
