"""What the write-up says about the Sorted List model, each with its measurement."""

from collections.abc import Callable
from functools import cache

import torch
from jaxtyping import Int
from torch import Tensor

from analyses.answers import Answers, answers
from analyses.attention import label_patterns, most_attended
from analyses.circuits import (
    Scales,
    copied_sets,
    copying_heads,
    full_ov,
    full_qk,
    position_qk,
    typical_scales,
)
from analyses.claims import Claim, Control, Measurement
from analyses.interventions import ablate_direct_path, mean_ablate_head
from analyses.sorted_list import adversarial, triples
from models.problem import Problem
from models.scoring import answer_log_probs
from models.sorted_list.task import SortedList

N_LISTS = 10_000
"""Fresh lists that the claims about behaviour are sampled on."""
N_PATTERNS = 2_000
"""Fresh lists that the claims about attention and ablation are sampled on."""
N_FAMILY = 5_000
"""Lists of each adversarial family."""
PER_TRIPLE = 40
"""Random lists around each triple d, d + 1, d + 2."""
SEED = 2310


@cache
def evaluation(problem: Problem[SortedList], n: int = N_LISTS) -> Int[Tensor, "batch n_ctx"]:
    """The evaluation lists: fresh, the same for every model."""
    return problem.fresh(n, SEED)


@cache
def scales(problem: Problem[SortedList]) -> Scales:
    """Typical LayerNorm scales on evaluation lists."""
    return typical_scales(problem, evaluation(problem, N_PATTERNS))


@cache
def sampled_triples(problem: Problem[SortedList]) -> triples.Triples:
    """The lists of the d, d + 1, d + 2 puzzle."""
    generator = torch.Generator().manual_seed(SEED)
    return triples.sample(problem.task, PER_TRIPLE, generator, problem.device)


def family_lists(problem: Problem[SortedList], name: str) -> Int[Tensor, "batch n_ctx"]:
    """The sampled lists of a family, on the CPU."""
    return adversarial.FAMILIES[name](problem.task, N_FAMILY, torch.Generator().manual_seed(SEED))


@cache
def family(problem: Problem[SortedList], name: str) -> adversarial.Score:
    """How the model does on a family of lists."""
    return adversarial.score(problem, family_lists(problem, name))


@cache
def answered(problem: Problem[SortedList]) -> Answers:
    """How the model answers the evaluation lists."""
    return answers(problem, evaluation(problem))


def accuracy(problem: Problem[SortedList]) -> Measurement:
    """Correct predictions."""
    return answered(problem).accuracy()


def mean_loss(problem: Problem[SortedList]) -> Measurement:
    """Cross entropy, nats."""
    return answered(problem).loss()


def finds_answer(problem: Problem[SortedList], labels: slice) -> Measurement:
    """Share of labels, list by list, at which some head attends most to the answer."""
    tokens = evaluation(problem, N_PATTERNS)
    seen = most_attended(label_patterns(problem, tokens), tokens)
    found = (seen == problem.task.answers(tokens).unsqueeze(1)).any(dim=1)
    return Measurement.mean(found[:, labels].double().mean(dim=1).tolist())


def ablation_cost(problem: Problem[SortedList], head: int) -> Measurement:
    """Increase in loss, list by list, when a head is mean ablated."""
    tokens = evaluation(problem, N_PATTERNS)
    with_head = answer_log_probs(problem.task, problem.logits(tokens), tokens)
    without = answer_log_probs(problem.task, mean_ablate_head(problem, tokens, head), tokens)
    return Measurement.mean((with_head - without).mean(dim=1).tolist())


def least_ablation_cost(problem: Problem[SortedList]) -> Measurement:
    """The ablation cost of the head that matters least."""
    costs = [ablation_cost(problem, head) for head in range(problem.architecture.n_heads)]
    return min(costs, key=lambda cost: cost.value)


def values_copied(problem: Problem[SortedList]) -> Measurement:
    """Share of values whose own logit is the one that some head raises most."""
    ov = _value_ov(problem)
    copied = set().union(*copied_sets(ov))
    return Measurement(len(copied) / ov.shape[1], ov.shape[1])


def head_changes(problem: Problem[SortedList]) -> Measurement:
    """How often the copying head changes from one value to the next."""
    heads = copying_heads(_value_ov(problem))
    return Measurement(float((heads[1:] != heads[:-1]).sum()), len(heads) - 1)


NEAR = 3
"""How many values above (or below) a query count as just above (or below) it."""
FAR = 10
"""From how many values above a query on a key counts as far above it."""


