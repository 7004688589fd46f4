"""Explanations as programs: what words say of a model, made to predict its answers.

An explanation reads parameters off the weights and predicts what the model answers to any input.
It is scored on agreement with the model, not with the truth: also on the answers that are wrong,
where being right does not help. The more it may write down, the better it can do; so its size
counts, by one rule for all explanations of all problems (`size`).
"""

import inspect
import io
import math
import textwrap
import tokenize
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.claims import Measurement
from analyses.explained import Agreement, Explained
from models.problem import Problem
from models.scoring import is_correct

TOKEN_BITS = 10
"""What a token of code counts: a word of a vocabulary of about a thousand."""
UNCOUNTED = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}
PROJECT = ("analyses.", "models.", "tests.")
"""Where code lies that counts."""
MISTAKES = "the model's mistakes"
Tokens = Int[Tensor, "batch n_ctx"]
Answers = Int[Tensor, "batch label"]


@dataclass(frozen=True)
class Program:
    """What an explanation predicts with, for one model."""

    predict: Callable[[Tokens, Mapping[str, Tensor]], Answers]
    """The model's answers at all labels, from the tokens and what it has written down. Of the
    tokens it may read whatever the model could: none that come after."""
    tables: Mapping[str, Tensor] = field(default_factory=dict)
    """The parameters that it writes down. Integers and truth values as they are; real numbers as
    `kept` leaves them."""
    calls: tuple[Callable[..., Any], ...] = ()
    """Functions of this project that `predict` calls: their code counts as well."""

    def __call__(self, tokens: Tokens) -> Answers:
        """The answers that it predicts."""
        return self.predict(tokens, self.tables)


@dataclass(frozen=True)
class Explanation:
    """Words about how a model works, and the program that they come to."""

    name: str
    sentence: str
    program: Callable[[Problem[Any]], Program]
    """Reads the parameters off the model's weights, and off nothing that it answers."""


def knowing_the_task(problem: Problem[Any]) -> Program:
    """The program that is always right, and knows nothing of the model."""
    task = problem.task

    def predict(tokens: Tokens, tables: Mapping[str, Tensor]) -> Answers:
        return task.answers(tokens)

    return Program(predict)


def kept(values: Float[Tensor, "*shape"], step: float) -> Float[Tensor, "*shape"]:
    """Real numbers as an explanation may write them down: as whole multiples of a step.

    >>> kept(torch.tensor([0.26, -1.1]), 0.5).tolist()
    [0.5, -1.0]
    """
    return (values / step).round() * step


def size(program: Program) -> int:
    """How many bits it takes to write a program down.

    Its code counts ten bits for each token; names, signs and numbers are one token each, comments,
    annotations of shapes and line breaks none. To a table each entry adds the logarithm, to base
    two and rounded up, of how many different values the table holds, and each of these different
    values adds 32 bits. What the task says, its vocabulary, and PyTorch are free.

    Raises:
        ValueError: the program calls a function of this project that it does not name.
    """
    code = set(map(inspect.unwrap, (program.predict, *program.calls)))
    for function in code:
        known = inspect.getclosurevars(function)
        for name, called in {**known.globals, **known.nonlocals}.items():
            ours = inspect.isfunction(called) and called.__module__.startswith(PROJECT)
            if ours and inspect.unwrap(called) not in code:
                raise ValueError(
                    f"{function.__name__} calls {name}, whose code would not count; name it in "
                    "`calls` of the program"
                )
    bits = TOKEN_BITS * sum(map(_tokens, code))
    for table in program.tables.values():
        different = len(table.unique())
        bits += table.numel() * math.ceil(math.log2(different)) if different > 1 else 0
        bits += 32 * different
    return bits


def _tokens(function: Callable[..., Any]) -> int:
    """Number of tokens of a function's body."""
    source = textwrap.dedent(inspect.getsource(function))
    found = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in UNCOUNTED
    ]
    depth = 0
    for place, token in enumerate(found):
        depth += (token.string in "([{") - (token.string in ")]}") if token.string else 0
        if token.string == ":" and not depth:
            body = found[place + 1 :]
            return len(body) - (body[0].type == tokenize.STRING)
    raise ValueError(f"{function}: expected a function that was written with def")


@torch.no_grad()
def put_to_the_test(
    explanation: Explanation, problem: Problem[Any], inputs: Mapping[str, Tokens]
) -> Explained:
    """Compare what an explanation predicts with what the model answers.

    Args:
        explanation: whose program is run.
        problem: whose model is to be predicted.
        inputs: sequences by what they are, in words; random ones first.
    """
    program = explanation.program(problem)
    agreements, agreed, mistaken = [], [], []
    for name, tokens in inputs.items():
        tokens = tokens.to(problem.device)
        logits = problem.logits(tokens)
        said = logits[:, problem.task.label_positions].argmax(dim=-1)
        agrees = program(tokens) == said
        agreements.append(_agreement(name, agrees))
        agreed.append(agrees)
        mistaken.append(~is_correct(problem.task, logits, tokens))
    return Explained(
        name=explanation.name,
        sentence=explanation.sentence,
        bits=size(program),
        agreements=tuple(agreements),
        mistakes=_agreement(MISTAKES, torch.cat(agreed), torch.cat(mistaken)),
    )


def _agreement(
    inputs: str,
    agrees: Bool[Tensor, "sequence label"],
    asked: Bool[Tensor, "sequence label"] | None = None,
) -> Agreement:
    measured = Measurement.clustered(agrees, asked)
    assert measured.interval is not None
    return Agreement(inputs=inputs, share=measured.value, interval=measured.interval, n=measured.n)
