"""Explanations of the Palindromes model as programs, from what its task says to nearly all.

What they have in common: one head of layer 0 pays so much to the mirror from each place; of that,
and of nothing else, each head of layer 1 makes a score and a value, both linear in it; END spreads
its attention over places by their scores, with one more for the rest, and adds up values. What
they know of the first step is what tells them apart. Parameters of that step are read off the
weights, those of the second fitted to scores and values inside the model, on sequences that
nothing else is measured on; none to what it answers.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.evidence.explanations import Explanation, Logits, Program, kept, knowing_the_task
from analyses.instruments.ablation import mean_ablate
from analyses.instruments.activations import KEYS, QUERIES, RESID_PRE, VALUES, activations
from analyses.instruments.circuits import typical_final_scale
from analyses.instruments.heads import heads
from analyses.instruments.interventions import Intervention
from analyses.palindromes.comparing import comparer, looks
from analyses.palindromes.samples import Model
from analyses.palindromes.scores import scores
from analyses.palindromes.telling import paid_to_change, readers
from models.palindromes.task import NO, YES

N_FITTED = 4_000
"""Sequences to whose scores and values lines are fitted."""
FIT_SEED = 2309
SHARE_STEP = 0.02
"""In which attention is written down."""
STEP = 0.05
"""In which scores and logits are written down."""
Tables = Mapping[str, Tensor]
Tokens = Int[Tensor, "batch n_ctx"]
Answers = Int[Tensor, "batch label"]
Shares = Float[Tensor, "batch place"]


# What is read off the model


@cache
@torch.no_grad()
def told(problem: Model) -> dict[str, Tensor]:
    """What layer 1 makes of the attention that a place pays to its mirror, in logits of yes less
    no; `h` a head of layer 1, `p` a place.

    `score_level`, `score_slope`, `value_level`, `value_slope` are lines of least squares, [h, p];
    `rest_score`, `rest_value`, [h, 1], of all other positions together, means; `constant`, what
    stands at END without layer 1.
    """
    model, last = problem.model, problem.architecture.n_layers - 1
    tokens = problem.fresh(N_FITTED, FIT_SEED)
    places = list(problem.task.places)
    others = [position for position in range(tokens.shape[1]) if position not in places]
    yes = (model.W_U[:, YES] - model.W_U[:, NO]) / typical_final_scale(problem, tokens)
    asked = activations(problem, tokens, QUERIES, last)[:, -1]
    shown = activations(problem, tokens, KEYS, last)
    score = torch.einsum("bhd,bphd->bhp", asked, shown) / problem.architecture.d_head**0.5
    moved = activations(problem, tokens, VALUES, last)
    value = torch.einsum("bphd,hd->bhp", moved, model.W_O[last] @ yes)
    paid = looks(problem, comparer(problem), tokens).mirror
    found = {}
    for name, line in (("score", score), ("value", value)):
        at = line[:, :, places]
        off = paid - paid.mean(dim=0)
        slope = (at * off[:, None]).mean(dim=0) / off.square().mean(dim=0)
        found[f"{name}_slope"] = slope
        found[f"{name}_level"] = at.mean(dim=0) - slope * paid.mean(dim=0)
    rest = score[:, :, others]
    found["rest_score"] = rest.logsumexp(dim=2).mean(dim=0)[:, None]
    found["rest_value"] = (
        (rest.softmax(dim=2) * value[:, :, others]).sum(dim=2).mean(dim=0)[:, None]
    )
    at_end = activations(problem, tokens, RESID_PRE, last)[:, -1].mean(dim=0)
    found["constant"] = (at_end + model.b_O[last]) @ yes + model.b_U[YES] - model.b_U[NO]
    return {name: kept(table, STEP) for name, table in found.items()}


@cache
def paid(problem: Model) -> Float[Tensor, "place value value"]:
    """What the head that compares pays from each place and value to each value at its mirror.

    Exact but for the other positions: there each draws what it draws in the mean over values.
    """
    task, found = problem.task, scores(problem, comparer(problem))
    rows = []
    for number, place in enumerate(task.places):
        mirror, own = task.mirror(place) - 1, place - 1
        drawn = found.values[number, :, : own + 1]
        others = drawn.logsumexp(dim=2) - torch.tensor(float(drawn.shape[2])).log()
        others[:, own] = drawn[:, own].diagonal()
        others[:, mirror] = found.start[number]
        rows.append((drawn[:, mirror] - others.logsumexp(dim=1)[:, None]).sigmoid())
    return torch.stack(rows).float()


def paid_by_place(problem: Model) -> Float[Tensor, "place 2"]:
    """The mean of that over different values, and over equal ones."""
    table = paid(problem)
    n = table.shape[1]
    equal = table.diagonal(dim1=1, dim2=2).sum(dim=1)
    return torch.stack([(table.sum(dim=(1, 2)) - equal) / (n * n - n), equal / n], dim=1)


# Programs


def by_equality(own: Tokens, mirror: Tokens, tables: Tables) -> Shares:
    """Look up attention by place and whether the pair is equal."""
    return tables["paid"][torch.arange(own.shape[1]), (own == mirror).long()]


def by_pair(own: Tokens, mirror: Tokens, tables: Tables) -> Shares:
    """Look up attention by place and the two values."""
    return tables["paid"][torch.arange(own.shape[1]), own, mirror]


def tell(attention: Shares, tables: Tables, averaged: int | None) -> Logits:
    """What layer 1 says, where what one of its heads adds may be the mean over sequences."""
    seen = attention[:, None]
    score = tables["score_level"] + seen * tables["score_slope"]
    value = tables["value_level"] + seen * tables["value_slope"]
    rest = tables["rest_score"].expand(len(score), -1, -1)
    weight = torch.cat([score, rest], dim=2).softmax(dim=2)
    added = (weight[:, :, :-1] * value).sum(dim=2) + (weight[:, :, -1:] * tables["rest_value"])[
        :, :, 0
    ]
    if averaged is not None:
        added[:, averaged] = added[:, averaged].mean()
    yes = added.sum(dim=1) + tables["constant"]
    return torch.stack([0 * yes, yes], dim=1)[:, None]


def comparing(
    how: Callable[[Tokens, Tokens, Tables], Shares],
    read: Callable[[Model], Tensor],
    problem: Model,
) -> Program:
    """The program that compares in one way or the other, and tells what it found."""
    half, last = problem.task.length // 2, problem.task.length + 1
    first, later = str(comparer(problem)), [str(reader) for reader in readers(problem)]

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return under(tokens, tables, "")

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        mirror = tokens[:, 1 : half + 1].flip(1)
        attention = how(tokens[:, half + 1 : last], mirror, tables)
        if intervention == first:
            attention = attention.mean(dim=0).expand_as(attention)
        averaged = later.index(intervention) if intervention in later else None
        return tell(attention, tables, averaged)

    found = {**told(problem), "paid": kept(read(problem), SHARE_STEP)}
    return Program(predict, found, (how, tell, under), under)


def all_or_nothing(problem: Model) -> Program:
    """The program of the published words.

    A head of layer 1 reads those places to which END pays most of its attention there if they
    alone differ; it says no if one of them does.
    """
    half, last = problem.task.length // 2, problem.task.length + 1
    first, later = str(comparer(problem)), [str(reader) for reader in readers(problem)]

    def predict(tokens: Tokens, tables: Tables) -> Answers:
        return under(tokens, tables, "")

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Answers:
        differs = tokens[:, half + 1 : last] != tokens[:, 1 : half + 1].flip(1)
        found = (differs[:, None] & tables["reads"]).any(dim=2)
        if intervention in later:
            found[:, later.index(intervention)] = False
        if intervention == first:
            found[:] = False
        return (~found.any(dim=1, keepdim=True)).long()

    return Program(predict, {"reads": paid_to_change(problem).T > 0.5}, (under,), under)


def ablations(problem: Model) -> list[Intervention]:
    """Each head mean ablated."""
    return [
        Intervention(str(head), f"head {head} mean ablated", partial(mean_ablate, parts=head))
        for head in heads(problem)
    ]


TASK = Explanation("task", "It says yes exactly where all pairs are equal.", knowing_the_task)
BY_PLACE = Explanation(
    "by_place",
    "A place pays much to its mirror if the pair is equal and little if not, by place; END spreads "
    "its attention by that, and adds up.",
    partial(comparing, by_equality, paid_by_place),
)
BY_VALUES = Explanation(
    "by_values",
    "What a place pays to its mirror depends on the two values, as the QK circuit has it.",
    partial(comparing, by_pair, paid),
)
EXPLANATIONS = [
    TASK,
    Explanation(
        "published_words",
        "One head sees which pairs differ, all or nothing; each head of layer 1 tells END of those "
        "at the places that it reads.",
        all_or_nothing,
    ),
    BY_PLACE,
    BY_VALUES,
]
"""The first knows the task alone."""