def prefers_above_to_below(problem: Problem[SortedList], other: bool = False) -> Measurement:
    """Share of query values that score the values just above higher than those just below.

    Measured in the head that copies the next value, or with `other` in those that do not.
    """
    qk, heads, top = _value_qk(problem)
    return _share_of_queries(
        [
            qk[head, d, d + 1 : d + 1 + NEAR].mean() > qk[head, d, d - NEAR : d].mean()
            for d in range(NEAR, top - NEAR + 1)
            for head in range(len(qk))
            if (head == heads[d + 1]) != other
        ]
    )


def prefers_near_to_far(problem: Problem[SortedList]) -> Measurement:
    """Share of query values that score the values just above higher than those far above.

    Measured in the head that copies the next value.
    """
    qk, heads, top = _value_qk(problem)
    return _share_of_queries(
        [
            qk[heads[d + 1], d, d + 1 : d + 1 + NEAR].mean() > qk[heads[d + 1], d, d + FAR :].mean()
            for d in range(top - FAR + 1)
        ]
    )


def orders_above(problem: Problem[SortedList], other: bool = False) -> Measurement:
    """Share of pairs among the `FAR` values above a query whose smaller one scores higher.

    Measured in the head that copies the next value, or with `other` in those that do not.
    """
    qk, heads, top = _value_qk(problem)
    rows = [
        qk[head, d, d + 1 : d + 1 + FAR]
        for d in range(top - FAR + 1)
        for head in range(len(qk))
        if (head == heads[d + 1]) != other
    ]
    return _share_of_queries(
        [row[i] > row[j] for row in rows for i in range(FAR) for j in range(i + 1, FAR)]
    )


def zero_after_sep(problem: Problem[SortedList]) -> Measurement:
    """The most that position alone favours 0 over the other values, after SEP.

    Score units; the largest over heads and positions b1 to b9.
    """
    excess = _zero_by_position(problem)[:, 1:]
    return Measurement(float(excess.max()), excess.numel())


def zero_at_sep(problem: Problem[SortedList]) -> Measurement:
    """The least that position alone favours 0 over the other values, at SEP."""
    excess = _zero_by_position(problem)[:, 0]
    return Measurement(float(excess.min()), excess.numel())


@cache
def puzzling_triples(problem: Problem[SortedList]) -> triples.TripleEffects:
    """Triples whose strongest head attends more to z than to y."""
    return triples.effects(problem, sampled_triples(problem)).puzzling_only()


def right_all_the_same(problem: Problem[SortedList]) -> Measurement:
    """Share of puzzling triples in which the model predicts y."""
    return Measurement.share(puzzling_triples(problem).correct.tolist())


def other_head_suppresses(problem: Problem[SortedList]) -> Measurement:
    """Share of puzzling triples in which the other head lowers the logit of z."""
    return Measurement.share((puzzling_triples(problem).other_head()[:, 1] < 0).tolist())


def right_without_direct_path(problem: Problem[SortedList]) -> Measurement:
    """Share of puzzling triples predicted right with the direct path mean ablated."""
    sampled = sampled_triples(problem)
    puzzling = triples.effects(problem, sampled).puzzling()
    logits = ablate_direct_path(problem, sampled.tokens)
    rows = torch.arange(len(sampled.d), device=logits.device)
    right = logits[rows, sampled.query].argmax(dim=-1) == sampled.d + 1
    return Measurement.share(right[puzzling].tolist())


def sources_favour_y(problem: Problem[SortedList]) -> Measurement:
    """Share of puzzling triples whose two sources, together, raise y more than z."""
    to_y, to_z = puzzling_triples(problem).moved.sum(dim=(1, 2)).unbind(dim=1)
    return Measurement.share((to_y > to_z).tolist())


def failing(name: str) -> Callable[[Problem[SortedList]], Measurement]:
    """A measurement: the share of lists of a family with a wrong prediction."""
    return lambda problem: Measurement.share(family(problem, name).fails().tolist())


def _value_ov(problem: Problem[SortedList]) -> Tensor:
    values = problem.task.max_value + 1
    return full_ov(problem, scales(problem))[:, :values, :values]


def _value_qk(problem: Problem[SortedList]) -> tuple[Tensor, list[int], int]:
    values = problem.task.max_value + 1
    qk = full_qk(problem, scales(problem))[:, :values, :values]
    return qk, copying_heads(_value_ov(problem)).tolist(), problem.task.max_value


def _zero_by_position(problem: Problem[SortedList]) -> Tensor:
    values = problem.task.max_value + 1
    rows = position_qk(problem, scales(problem))[:, problem.task.label_positions, :values]
    return rows[..., 0] - rows[..., 1:].mean(dim=-1)


