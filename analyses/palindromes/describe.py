"""Figures of the write-up in words, and rows of its tables."""

import torch
from torch import Tensor

from analyses.instruments.attribution import direct_logit_attribution, logit_difference
from analyses.instruments.composition import compositions, random_composition
from analyses.instruments.heads import heads
from analyses.instruments.parts import Kind
from analyses.instruments.search import Climb, first_of_each
from analyses.palindromes import published
from analyses.palindromes.claims import RANDOM, SEED, carried, fooled_by_place, kept
from analyses.palindromes.comparing import comparer, other_of
from analyses.palindromes.paths import How
from analyses.palindromes.samples import Model, Tokens
from analyses.palindromes.telling import paid_to_change
from analyses.write_ups.numerals import fixed, listed
from models.palindromes.task import NO, YES

UNREAD = 0.3
"""A head reads a place if it pays more of END's attention to it where it alone differs."""
BLIND = 0.95
"""A place is blind if so many single changes there go unnoticed."""
HOW: tuple[How, ...] = ("mean", "zero", "palindromes")
"""Ablations, as a table has them."""
PATHS: dict[str, tuple[Kind, ...]] = {
    "queries": ("Q",),
    "keys": ("K",),
    "values": ("V",),
    "keys and values": ("K", "V"),
    "queries, keys and values": ("Q", "K", "V"),
}
"""Inputs of the readers, as a table names them."""


def span(values: Tensor, digits: int = 2) -> str:
    """The least and the largest of some numbers.

    >>> span(torch.tensor([0.25, 0.5, 0.125]))
    '0.12 to 0.50'
    """
    return f"{float(values.min()):.{digits}f} to {float(values.max()):.{digits}f}"


def path_rows(problem: Model) -> list[list[str]]:
    """What a difference loses on its way by each kind of input, from either head of layer 0."""
    compares = comparer(problem)
    senders = (compares, other_of(problem, compares))
    rows = [
        [name, *(fixed(carried(problem, head, *inputs).value, 3) for head in senders)]
        for name, inputs in PATHS.items()
    ]
    straight = (carried(problem, head, direct=True).value for head in senders)
    return [*rows, ["straight to the logits", *(fixed(value, 3) for value in straight)]]


def ablation_rows(problem: Model) -> list[list[str]]:
    """What is left of the logit difference without each head, by each ablation, and as
    published of another checkpoint.
    """
    return [
        [
            f"head {head}",
            *(fixed(kept(problem, head, how).value, 2) for how in HOW),
            published.left(str(head)),
        ]
        for head in heads(problem)
    ]


def said(problem: Model, tokens: Tokens) -> list[float]:
    """What each head of layer 1 adds to yes less no at END, mean, in logits."""
    heads_add = direct_logit_attribution(problem, tokens).heads[:, :, -1]
    found = logit_difference(heads_add, of=YES, against=NO).mean(dim=0)
    return [float(found[place]) for place, head in enumerate(heads(problem)) if head.layer == 1]


def composition_rows(problem: Model) -> list[list[str]]:
    """Q-, K- and V-composition of each pair of heads, and what random heads come to."""
    rows = [
        [f"{one.earlier} and {one.later}", *(f"{share:.2f}" for share in (one.q, one.k, one.v))]
        for one in compositions(problem)
    ]
    drawn = random_composition(problem, RANDOM, torch.Generator().manual_seed(SEED))
    return [*rows, ["random heads, middle 95 %", *[f"{drawn.low:.2f} to {drawn.high:.2f}"] * 3]]


def places_where(problem: Model, true: Tensor) -> str:
    """The places of which something is true, or that there are none.

    Args:
        problem: whose places they are.
        true: truth values, `[place]`.
    """
    return listed([place for place, so in zip(problem.task.places, true, strict=True) if so])


def published_rows(problem: Model, loss: float) -> list[list[str]]:
    """Rows of a table: what is compared, as published, and of our model."""
    fooled = fooled_by_place(problem)
    unread = paid_to_change(problem)[:, 0] < UNREAD
    return [
        ["loss (nats)", published.LOSS, f"{loss:.3f}"],
        ["head that compares", published.COMPARES, str(comparer(problem))],
        *(
            [f"left of the logit difference without {head}, mean ablated", there, ours]
            for head, ours, *_, there in ablation_rows(problem)
        ),
        [
            "places that head 1.0 does not read",
            published.UNREAD,
            places_where(problem, unread),
        ],
        ["blind places", published.BLIND, places_where(problem, fooled >= BLIND)],
        [
            "single changes unnoticed, places that are not blind",
            published.FOOLED_ELSEWHERE,
            span(100 * fooled[fooled < BLIND], 1) + " %",
        ],
    ]


def hardest_rows(problem: Model, found: Climb) -> list[list[str]]:
    """The hardest three of a search that lie at three different places."""
    task = problem.task
    differs = task.differs(found.inputs).int().argmax(dim=1).tolist()
    return [
        [
            ", ".join(task.vocabulary[token] for token in found.inputs[chain, 1:-1]),
            str(task.places[differs[chain]]),
            fixed(-float(found.difficulty[chain]), 1),
        ]
        for chain in first_of_each(differs, 3)
    ]
