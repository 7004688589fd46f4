"""What the page says about single parts and single sequences, found by code."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.cumulative_sum import claims
from analyses.cumulative_sum.certificate import Certificate, Hardest
from analyses.cumulative_sum.directions import Cosines
from analyses.cumulative_sum.neurons import Sides, sides
from analyses.cumulative_sum.one_dimensional import line, sums_at
from analyses.cumulative_sum.uniform import uniform
from analyses.instruments.ablation import zero_ablate
from analyses.instruments.attribution import Attribution
from analyses.instruments.parts import Neurons
from analyses.write_ups.numerals import percent
from models.cumulative_sum.task import CLASSES, ZERO, CumulativeSum
from models.problem import Problem
from models.scoring import is_correct, loss, margins

SIGNS = (-1, 0, 1)


class Score(NamedTuple):
    """How well a model, or a part of one, does."""

    loss: float
    """Nats."""
    accuracy: float
    by_sign: tuple[float, ...]
    """Accuracy where the sum is negative, zero, positive."""
    said: tuple[float, ...]
    """How often each class is predicted."""

    def cells(self) -> list[str]:
        """Loss, accuracy, and accuracy by sign, as a table shows them."""
        shares = (self.accuracy, *self.by_sign)
        return [f"{self.loss:.3f}", *map(percent, shares)]


def score(
    task: CumulativeSum, logits: Float[Tensor, "batch pos class"], tokens: Int[Tensor, "batch pos"]
) -> Score:
    """Score logits, whatever they come from."""
    correct = is_correct(task, logits, tokens)
    signs, said = task.sums(tokens).sign(), logits.argmax(dim=-1)
    return Score(
        float(loss(task, logits, tokens)),
        float(correct.double().mean()),
        tuple(float(correct[signs == sign].double().mean()) for sign in SIGNS),
        tuple(float((said == number).double().mean()) for number in range(len(CLASSES))),
    )


ABLATIONS: dict[str, claims.Ablation] = {
    "switched off": "off",
    "mean ablated": "mean",
    "held": "held",
}
"""What can be done to neurons, as a table names it."""


def without_neurons(problem: Problem[CumulativeSum]) -> dict[str, Score]:
    """The model with each live neuron switched off, with each side ablated, and with all neurons
    off, by name; over the sequences that claims on ablations are sampled on.
    """
    tokens = claims.evaluation(problem, claims.N_ACTIVATIONS)
    side = sides(problem, tokens)
    found = {
        f"neuron {neuron} switched off": zero_ablate(problem, tokens, Neurons(0, [neuron]))
        for neuron in sorted(side.positive + side.negative)
    }
    for words, how in ABLATIONS.items():
        for name, sign in {"positive side": 1, "negative side": -1}.items():
            found[f"{name} {words}"] = claims.side_ablated(problem, sign, how)
    every = Neurons(0, range(uniform(problem).d_mlp))
    found["all neurons switched off"] = zero_ablate(problem, tokens, every)
    return {name: score(problem.task, logits, tokens) for name, logits in found.items()}


def cosine_rows(angle: Cosines, opposed: float) -> list[list[str]]:
    """Rows of a table: u and the unembedding of each class, by the unembedding of each class;
    that of negative and of positive are `opposed`.
    """
    own = 1.0
    unembedding = {
        "negative": (own, angle.negative_zero, opposed),
        "zero": (angle.negative_zero, own, angle.zero_positive),
        "positive": (opposed, angle.zero_positive, own),
    }
    return [
        ["u", *(f"{cosine:.3f}" for cosine in angle.u_classes)],
        *(
            [f"unembedding of {name}", *(f"{cosine:.3f}" for cosine in cosines)]
            for name, cosines in unembedding.items()
        ),
    ]


class Responses(NamedTuple):
    """What follows the head, as a function of the mean of the values read."""

    mean: Float[Tensor, " mean"]
    activations: Float[Tensor, "mean neuron"]
    logits: Float[Tensor, "mean class"]
    without_mlp: Float[Tensor, "mean class"]
    """Logits without the neurons."""


def responses(problem: Problem[CumulativeSum], means: Float[Tensor, " mean"], n: int) -> Responses:
    """Move along u, with everything else as it is at position `n` after a 0.

    In between the means that sequences can have, this is what the same lines go on to.
    """
    terms, task = uniform(problem), problem.task
    fitted = line(terms, task)
    columns = fitted.start + means.double().unsqueeze(1) * fitted.slope
    columns = columns + terms.place[n - 1, task.max_value]
    fired, direct = columns[:, : terms.d_mlp].relu(), columns[:, terms.d_mlp :]
    return Responses(means, fired, direct + fired @ terms.out, direct)


class Slopes(NamedTuple):
    """How much a logit difference changes for each unit of the mean, around a mean of 0."""

    without_mlp: float
    with_mlp: float


def slopes(problem: Problem[CumulativeSum], higher: int, lower: int) -> Slopes:
    """Slope of one class's logit less another's, where all live neurons fire."""
    means = torch.tensor([-0.001, 0.001], dtype=torch.float64)
    found = responses(problem, means, problem.task.length)

    def slope(logits: Tensor) -> float:
        difference = logits[:, higher] - logits[:, lower]
        return float(difference.diff() / means.diff())

    return Slopes(slope(found.without_mlp), slope(found.logits))


class Contributions(NamedTuple):
    """What the parts of the model add to a difference of two logits, by the sum."""

    sums: list[str]
    series: dict[str, list[float]]


def contributions(
    parts: Attribution,
    side: Sides,
    sums: Int[Tensor, "batch pos"],
    higher: int,
    lower: int,
    within: int = 3,
) -> Contributions:
    """Mean over all predictions of a sum, in logits, for sums from `-within` to `within`."""

    def difference(term: Float[Tensor, "*place class"]) -> Float[Tensor, "*place"]:
        return term[..., higher] - term[..., lower]

    constant = difference(parts.output_bias + parts.mlp_bias + parts.bias)
    terms = {
        "embeddings": difference(parts.direct),
        "head 0.0": difference(parts.heads.sum(dim=1)),
        "neurons, positive side": difference(parts.neurons[:, side.positive].sum(dim=1)),
        "neurons, negative side": difference(parts.neurons[:, side.negative].sum(dim=1)),
        "biases": constant,
    }
    shown = range(-within, within + 1)
    return Contributions(
        [f"{total:+d}" if total else "0" for total in shown],
        {
            name: [float(term[sums == total].mean()) for total in shown]
            for name, term in terms.items()
        },
    )


def switch_points(problem: Problem[CumulativeSum]) -> Float[Tensor, " neuron"]:
    """The mean at which each neuron's pre-activation crosses zero, at the last position."""
    terms, task = uniform(problem), problem.task
    fitted = line(terms, task)
    at_zero = fitted.start + terms.place[task.length - 1, task.max_value]
    return -(at_zero / fitted.slope)[: terms.d_mlp]


