"""Explanations of the Sorted List model as programs, from what its task says to nearly all.

Each from the third on adds one thing to the one before, so that what agreement it buys is seen.
All read their tables off the weights (`circuits`), scores and logits kept in steps of `STEP`. Of
positions they know those of the query; keys and values of the unsorted half are read at its mean
positional embedding.
"""

from collections.abc import Callable
from functools import cache, partial

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
    kept,
    knowing_the_task,
)
from analyses.instruments.ablation import ablate_direct_path
from analyses.instruments.circuits import direct_path, full_ov, full_qk, reads, typical_final_scale
from analyses.instruments.interventions import Intervention, head_ablations
from analyses.sorted_list.samples import N_PATTERNS, evaluation
from analyses.sorted_list.tables import unsorted_half
from models.problem import Problem
from models.sorted_list.task import SortedList

STEP = 0.05
"""In which scores and logits are written down: the best two answers of most predictions are
further apart."""

WORDS = ("score", "value")
DIRECT = (*WORDS, "direct")
PLACES = (*DIRECT, "score_place", "direct_place")
SINK = (*PLACES, "sep_score", "sep_place", "sep_value")
EVERYTHING = (*SINK, "sorted_score", "sorted_place", "sorted_value")


@cache
def tables(problem: Problem[SortedList]) -> dict[str, Tensor]:
    """All that these explanations write down, by name; `h` a head, `i` a label, `t` an answer."""
    task = problem.task
    n, labels = task.max_value + 1, task.label_positions
    scale = typical_final_scale(problem, evaluation(problem, N_PATTERNS))
    queries = [reads(problem, slice(p, p + 1)) for p in range(labels.start, labels.stop)]
    of_sep = slice(task.list_length, task.list_length + 1)
    found: dict[str, Tensor] = {}
    for name, places in (
        ("", unsorted_half(task)),
        ("sep_", of_sep),
        ("sorted_", slice(of_sep.stop, labels.stop)),
    ):
        keys = reads(problem, places)
        by_label = torch.stack([full_qk(problem, query, keys) for query in queries], dim=1)
        # [h, q, k], and [h, i, k] for what a label adds to it.
        score, place = _split(task, by_label)
        chosen = slice(task.sep, task.sep + 1) if name == "sep_" else slice(n)
        found[f"{name}score"] = score[..., chosen]
        found[f"{name}place" if name else "score_place"] = place[..., chosen]
        found[f"{name}value"] = full_ov(problem, keys, scale)[:, chosen]
    model = problem.model
    bias = model.b_O[0] @ model.W_U / scale + model.b_U
    found["direct"] = direct_path(problem, scale) + bias
    found["direct_place"] = model.W_pos[labels] @ model.W_U / scale
    return {name: kept(table, STEP) for name, table in found.items()}


def _split(
    task: SortedList, by_label: Float[Tensor, "head label query key"]
) -> tuple[Float[Tensor, "head query key"], Float[Tensor, "head label key"]]:
    """Scores as a part that the query's token decides, and one that its label adds.

    The first is the mean over b1 to b9, for SEP its own; the second the mean over the values that
    can stand at a label, and nothing for SEP.
    """
    score = by_label[:, 1:].mean(dim=1)
    rest = by_label - score.unsqueeze(1)
    place = torch.zeros_like(by_label[:, :, 0])
    for label in range(1, task.list_length):
        # So many values are smaller, and so many larger.
        last = task.max_value - (task.list_length - label)
        place[:, label] = rest[:, label, label - 1 : last + 1].mean(dim=1)
    score[:, task.sep] = by_label[:, 0, task.sep]
    return score, place


def added(
    parts: Float[Tensor, "part batch *label d_vocab_out"], averaged: int | None
) -> Float[Tensor, "batch *label d_vocab_out"]:
    """The sum of all parts, where that of one number is its mean over the sequences."""
    if averaged is not None and averaged < len(parts):
        parts = parts.clone()
        parts[averaged] = parts[averaged].mean(dim=0, keepdim=True)
    return parts.sum(dim=0)


