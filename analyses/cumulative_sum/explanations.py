"""Explanations of the Cumulative Sum model as programs.

Those that know the model take attention as uniform, and so work on the cumulative mean; whatever
position and last token add, they replace by its mean.
"""

from collections.abc import Mapping
from functools import partial

import torch
from jaxtyping import Int
from torch import Tensor

from analyses.cumulative_sum.uniform import uniform
from analyses.explanations import Explanation, Program, kept, knowing_the_task
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem

STEP = 0.1
"""In which slopes and levels are written down, and what neurons add to logits."""
COARSE = 0.5
"""The same, coarsely."""
Tables = Mapping[str, Tensor]
Tokens = Int[Tensor, "batch n_ctx"]
Answers = Int[Tensor, "batch label"]


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


def through_slopes(tokens: Tokens, tables: Tables, zero: int) -> Answers:
    """Take the mean so far through slopes and neurons to the logits."""
    places = torch.arange(1, tokens.shape[1] + 1, device=tokens.device)
    mean = ((tokens - zero).cumsum(dim=1) / places)[:, :, None]
    logits = mean * tables["logit_slope"] + tables["logit_level"]
    if "out" in tables:
        neurons = mean * tables["neuron_slope"] + tables["neuron_level"]
        logits = logits + neurons.relu() @ tables["out"]
    return logits.argmax(dim=2)


def reading_the_mean(
    names: tuple[str, ...], step: float, problem: Problem[CumulativeSum]
) -> Program:
    """The program that takes the mean through these tables, written down in these steps."""
    zero = problem.task.max_value

    def predict(tokens: Tokens, tables: Tables) -> Answers:
        return through_slopes(tokens, tables, zero)

    found = {name: tables(problem, step)[name].to(problem.device) for name in names}
    return Program(predict, found, (through_slopes,))


def last_value(problem: Problem[CumulativeSum]) -> Program:
    """The program that looks at the last value only."""
    zero = problem.task.max_value

    def predict(tokens: Tokens, tables: Tables) -> Answers:
        return (tokens - zero).sign() + 1

    return Program(predict)


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