def smallest_margins(
    problem: Problem[CumulativeSum], sums: Sequence[int]
) -> dict[int, list[float]]:
    """For each sum, a bound on the margin at each position, from position, last token and sum.

    A sum that cannot be reached within so many values has NaN there.
    """
    terms, task = uniform(problem), problem.task
    found: dict[int, list[float]] = {total: [] for total in sums}
    for n in range(1, task.length + 1):
        margin = sums_at(terms, task, n).margin
        span = task.max_value * (n - 1)
        for total in sums:
            cells = [
                float(margin[last, before])
                for last in range(task.d_vocab)
                if 0 <= (before := total - (last - task.max_value) + span) <= 2 * span
            ]
            found[total].append(min(cells, default=float("nan")))
    return found


def verdict(certificate: Certificate) -> str:
    """What may be said of the longest sequences, and of the shorter ones."""
    last = certificate.positions[-1].unproved
    shorter = certificate.unproved_sequences - last
    if not last and not shorter:
        return "the model answers all correctly, at every position"
    return (
        f"{last:,} are not proved right at their last position, and of the shorter ones {shorter:,}"
    )


def verdict_in_short(unproved: int) -> str:
    """What a model is, of which so many sequences are not proved."""
    if unproved:
        return f"not proved right on {unproved:,} sequences"
    return "proved right on every sequence"


def smallest_margin(problem: Problem[CumulativeSum]) -> float:
    """A lower bound on all margins at uniform attention, from position, last token and sum."""
    terms, task = uniform(problem), problem.task
    return min(float(sums_at(terms, task, n).margin.min()) for n in range(1, task.length + 1))


def first_position(certificate: Certificate) -> int | None:
    """From which position on no sum of zero is the hardest case; None where one always is."""
    zero = [_least(certificate, n).right == ZERO for n in range(1, len(certificate.positions) + 1)]
    last = max((n for n, is_zero in enumerate(zero, 1) if is_zero), default=0)
    return last + 1 if last < len(zero) else None


def enumerated_rows(task: CumulativeSum, certificate: Certificate) -> list[list[str]]:
    """What was enumerated at each position, and where the margin is smallest, for a table."""
    rows = []
    for found in certificate.positions:
        least = _least(certificate, found.n)
        rows.append(
            [
                str(found.n),
                f"{found.cases:,}",
                f"{found.wrong_sequences:,}",
                f"{least.margin:.3f}",
                multiset(task, least.before),
                task.vocabulary[least.last],
                CLASSES[least.right],
            ]
        )
    return rows


def _least(certificate: Certificate, n: int) -> Hardest:
    return min(certificate.positions[n - 1].hardest, key=lambda found: found.margin)


def multiset(task: CumulativeSum, counts: Sequence[int]) -> str:
    """Tokens with how often each occurs.

    >>> multiset(CumulativeSum(max_value=1), [2, 0, 1])
    '-1 (2), +1'
    """
    return (
        ", ".join(
            task.vocabulary[token] + (f" ({count})" if count > 1 else "")
            for token, count in enumerate(counts)
            if count
        )
        or "none"
    )


def sequence_rows(
    problem: Problem[CumulativeSum], tokens: Int[Tensor, "batch n_ctx"]
) -> list[list[str]]:
    """Sequences, where each is hardest, and by how little it is right there."""
    task = problem.task
    found = margins(task, problem.logits(tokens), tokens.to(problem.device)).cpu()
    rows = []
    for row, sums, margin in zip(tokens.cpu(), task.sums(tokens.cpu()), found, strict=True):
        place = int(margin.argmin())
        rows.append(
            [
                ", ".join(task.vocabulary[token] for token in row),
                str(place + 1),
                f"{int(sums[place]):+d}" if sums[place] else "0",
                f"{float(margin[place]):.3f}",
            ]
        )
    return rows
