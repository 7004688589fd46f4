"""The published model and ours side by side, as rows of a table."""

from collections.abc import Sequence

from jaxtyping import Int
from torch import Tensor

from analyses.evidence.answers import answers
from analyses.instruments.attention import label_patterns, most_attended
from analyses.instruments.circuits import copying_heads
from analyses.sorted_list import adversarial, claims, published, samples, tables, triples
from analyses.sorted_list.describe import before_widest_gap, ranges, zero_above_rest
from analyses.write_ups.numerals import how_many, listed
from models.problem import Problem
from models.sorted_list.task import SortedList

Row = Sequence[object]


def rows(
    problem: Problem[SortedList], sample: Int[Tensor, "batch n_ctx"], costs: Sequence[float]
) -> list[Row]:
    """What was found, as published, and of our model.

    Args:
        problem: our model.
        sample: lists that loss and probabilities are of.
        costs: what mean ablation of each head adds to the loss, nats.
    """
    return [
        *how_good(problem, sample),
        *(
            [
                f"loss added by mean ablation of head 0.{head}, nats",
                f"{was:.3f}",
                f"{costs[head]:.3f}",
            ]
            for head, was in published.ABLATION_COST.items()
        ),
        *copied(problem),
        *attended(problem),
        puzzle(problem),
        *before_gaps(problem),
    ]


def how_good(problem: Problem[SortedList], sample: Int[Tensor, "batch n_ctx"]) -> list[Row]:
    """Loss and probabilities."""
    log_probs = answers(problem, sample).log_probs
    likely = log_probs.exp()
    our = {"mean": likely.mean(), "median": likely.median(), "minimum": likely.min()}
    return [
        ["loss, nats", published.LOSS, f"{-log_probs.mean():.3f}"],
        *(
            [f"{name} probability of the right answer", was, f"{our[name]:.3f}"]
            for name, was in published.PROBABILITY.items()
        ),
    ]


def copied(problem: Problem[SortedList]) -> list[Row]:
    """The values that each head copies."""
    by = copying_heads(tables.value_ov(problem))
    return [
        [f"copied by head 0.{head}", was, ranges((by == head).nonzero()[:, 0].tolist())]
        for head, was in published.COPIES.items()
    ]


def attended(problem: Problem[SortedList]) -> list[Row]:
    """What SEP, 25 and 40 look at."""
    high = samples.family_lists(problem, "high")[: samples.N_PATTERNS].to(problem.device)
    looks = most_attended(label_patterns(problem, high), high)[:, :, 0]
    finds = looks == problem.task.answers(high)[:, :1]
    find_low = how_many(claims.finds(problem, slice(0, 1)).value)
    find_high = how_many(float(finds.any(dim=1).double().mean()))
    at_last = tables.placed_qk(problem, problem.task.list_length - 1)
    by_token, placed = (
        listed(f"{score:+.1f}" for score in zero_above_rest(scores, [40])[:, 0])
        for scores in (at_last - tables.position_part(problem)[:, -1], at_last)
    )
    from_25 = listed(tables.value_qk(problem)[:, 25].argmax(dim=1).tolist())
    return [
        [
            "SEP looks at the smallest value",
            published.SEP_FINDS,
            f"in {find_low} of random lists, in {find_high} of lists from {adversarial.HIGH} up",
        ],
        ["25 attends most to", published.FROM_25, f"{from_25}, by token in the two heads"],
        [
            "40 attends to 0: its score above other smaller values",
            published.FROM_40,
            f"{by_token} by token, {placed} at b9, in the two heads",
        ],
    ]


def puzzle(problem: Problem[SortedList]) -> Row:
    """What the direct path does in the d, d + 1, d + 2 puzzle."""
    effects = claims.puzzle(problem)
    parts = triples.favours(problem, effects, effects.strongest())[effects.puzzling()]
    without = how_many(claims.right_without(triples.DIRECT)(problem).value)
    gives = float(parts[:, triples.DIRECT].mean())
    return [
        "the direct path in the puzzle",
        published.DIRECT_PATH,
        f"favours it by {gives:.2f} logits; {without} are right without it",
    ]


def before_gaps(problem: Problem[SortedList]) -> list[Row]:
    """The published adversarial lists, at the value before their gap."""
    tokens = problem.task.encode([values for values, _ in published.BROKEN])
    found = before_widest_gap(problem, tokens.to(problem.device))
    made: list[Row] = []
    for (values, was), (likely, paid) in zip(published.BROKEN, found, strict=True):
        shown = f"{values[0]}, {values[1]}, {values[2]}, ..., {values[-1]}"
        before = f"next to none ({was:.3f}, recomputed)"
        made += [
            [f"{shown}: probability of {values[1]} at {values[0]}", before, f"{likely:.3f}"],
            [f"{shown}: {values[0]} attends to", published.BEFORE_GAP, f"itself, {how_many(paid)}"],
        ]
    return made
