"""What the pages say about single lists and single heads, found by code."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.attribution import Attribution
from analyses.instruments.circuits import copying_heads, runs
from analyses.instruments.heads import heads
from analyses.sorted_list.defaults import default
from analyses.sorted_list.triples import PARTS, TripleEffects, favours, right_without
from analyses.write_ups.numerals import percent
from models.problem import Problem
from models.scoring import answer_log_probs
from models.sorted_list.task import SortedList
from models.task import Task


def ranges(values: list[int]) -> str:
    """Ascending values as text.

    >>> ranges([0, 1, 2, 7, 9, 10])
    '0–2, 7, 9–10'
    """
    return ", ".join(
        str(first) if first == last else f"{first}\N{EN DASH}{last}" for first, last in runs(values)
    )


def copied_ranges(problem: Problem[SortedList], ov: Float[Tensor, "head value value"]) -> str:
    """Which head copies which values: `head 0.0 copies 1–11, ...`."""
    copied_by = copying_heads(ov)
    return "; ".join(
        f"head {head} copies "
        f"{ranges((copied_by == head.number).nonzero().flatten().tolist()) or 'none'}"
        for head in heads(problem)
    )


def answer_keys(
    task: SortedList, tokens: Int[Tensor, "batch n_ctx"]
) -> list[list[tuple[int, int]]]:
    """For each list, where its right answers stand in the unsorted half, as (query, key).

    >>> task = SortedList(list_length=3, max_value=9)
    >>> answer_keys(task, task.encode([[7, 0, 5]]))
    [[(3, 1), (4, 2), (5, 0)]]
    """
    queries = range(task.n_ctx)[task.label_positions]
    return [
        [(query, row.index(answer)) for query, answer in zip(queries, answers, strict=True)]
        for row, answers in zip(tokens.tolist(), task.answers(tokens).tolist(), strict=True)
    ]


def mistakes(
    problem: Problem[SortedList], tokens: Int[Tensor, "batch n_ctx"]
) -> list[list[object]]:
    """Rows of a table: each list sorted, its first wrong prediction, the right one, where."""
    tokens = tokens.to(problem.device)
    predicted = problem.logits(tokens)[:, problem.task.label_positions].argmax(dim=-1)
    answers = problem.task.answers(tokens)
    rows: list[list[object]] = []
    for answer, prediction in zip(answers.tolist(), predicted.tolist(), strict=True):
        wrong = [i for i in range(len(answer)) if answer[i] != prediction[i]]
        listed = ", ".join(map(str, answer))
        if not wrong:
            rows.append([listed, "none", "", ""])
            continue
        first = wrong[0]
        place = "SEP" if first == 0 else str(answer[first - 1])
        word = problem.task.vocabulary[prediction[first]]
        rows.append([listed, f"{word} at {place}", answer[first], len(wrong)])
    return rows


class BeforeGap(NamedTuple):
    """At the value before the widest gap of a list."""

    likely: float
    """Probability of the right answer, the value beyond the gap."""
    to_itself: float
    """Attention that the value pays to itself, in both halves together; of the head that pays it
    most."""


def before_widest_gap(
    problem: Problem[SortedList], tokens: Int[Tensor, "batch n_ctx"]
) -> list[BeforeGap]:
    """What the model does there, list by list."""
    size = problem.task.answers(tokens).diff(dim=1)
    widest = torch.nn.functional.one_hot(size.argmax(dim=1), size.shape[1]).bool()
    log_probs = answer_log_probs(problem.task, problem.logits(tokens), tokens)
    to_itself = default(problem, tokens, widest).to_itself.amax(dim=1)
    likely = log_probs[:, 1:][widest].exp()
    return [BeforeGap(*found) for found in zip(likely.tolist(), to_itself.tolist(), strict=True)]


def triple_rows(
    problem: Problem[SortedList],
    effects: TripleEffects,
    copier: Int[Tensor, " batch"],
) -> list[list[object]]:
    """Rows of a table: for each list, which head attends most to y and z and how, which head
    copies y, and by how much each part favours y over z.
    """
    most = effects.strongest()
    given, names = favours(problem, effects, most), [str(head) for head in heads(problem)]
    right = right_without(problem, effects, most, ())
    rows: list[list[object]] = []
    found = effects.triples
    named = torch.cat([found.d[:, None], found.predictions], dim=1).tolist()
    for number, triple in enumerate(named):
        head = int(most[number])
        to_y, to_z = effects.attention[number, head].tolist()
        this, this_rest, other, other_rest, *rest = given[number].tolist()
        shown = (this, other, this_rest + other_rest, sum(rest), sum(given[number].tolist()))
        rows.append(
            [
                ", ".join(map(str, triple)),
                f"{names[head]}: {to_y:.2f} / {to_z:.2f}",
                names[int(copier[number])],
                *(f"{part:+.2f}" for part in shown),
                "y" if right[number] else "not y",
            ]
        )
    return rows


def part_rows(
    problem: Problem[SortedList],
    effects: TripleEffects,
    head: Int[Tensor, " batch"],
    this: str,
) -> list[list[object]]:
    """Rows of a table: for each of `triples.PARTS`, as seen from a head called `this`, by how
    much it favours y over z and how often; and how often the model still says y with it mean
    ablated. Over the puzzling lists; the last row is the sum.
    """
    puzzling = effects.puzzling()
    given = favours(problem, effects, head)[puzzling].double()

    def row(name: str, part: Tensor, ablated: Sequence[int]) -> list[object]:
        shares = ((part > 0), right_without(problem, effects, head, ablated)[puzzling])
        shown = (percent(float(share.double().mean())) for share in shares)
        return [name.replace("this head", this), f"{part.mean():+.2f}", *shown]

    rows = [row(name, given[:, part], [part]) for part, name in enumerate(PARTS)]
    return [*rows, row("all, nothing ablated", given.sum(dim=1), [])]


def peaks(
    problem: Problem[SortedList],
    scores: Float[Tensor, "head value"],
    copies: Int[Tensor, " value"],
) -> str:
    """Where the scores of each head are largest, and whether that head copies what is there."""
    found = []
    for head in heads(problem):
        key = int(scores[head.number].argmax())
        whose = "which it copies" if copies[key] == head.number else "which it does not copy"
        found.append(f"head {head} at {key}, {whose}")
    return "; ".join(found)


def margin_by_part(
    parts: Attribution, tokens: Int[Tensor, "batch n_ctx"], task: Task
) -> list[list[float]]:
    """For the direct path and each head, what it adds to the answer's logit by label.

    Relative to what it adds to the mean logit, and averaged over lists.
    """
    answers = task.answers(tokens).unsqueeze(-1)
    terms = [parts.direct, *parts.heads.unbind(dim=1)]
    centred = [
        term[:, task.label_positions] - term[:, task.label_positions].mean(-1, keepdim=True)
        for term in terms
    ]
    return [term.gather(-1, answers).squeeze(-1).mean(dim=0).tolist() for term in centred]


def descending_pairs(scores: Float[Tensor, "head value"]) -> float:
    """Share of pairs of values whose smaller one scores higher, in the best head."""
    larger = scores.unsqueeze(2) > scores.unsqueeze(1)
    pairs = torch.ones_like(larger[0]).triu(diagonal=1)
    return float(larger[:, pairs].double().mean(dim=1).max())


def zero_above_rest(
    scores: Float[Tensor, "head query value"], queries: Sequence[int]
) -> Float[Tensor, "head some_query"]:
    """How far each head scores 0 above the mean of the other values below the query."""
    return torch.stack([scores[:, d, 0] - scores[:, d, 1:d].mean(dim=1) for d in queries], dim=1)


def neighbours_raised(ov: Float[Tensor, "head value value"]) -> tuple[float, float]:
    """What attending to a value adds to the logits of its lower and its upper neighbour, in
    the head that copies it; mean over the values that have both, in logits.
    """
    copied_by = copying_heads(ov)
    inner = torch.arange(1, ov.shape[1] - 1, device=ov.device)
    copier = ov[copied_by[inner], inner]
    lower = copier.gather(1, (inner - 1)[:, None]).mean()
    upper = copier.gather(1, (inner + 1)[:, None]).mean()
    return float(lower), float(upper)


def by_answer(
    found: Tensor, answers: Int[Tensor, "batch label"], values: Sequence[int]
) -> list[float]:
    """Mean of `found` `[batch, label]` over the labels with each answer; 0 where none."""
    return [
        float(found[answers == value].double().mean()) if (answers == value).any() else 0.0
        for value in values
    ]