def _share_of_queries(preferred: list[Tensor]) -> Measurement:
    return Measurement(float(torch.stack(preferred).double().mean()), len(preferred))


CLAIMS = [
    Claim(
        name="sorts",
        sentence="The model sorts lists it has never seen.",
        quantity="share of correct predictions, mean over lists",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.995,
        measure=accuracy,
    ),
    Claim(
        name="is_sure",
        sentence="It is sure of the right answer.",
        quantity="cross entropy, mean over lists",
        unit="nats",
        evidence="sampled",
        comparison="at most",
        threshold=0.05,
        measure=mean_loss,
    ),
    Claim(
        name="sep_finds_smallest",
        sentence="At SEP, some head attends most to the smallest value.",
        quantity="share of lists",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.9,
        measure=lambda problem: finds_answer(problem, slice(0, 1)),
    ),
    Claim(
        name="value_finds_next",
        sentence="At a sorted value, some head attends most to the smallest value above it.",
        quantity="share of predictions after SEP, mean over lists",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.8,
        measure=lambda problem: finds_answer(problem, slice(1, None)),
    ),
    Claim(
        name="both_heads_needed",
        sentence="Neither head can be spared.",
        quantity="increase in loss when the less important head is mean ablated",
        unit="nats",
        evidence="sampled",
        comparison="at least",
        threshold=0.5,
        measure=least_ablation_cost,
    ),
    Claim(
        name="every_value_copied",
        sentence="Every value is copied: a head that attends to it raises its logit most.",
        quantity="share of the values, by the full OV circuits",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=1.0,
        measure=values_copied,
    ),
    Claim(
        name="ranges_divided",
        sentence="The heads divide the values into a few ranges, one head copying each.",
        quantity="changes of the copying head from a value to the next",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=8.0,
        measure=head_changes,
    ),
    Claim(
        name="above_before_below",
        sentence="A value prefers what lies just above it to what lies just below it.",
        quantity="share of query values, full QK circuit of the head that copies the next value",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        measure=prefers_above_to_below,
    ),
    Claim(
        name="near_before_far",
        sentence="A value prefers what lies just above it to what lies far above it.",
        quantity="share of query values, full QK circuit of the head that copies the next value",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=0.9,
        measure=prefers_near_to_far,
    ),
    Claim(
        name="position_starts_at_zero",
        sentence="At SEP, position alone favours 0.",
        quantity="score of 0 less the mean of the others, smallest over heads",
        unit="",
        evidence="exhaustive",
        comparison="at least",
        threshold=1.0,
        measure=zero_at_sep,
    ),
    Claim(
        name="position_shuns_zero",
        sentence="After SEP, position alone keeps every head away from 0.",
        quantity="score of 0 less the mean of the others, largest over heads and positions",
        unit="",
        evidence="exhaustive",
        comparison="at most",
        threshold=-1.0,
        measure=zero_after_sep,
    ),
    Claim(
        name="right_on_puzzling_triples",
        sentence="Where d attends more to d + 2 than to d + 1, the model still predicts d + 1.",
        quantity="share of such lists",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.99,
        measure=right_all_the_same,
    ),
    Claim(
        name="other_head_suppresses",
        sentence="It is right because the other head suppresses d + 2.",
        quantity="share of such lists in which the other head lowers the logit of d + 2",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.9,
        measure=other_head_suppresses,
        refuted=True,
    ),
    Claim(
        name="direct_path_decides",
        sentence="It is right because of the direct path.",
        quantity="share of such lists still predicted right without the direct path",
        unit="",
        evidence="sampled",
        comparison="at most",
        threshold=0.5,
        measure=right_without_direct_path,
        refuted=True,
    ),
    Claim(
        name="sources_favour_next",
        sentence="It is right because d + 1 and d + 2 together, as sources, raise d + 1 more.",
        quantity="share of such lists, direct logit attribution from both sources",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.9,
        measure=sources_favour_y,
    ),
    Claim(
        name="high_lists_fail",
        sentence="Lists of high values only are sorted wrongly.",
        quantity="share of lists with a wrong prediction",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.5,
        measure=failing("high"),
        controls=(Control("random lists, same model", measure=failing("random")),),
    ),
    Claim(
        name="gap_lists_fail",
        sentence="Lists with a large gap are sorted wrongly.",
        quantity="share of lists with a wrong prediction",
        unit="",
        evidence="sampled",
        comparison="at least",
        threshold=0.5,
        measure=failing("gap"),
        controls=(Control("random lists, same model", measure=failing("random")),),
    ),
]
"""In the order of the write-up. Thresholds were stated before the measurement."""
