"""Explanations as programs: what words say of a model, made to predict its answers.

An explanation reads parameters off the weights and predicts what the model answers to any input.
It is scored on agreement with the model, not with the truth: also on the answers that are wrong,
where being right does not help, and under interventions, where it has to know the parts. The more
it may write down, the better it can do; so its size counts, by one rule for all explanations of
all problems (`size`).
"""

import inspect
import io
import math
import textwrap
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.evidence.claims import Measurement
from analyses.evidence.explained import Agreement, Explained, Foreseen, Ranked
from analyses.instruments.interventions import Intervention
from analyses.instruments.statistics import rank_correlation
from models.problem import Problem

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
Logits = Float[Tensor, "batch label d_vocab_out"]
Tables = Mapping[str, Tensor]


@dataclass(frozen=True)
class Program:
    """What an explanation predicts with, for one model."""

    predict: Callable[[Tokens, Tables], Answers | Logits]
    """What the model says at all labels, from the tokens and what it has written down: answers, or
    their logits, which say as well how sure it is. Of the tokens it may read whatever the model
    could: none that come after."""
    tables: Mapping[str, Tensor] = field(default_factory=dict)
    """The parameters that it writes down. Integers and truth values as they are; real numbers as
    `kept` leaves them."""
    calls: tuple[Callable[..., Any], ...] = ()
    """Functions of this project that `predict` or `under` call: their code counts as well."""
    under: Callable[[Tokens, Tables, str], Answers | Logits] | None = None
    """The same of the model under the intervention of that name; None: of interventions it says
    nothing, and is taken to mean that they change nothing."""

    def __call__(self, tokens: Tokens, intervention: str | None = None) -> Answers:
        """The answers that it predicts of the model as it is, or under an intervention."""
        return answers_of(self._said(tokens, intervention))

    def confidence(self, tokens: Tokens) -> Float[Tensor, "batch label"] | None:
        """How far, in logits, it puts its answer above the next; None if it gives answers only."""
        said = self._said(tokens, None)
        return margin_of(said) if said.is_floating_point() else None

    def _said(self, tokens: Tokens, intervention: str | None) -> Answers | Logits:
        if intervention is None or self.under is None:
            return self.predict(tokens, self.tables)
        return self.under(tokens, self.tables, intervention)


def answers_of(said: Answers | Logits) -> Answers:
    """Answers as they are, or those with the largest logit."""
    return said.argmax(dim=-1) if said.is_floating_point() else said


def margin_of(logits: Logits) -> Float[Tensor, "batch label"]:
    """How far the largest logit is above the next, in logits."""
    first, second = logits.topk(2, dim=-1).values.unbind(dim=-1)
    return first - second


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

    def predict(tokens: Tokens, tables: Tables) -> Answers:
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
    said = (program.predict, program.under, *program.calls)
    code = {inspect.unwrap(function) for function in said if function is not None}
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


@dataclass(frozen=True, eq=False)
class Trial:
    """What a model answers, and is to be predicted: on some inputs, and under interventions."""

    problem: Problem[Any]
    inputs: Mapping[str, Tokens]
    """By what they are, in words."""
    logits: Mapping[str, Logits]
    """The model's at all labels, for each of these."""
    under: Mapping[Intervention, Answers]
    """The model's answers to the first of them, under interventions."""
    exhaustive: bool
    """Whether the inputs are all that there are of their kind, and not a sample."""

    @classmethod
    @torch.no_grad()
    def of(
        cls,
        problem: Problem[Any],
        inputs: Mapping[str, Tokens],
        interventions: Sequence[Intervention] = (),
        exhaustive: bool = False,
    ) -> "Trial":
        """Run the model.

        Args:
            problem: whose model it is.
            inputs: sequences by what they are, in words; first random ones, or all there are.
            interventions: what is done to the model, on the first of these inputs.
            exhaustive: whether the inputs are all of their kind, those after the first a part of
                the first.
        """
        asked = problem.task.label_positions
        inputs = {name: tokens.to(problem.device) for name, tokens in inputs.items()}
        first = next(iter(inputs.values()))
        return cls(
            problem,
            inputs,
            {name: problem.logits(tokens)[:, asked] for name, tokens in inputs.items()},
            {change: change.run(problem, first)[:, asked].argmax(-1) for change in interventions},
            exhaustive,
        )


class Predictions(NamedTuple):
    """What an explanation says of all that is asked in a trial."""

    bits: int
    answers: Mapping[str, Answers]
    """To the inputs of that name."""
    under: Mapping[str, Answers]
    """To the first of them, under the intervention of that name."""
    stated: bool
    """Whether it says anything of interventions."""
    confidence: Float[Tensor, "batch label"] | None
    """Of its answers to the first inputs; None if it does not say."""


@cache
@torch.no_grad()
def predictions(explanation: Explanation, trial: Trial) -> Predictions:
    """Run an explanation's program; once for each trial."""
    program = explanation.program(trial.problem)
    answers = {name: program(tokens) for name, tokens in trial.inputs.items()}
    name, tokens = next(iter(trial.inputs.items()))
    stated = program.under is not None
    under = {
        change.name: program(tokens, change.name) if stated else answers[name]
        for change in trial.under
    }
    return Predictions(size(program), answers, under, stated, program.confidence(tokens))


def put_to_the_test(explanation: Explanation, trial: Trial) -> Explained:
    """Compare what an explanation predicts with what the model answers."""
    said = predictions(explanation, trial)
    own = {name: logits.argmax(dim=-1) for name, logits in trial.logits.items()}
    agreed = {name: said.answers[name] == own[name] for name in own}
    wrong = {
        name: own[name] != trial.problem.task.answers(tokens)
        for name, tokens in trial.inputs.items()
    }
    # Where the first inputs hold the others, a mistake would count twice.
    counted = list(own)[: 1 if trial.exhaustive else None]
    mistakes = (torch.cat([found[name] for name in counted]) for found in (agreed, wrong))
    return Explained(
        name=explanation.name,
        sentence=explanation.sentence,
        bits=said.bits,
        agreements=tuple(_agreement(name, trial, agrees) for name, agrees in agreed.items()),
        mistakes=_agreement(MISTAKES, trial, *mistakes),
        confidence=_ranked(said, trial),
        foreseen=tuple(_foreseen(said, trial, change) for change in trial.under),
    )


def _ranked(said: Predictions, trial: Trial) -> Ranked | None:
    if said.confidence is None:
        return None
    margin = margin_of(next(iter(trial.logits.values())))
    r = rank_correlation(said.confidence.flatten().tolist(), margin.flatten().tolist())
    return Ranked(correlation=r, n=margin.numel())


def _foreseen(said: Predictions, trial: Trial, intervention: Intervention) -> Foreseen:
    before, after = next(iter(trial.logits.values())).argmax(dim=-1), trial.under[intervention]
    agrees, changed = said.under[intervention.name] == after, before != after
    return Foreseen(
        intervention=intervention.name,
        what=intervention.what,
        stated=said.stated,
        share=float(agrees.double().mean()),
        n=agrees.numel(),
        changed=int(changed.sum()),
        foreseen=int((agrees & changed).sum()),
    )


def _agreement(
    inputs: str,
    trial: Trial,
    agrees: Bool[Tensor, "sequence label"],
    asked: Bool[Tensor, "sequence label"] | None = None,
) -> Agreement:
    measured = Measurement.clustered(agrees, asked)
    interval = None if trial.exhaustive else measured.interval
    return Agreement(inputs=inputs, share=measured.value, interval=interval, n=measured.n)