def attend(tokens: Tokens, tables: Tables, length: int, averaged: int | None) -> Logits:
    """Add up what each head copies from all that it attends to, and what the query adds."""
    answers = []
    values = tokens[:, :length]
    for label in range(length):
        query = tokens[:, length + label, None]
        scores = [tables["score"][:, query, values]]
        copied = [tables["value"][:, values]]
        if "score_place" in tables:
            scores = [scores[0] + tables["score_place"][:, label, values]]
        if "sep_score" in tables:
            shift = tables["sep_place"][:, label, :, None]
            scores.append(tables["sep_score"][:, query, 0] + shift)
            copied.append(tables["sep_value"][:, :, None].expand(-1, len(tokens), -1, -1))
        if "sorted_score" in tables and label:
            written = tokens[:, length + 1 : length + 1 + label]
            shift = tables["sorted_place"][:, label, written]
            scores.append(tables["sorted_score"][:, query, written] + shift)
            copied.append(tables["sorted_value"][:, written])
        attention = torch.cat(scores, dim=2).softmax(dim=2)
        parts = [*torch.einsum("hbk,hbkt->hbt", attention, torch.cat(copied, dim=2))]
        if "direct" in tables:
            parts.append(tables["direct"][query[:, 0]])
        if "direct_place" in tables:
            parts.append(tables["direct_place"][label].expand_as(parts[0]))
        answers.append(added(torch.stack(parts), averaged))
    return torch.stack(answers, dim=1)


def attend_to_one(tokens: Tokens, tables: Tables, length: int, averaged: int | None) -> Logits:
    """The same where each head attends to the value that it scores highest, and to nothing else."""
    values = tokens[:, None, :length]
    scores = tables["score"][:, tokens[:, length : 2 * length, None], values]
    chosen = (
        values.expand(scores.shape[1:])
        .expand_as(scores)
        .gather(3, scores.argmax(dim=3, keepdim=True))
    )
    head = torch.arange(len(scores))[:, None, None]
    return added(tables["value"][head, chosen[..., 0]], averaged)


def attending(
    how: Callable[[Tokens, Tables, int, int | None], Logits],
    names: tuple[str, ...],
    problem: Problem[SortedList],
) -> Program:
    """The program that attends, in one way or the other, with these tables."""
    length = problem.task.list_length

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return how(tokens, tables, length, None)

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        # Behind the heads, counted from 0, comes the direct path.
        part = len(tables["score"]) if intervention == "direct" else int(intervention[2:])
        return how(tokens, tables, length, part)

    found = {name: tables(problem)[name] for name in names}
    return Program(predict, found, (how, added), under)


def ablations(problem: Problem[SortedList]) -> list[Intervention]:
    """Each head mean ablated, and the direct path."""
    return [
        *head_ablations(problem),
        Intervention("direct", "direct path mean ablated", ablate_direct_path),
    ]


def counting(problem: Problem[SortedList]) -> Program:
    """The program that says 0, 1, 2 ... from where it stands."""
    task = problem.task

    def predict(tokens: Tokens, tables: Tables) -> Answers:
        return (tokens[:, task.label_positions] + 1) % task.d_vocab

    return Program(predict)


EXPLANATIONS = [
    Explanation("counting", "The answer is the number after the one that was written.", counting),
    Explanation("sorting", "The answer is the right one.", knowing_the_task),
    Explanation(
        "in_words",
        "Each head attends to the value that it scores highest, and copies it.",
        partial(attending, attend_to_one, WORDS),
    ),
    Explanation(
        "spread",
        "Each head spreads its attention over the values to be sorted, and copies all of them.",
        partial(attending, attend, WORDS),
    ),
    Explanation(
        "direct",
        "And the token at the query favours some answers by itself, on the direct path.",
        partial(attending, attend, DIRECT),
    ),
    Explanation(
        "places",
        "And the query's position shifts scores, and favours some answers by itself.",
        partial(attending, attend, PLACES),
    ),
    Explanation("sink", "And SEP is attended to as well.", partial(attending, attend, SINK)),
    Explanation(
        "everything",
        "And so are the values that were sorted before.",
        partial(attending, attend, EVERYTHING),
    ),
]
"""The first is trivial, the second knows the task alone; the others add one thing each."""
