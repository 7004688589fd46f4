"""Explanations of the Palindromes model as programs, from what its task says to nearly all.

In those that know more than which pairs differ, each head of layer 1 makes a score and a value of
each place; END spreads its attention over places by their scores, with one more for the rest, and
adds up values. What they know of a place tells them apart: how much it pays to its mirror, in two
ways, of which score and value are linear functions; or all that heads of layer 0 move there.
Parameters are read off the weights, or fitted to what stands inside the model on sequences that
nothing else is measured on; none to what it answers.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import one_hot

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
from analyses.instruments.activations import (
    KEYS,
    LN1_SCALE,
    QUERIES,
    RESID_PRE,
    VALUES,
    Z,
    activations,
)
from analyses.instruments.circuits import reads, typical_final_scale, w_ov
from analyses.instruments.heads import Head, heads
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
SCALE_STEP = 0.002
"""In which what LayerNorm divides by is written down."""
Shares = Float[Tensor, "batch place"]


# What is read off the model


class Inside(NamedTuple):
    """What layer 1 makes of sequences, at END; `head` is one of layer 1, values are in logits of
    yes less no.
    """

    tokens: Tokens
    score: Float[Tensor, "batch head pos"]
    """What END gives each position."""
    value: Float[Tensor, "batch head pos"]
    """What it would hear if it paid all its attention to it."""
    directions: Float[Tensor, "two_heads d_model"]
    """Of what is read there, those along which scores change, and then those along which values
    do; END's query is taken as its mean."""
    bias: Float[Tensor, " two_heads"]
    """What scores and values have besides."""
    constant: Float[Tensor, ""]
    """What stands at END without layer 1, mean."""


@cache
@torch.no_grad()
def inside(problem: Model) -> Inside:
    """Run the model on sequences that nothing else is measured on.

    Raises:
        ValueError: if it is no attention-only model with LayerNorm.
    """
    model, sizes = problem.model, problem.architecture
    if not sizes.attn_only or sizes.normalization is None:
        raise ValueError(
            f"{problem.card.slug}: expected an attention-only model with LayerNorm; what an MLP "
            "adds is not among the terms of these explanations"
        )
    last = sizes.n_layers - 1
    tokens = problem.fresh(N_FITTED, FIT_SEED)
    yes = (model.W_U[:, YES] - model.W_U[:, NO]) / typical_final_scale(problem, tokens)
    query = activations(problem, tokens, QUERIES, last)[:, -1] / sizes.d_head**0.5
    out = model.W_O[last] @ yes
    at_end = activations(problem, tokens, RESID_PRE, last)[:, -1].mean(dim=0)
    shown, held = (activations(problem, tokens, name, last) for name in (KEYS, VALUES))
    mean = query.mean(dim=0)
    pairs = ((model.W_K, mean), (model.W_V, out))
    biases = ((model.b_K, mean), (model.b_V, out))
    return Inside(
        tokens=tokens,
        score=torch.einsum("bhd,bphd->bhp", query, shown),
        value=torch.einsum("bphd,hd->bhp", held, out),
        directions=torch.cat([(w[last] @ by[:, :, None])[:, :, 0] for w, by in pairs]),
        bias=torch.cat([(b[last] * by).sum(dim=1) for b, by in biases]),
        constant=(at_end + model.b_O[last]) @ yes + model.b_U[YES] - model.b_U[NO],
    )


@cache
def rest(problem: Model) -> dict[str, Tensor]:
    """What layer 1 makes of all that is no place, means: `rest_score` and `rest_value` of its
    heads, [h, 1], and the `constant` beside them.
    """
    found = inside(problem)
    others = [p for p in range(found.tokens.shape[1]) if p not in problem.task.places]
    score, value = found.score[:, :, others], found.value[:, :, others]
    tables = {
        "rest_score": score.logsumexp(dim=2).mean(dim=0)[:, None],
        "rest_value": (score.softmax(dim=2) * value).sum(dim=2).mean(dim=0)[:, None],
        "constant": found.constant,
    }
    return {name: kept(table, STEP) for name, table in tables.items()}


def line(
    x: Float[Tensor, "batch place"], y: Float[Tensor, "batch head place"]
) -> tuple[Float[Tensor, "head place"], Float[Tensor, "head place"]]:
    """Level and slope of least squares, of each head and place."""
    off = x - x.mean(dim=0)
    slope = (y * off[:, None]).mean(dim=0) / off.square().mean(dim=0)
    return y.mean(dim=0) - slope * x.mean(dim=0), slope


@cache
def lines(problem: Model) -> dict[str, Tensor]:
    """What layer 1 makes of the attention that a place pays to its mirror: lines of least squares,
    [h, p], of scores and values.
    """
    found, places = inside(problem), list(problem.task.places)
    seen = looks(problem, comparer(problem), found.tokens).mirror
    score = line(seen, found.score[:, :, places])
    value = line(seen, found.value[:, :, places])
    names = ("score_level", "score_slope", "value_level", "value_slope")
    tables = zip(names, (*score, *value), strict=True)
    return {name: kept(table, STEP) for name, table in tables}


