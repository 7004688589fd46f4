"""Explanations of the Cumulative Sum model as programs.

Those that know the model take attention as uniform, and so work on the cumulative mean; whatever
position and last token add, they replace by its mean.
"""

from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.cumulative_sum import neurons
from analyses.cumulative_sum.uniform import uniform
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
from analyses.instruments.ablation import zero_ablate
from analyses.instruments.interventions import Intervention
from analyses.instruments.parts import Neurons
from models.cumulative_sum.task import NEGATIVE, POSITIVE, CumulativeSum
from models.problem import Problem

STEP = 0.1
"""In which slopes and levels are written down, and what neurons add to logits."""
COARSE = 0.5
"""The same, coarsely."""


def near_zero(task: CumulativeSum, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
    """Sequences whose sum never leaves -1, 0 and 1, where answers are decided most narrowly."""
    sums = torch.randint(-1, 2, (n, task.length), generator=generator)
    before = torch.cat([torch.zeros_like(sums[:, :1]), sums[:, :-1]], dim=1)
    return sums - before + task.max_value


def tables(problem: Problem[CumulativeSum], step: float) -> dict[str, Tensor]:
    """What the mean does to each neuron and each logit: slopes and levels, and what a neuron adds
    to each logit.
    """
    task, terms = problem.task, uniform(problem)
    values = torch.arange(task.d_vocab, dtype=torch.float64) - task.max_value
    # Values are centred, so this is the slope of least squares.
    slope = values @ terms.token / values.square().sum()
    level = terms.token.mean(dim=0) + terms.place.mean(dim=(0, 1))
    n = terms.d_mlp
    found = {
        "neuron_slope": slope[:n],
        "neuron_level": level[:n],
        "logit_slope": slope[n:],
        "logit_level": level[n:],
        "out": terms.out,
    }
    return {name: kept(table, step) for name, table in found.items()}


def through_slopes(tokens: Tokens, tables: Tables, zero: int) -> Logits:
    """Take the mean so far through slopes and neurons to the logits."""
    places = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
    mean = ((tokens - zero).cumsum(dim=1) / places)[:, :, None]
    logits = mean * tables["logit_slope"] + tables["logit_level"]
    if "out" in tables:
        before_relu = mean * tables["neuron_slope"] + tables["neuron_level"]
        logits = logits + before_relu.relu() @ tables["out"]
    return logits


def without_a_side(tables: Tables, intervention: str) -> Tables:
    """The same tables where the neurons that fire at one sign of the mean, or all, write nothing.

    On which side a neuron is, its slope says.
    """
    if "out" not in tables:
        return tables
    slope = tables["neuron_slope"]
    silent = {"negative_off": slope < 0, "positive_off": slope > 0}
    off = silent.get(intervention, slope.isfinite())
    return {**tables, "out": tables["out"] * ~off[:, None]}


def reading_the_mean(
    names: tuple[str, ...], step: float, problem: Problem[CumulativeSum]
) -> Program:
    """The program that takes the mean through these tables, written down in these steps."""
    zero = problem.task.max_value

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return through_slopes(tokens, tables, zero)

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        return predict(tokens, without_a_side(tables, intervention))

    found = {name: tables(problem, step)[name].to(problem.device) for name in names}
    return Program(predict, found, (through_slopes, without_a_side), under)


def last_value(problem: Problem[CumulativeSum]) -> Program:
    """The program that looks at the last value only."""
    zero = problem.task.max_value

    def predict(tokens: Tokens, tables: Tables) -> Answers:
        return (tokens - zero).sign() + 1

    return Program(predict)


def switched_off(
    side: int | None, problem: Problem[CumulativeSum], tokens: Tokens
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """The model with the neurons of one side switched off, or all of them."""
    everything = list(range(problem.architecture.d_mlp or 0))
    members = everything if side is None else neurons.sides(problem, tokens).of(side)
    return zero_ablate(problem, tokens, Neurons(0, members))


INTERVENTIONS = [
    Intervention("negative_off", "the negative side switched off", partial(switched_off, NEGATIVE)),
    Intervention("positive_off", "the positive side switched off", partial(switched_off, POSITIVE)),
    Intervention("neurons_off", "all neurons switched off", partial(switched_off, None)),
]

LOGITS = ("logit_slope", "logit_level")
EVERYTHING = (*LOGITS, "neuron_slope", "neuron_level", "out")
EXPLANATIONS = [
    Explanation("last_value", "The answer is the sign of the value just read.", last_value),
    Explanation("adding", "The answer is the sign of the sum.", knowing_the_task),
    Explanation(
        "mean_alone",
        "The unembedding reads the mean off the residual stream, without neurons.",
        partial(reading_the_mean, LOGITS, STEP),
    ),
    Explanation(
        "mean_and_neurons",
        "Neurons amplify the mean around zero, and the unembedding reads the sign off both.",
        partial(reading_the_mean, EVERYTHING, STEP),
    ),
    # Stated after the one before it had been put to the test.
    Explanation(
        "in_halves",
        "The same, with every number that it takes rounded to a half.",
        partial(reading_the_mean, EVERYTHING, COARSE),
    ),
]
"""The first is trivial, the second knows the task alone."""
