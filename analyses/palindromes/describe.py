"""Figures of the write-up in words, and rows of its tables."""

from collections.abc import Sequence

import torch
from torch import Tensor

from analyses.instruments.composition import compositions, random_composition
from analyses.instruments.heads import heads
from analyses.instruments.search import Climb
from analyses.palindromes import published
from analyses.palindromes.claims import RANDOM, SEED, carried, kept
from analyses.palindromes.comparing import comparer, other_of
from analyses.palindromes.paths import Kind
from analyses.palindromes.samples import Model

PATHS: dict[str, tuple[Kind, ...]] = {
    "queries": ("q",),
    "keys": ("k",),
    "values": ("v",),
    "keys and values": ("k", "v"),
    "queries, keys and values": ("q", "k", "v"),
}
"""Inputs of the readers, as a table names them."""


def listed(names: Sequence[object]) -> str:
    """Names in a sentence.

    >>> listed([13, 17, 20])
    '13, 17 and 20'
    """
    words = [str(name) for name in names]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


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
        [name, *(f"{carried(problem, head, *inputs).value:.3f}" for head in senders)]
        for name, inputs in PATHS.items()
    ]
    straight = (carried(problem, head, direct=True).value for head in senders)
    return [*rows, ["straight to the logits", *(f"{value:.3f}" for value in straight)]]


def ablation_rows(problem: Model) -> list[list[str]]:
    """What is left of the logit difference without each head, by mean and by zero ablation, and
    as published of another checkpoint.
    """
    return [
        [
            f"head {head}",
            *(f"{kept(problem, head, how).value:.2f}" for how in ("mean", "zero")),
            published.left(str(head)),
        ]
        for head in heads(problem)
    ]


def composition_rows(problem: Model) -> list[list[str]]:
    """Q-, K- and V-composition of each pair of heads, and what random heads come to."""
    rows = [
        [f"{one.earlier} and {one.later}", *(f"{share:.2f}" for share in (one.q, one.k, one.v))]
        for one in compositions(problem)
    ]
    drawn = random_composition(problem, RANDOM, torch.Generator().manual_seed(SEED))
    return [*rows, ["random heads, middle 95 %", *[f"{drawn.low:.2f} to {drawn.high:.2f}"] * 3]]


def hardest_rows(problem: Model, found: Climb) -> list[list[str]]:
    """The hardest three of a search that lie at three different places."""
    task, rows, shown = problem.task, [], set[int]()
    differs = task.differs(found.inputs).int().argmax(dim=1).tolist()
    for tokens, which, difficulty in zip(
        found.inputs.tolist(), differs, found.difficulty.tolist(), strict=True
    ):
        if which in shown or len(shown) == 3:
            continue
        shown.add(which)
        words = ", ".join(task.vocabulary[token] for token in tokens[1:-1])
        margin = f"{-difficulty:.1f}".replace("-", "\N{MINUS SIGN}")
        rows.append([words, str(task.places[which]), margin])
    return rows