@cache
@torch.no_grad()
def contents(problem: Model) -> dict[str, Tensor]:
    """What a place is to layer 1 by the value that stands there and what the head that compares
    moves there, along `Inside.directions`.

    `asks` and `shows` make the head's attention; `moves` is what it moves of each token at each
    position; `stands` what stands at a place without it, of other heads of layer 0 the mean;
    `bias` what LayerNorm does not divide. It divides by `scale_level`, by place and value, and
    `scale_slope` times what the place pays to its mirror.
    """
    model, task, found = problem.model, problem.task, inside(problem)
    places, n = list(task.places), task.start + 1
    # What is read has mean zero.
    directions = (found.directions - found.directions.mean(dim=1, keepdim=True)).T
    read = torch.stack([reads(problem, p, layer=0).total()[:n] for p in range(task.places.stop)])
    first = comparer(problem)
    besides = model.W_pos[places] + model.b_O[0]
    for head in (head for head in heads(problem) if head.layer == 0 and head != first):
        z = activations(problem, found.tokens, Z, 0)[:, places, head.number].mean(dim=0)
        besides = besides + z @ model.W_O[0][head.number]
    level, slope = _scales(problem, first)
    shares = {
        "asks": scores(problem, first).asks.float(),
        "shows": scores(problem, first).shows.float(),
        "moves": read @ w_ov(problem, 0)[first.number] @ directions,
        "stands": (model.W_E[: n - 1] + besides[:, None]) @ directions,
    }
    finer = {"scale_level": kept(level, SCALE_STEP), "scale_slope": kept(slope, SCALE_STEP)}
    tables = {name: kept(table, STEP) for name, table in shares.items()}
    return {**tables, **finer, "bias": kept(found.bias, STEP)}


def _scales(
    problem: Model, head: Head
) -> tuple[Float[Tensor, "place value"], Float[Tensor, " place"]]:
    """What LayerNorm divides a place by, as a level by value and a slope by attention; least
    squares.
    """
    task, found = problem.task, inside(problem)
    places, last = list(task.places), problem.architecture.n_layers - 1
    paid = looks(problem, head, found.tokens).mirror[:, :, None]
    values = one_hot(found.tokens[:, places], task.start).to(paid)
    scale = activations(problem, found.tokens, LN1_SCALE, last)[:, places]
    sides = torch.cat([values, paid], dim=2).transpose(0, 1).cpu().double()
    solved = torch.linalg.lstsq(sides, scale.transpose(0, 1).cpu().double(), driver="gelsd")
    fitted = solved.solution[:, :, 0].to(scale)
    return fitted[:, :-1], fitted[:, -1]


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


def tell(
    score: Float[Tensor, "batch head place"],
    value: Float[Tensor, "batch head place"],
    tables: Tables,
    averaged: int | None,
) -> Logits:
    """What END says, where what one head of layer 1 adds may be the mean over sequences."""
    rest = tables["rest_score"].expand(len(score), -1, -1)
    weight = torch.cat([score, rest], dim=2).softmax(dim=2)
    held = torch.cat([value, tables["rest_value"].expand_as(rest)], dim=2)
    added = (weight * held).sum(dim=2)
    if averaged is not None:
        added[:, averaged] = added[:, averaged].mean()
    yes = added.sum(dim=1) + tables["constant"]
    return torch.stack([0 * yes, yes], dim=1)[:, None]


def comparing(
    how: Callable[[Tokens, Tokens, Tables], Shares],
    read: Callable[[Model], Tensor],
    problem: Model,
) -> Program:
    """The program that compares in one way or the other, and makes scores and values of that."""
    half, last = problem.task.length // 2, problem.task.length + 1
    first, later = str(comparer(problem)), [str(reader) for reader in readers(problem)]

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return under(tokens, tables, "")

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        mirror = tokens[:, 1 : half + 1].flip(1)
        seen = how(tokens[:, half + 1 : last], mirror, tables)
        if intervention == first:
            seen = seen.mean(dim=0).expand_as(seen)
        seen = seen[:, None]
        score = tables["score_level"] + seen * tables["score_slope"]
        value = tables["value_level"] + seen * tables["value_slope"]
        averaged = later.index(intervention) if intervention in later else None
        return tell(score, value, tables, averaged)

    found = {**rest(problem), **lines(problem), "paid": kept(read(problem), SHARE_STEP)}
    return Program(predict, found, (how, tell, under), under)


def follow(
    tokens: Tokens, tables: Tables, half: int
) -> tuple[Float[Tensor, "batch place two_heads"], Shares]:
    """What the head that compares moves to each place, along the directions that layer 1 reads,
    and what it pays to the mirror; of `half` places.
    """
    device = tokens.device
    place = torch.arange(half, device=device)
    position = torch.arange(2 * half + 1, device=device)
    own, read = tokens[:, place + half + 1], tokens[:, position]
    score = tables["asks"][place, own] @ tables["shows"][position, read].mT
    after = position > place[:, None] + half + 1
    attention = score.masked_fill(after, -torch.inf).softmax(dim=2)
    return attention @ tables["moves"][position, read], attention[:, place, half - place]


def moving(problem: Model) -> Program:
    """The program that follows what the head that compares moves to each place."""
    half = problem.task.length // 2
    first, later = str(comparer(problem)), [str(reader) for reader in readers(problem)]

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return under(tokens, tables, "")

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        moved, paid = follow(tokens, tables, half)
        if intervention == first:
            moved = moved.mean(dim=0)
        place = torch.arange(half, device=tokens.device)
        own = tokens[:, place + half + 1]
        scale = tables["scale_level"][place, own] + paid * tables["scale_slope"]
        found = (tables["stands"][place, own] + moved) / scale[:, :, None] + tables["bias"]
        score, value = found.mT.chunk(2, dim=1)
        averaged = later.index(intervention) if intervention in later else None
        return tell(score, value, tables, averaged)

    found = {**rest(problem), **contents(problem)}
    return Program(predict, found, (follow, tell, under), under)


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
CONTENT = Explanation(
    "content",
    "What the head that compares moves to a place, from its mirror, itself and elsewhere, and the "
    "value that stands there, make its score and its value.",
    moving,
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
    CONTENT,
]
"""The first knows the task alone. The last was stated after the others had been put to the test."""
