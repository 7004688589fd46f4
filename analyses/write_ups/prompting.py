"""`--prompt`: what a model goes on with after a text of your own, and which parts of it say so."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from jaxtyping import Int
from rich.console import Console
from rich.table import Table
from torch import Tensor

from analyses.instruments.activations import PATTERN, activations
from analyses.instruments.attribution import logit_difference_by_part
from analyses.instruments.heads import heads
from models.card import Rows
from models.errors import PromptError
from models.hub import HUB, load_hub
from models.problem import Problem, load_problem
from models.task import Worded

SHOWN = 8
"""How many completions are shown."""


class Completion(NamedTuple):
    """What may follow."""

    token: int
    probability: float


class Share(NamedTuple):
    """What a part of the model adds to a difference of two logits."""

    part: str
    reads: str
    """Of a head, the position that it attends to most, what stands there, and how much of its
    attention that has."""
    adds: float
    """In logits."""


def show_prompt(
    slug: str,
    text: str,
    checkpoint: str | None,
    device: str,
    against: str | None = None,
    rows: Rows | None = None,
) -> None:
    """Print the top completions of a text, and the direct logit attribution of the first's logit
    over another's.

    Args:
        slug: of the problem.
        text: the beginning of a sentence.
        checkpoint: another than the committed one: a file, or `hub:NAME`.
        device: `cpu` or `cuda`.
        against: the word whose logit the first's is compared with; None: the second completion's.
        rows: how the embeddings lie in that checkpoint.

    Raises:
        CardError, CheckpointError, DeviceError: as of `models.load` and `load_hub`.
        PromptError: if the task has no words, or the text has one that is not among them (near ones
            are named), or too many.
    """
    console = Console(markup=False, highlight=False, soft_wrap=True)
    if checkpoint is not None and checkpoint.startswith(HUB):
        problem: Problem[Any] = load_hub(checkpoint.removeprefix(HUB), slug, device)
    else:
        problem = load_problem(slug, checkpoint, device, rows=rows)
    if problem.conversion:
        console.print(problem.conversion)
    task, tokens = worded(problem), prompt(problem, text)
    found = completions(problem, tokens)
    first, second = found[0].token, found[1].token
    other = _token(task, against) if against else second
    if other == first:
        raise PromptError(f"{against!r} is what the model goes on with; compare it with another.")
    console.print(f"What follows {text!r}:")
    console.print(_table_of_completions(task, found))
    names = [shown(task.vocabulary[token]) for token in (first, other)]
    console.print(f"Logit of {names[0]} less that of {names[1]}, by what adds it directly:")
    console.print(_table_of_shares(shares(problem, tokens, first, other)))


def worded(problem: Problem[Any]) -> Worded:
    """The task of a problem, if its sequences are sentences.

    Raises:
        PromptError: if they are not.
    """
    if not isinstance(problem.task, Worded):
        raise PromptError(
            f"{problem.card.slug}: its model reads no words, so that it cannot be given a prompt; "
            "encode sequences of your own with `problem.task`, in Python."
        )
    return problem.task


def prompt(problem: Problem[Any], text: str) -> Int[Tensor, "1 pos"]:
    """The tokens of a text, on the model's device.

    Raises:
        PromptError: if its task has no words, or the text has one that is not among them, or too
            many.
    """
    try:
        return worded(problem).prompt(text).to(problem.device)
    except ValueError as error:
        raise PromptError(str(error)) from error


def _token(task: Worded, word: str) -> int:
    try:
        return task.token(word)
    except ValueError as error:
        raise PromptError(str(error)) from error


def completions(
    problem: Problem[Any], tokens: Int[Tensor, "1 pos"], n: int = SHOWN
) -> list[Completion]:
    """The `n` tokens that most likely follow, the likeliest first."""
    probabilities = problem.logits(tokens)[0, -1].softmax(dim=-1)
    top = probabilities.topk(min(n, len(probabilities)))
    return [
        Completion(token, probability)
        for token, probability in zip(top.indices.tolist(), top.values.tolist(), strict=True)
    ]


def shares(
    problem: Problem[Any], tokens: Int[Tensor, "1 pos"], of: int, against: int
) -> list[Share]:
    """What each part adds to a difference of two logits at the last position; adds up to it."""
    parts = logit_difference_by_part(problem, tokens, of, against)
    mlps = enumerate(parts.mlps[0].tolist())
    return [
        Share("embedding", "", float(parts.embedding)),
        *_of_heads(problem, tokens, parts.heads[0]),
        *(Share(f"MLP {layer}", "", adds) for layer, adds in mlps),
        Share("biases", "", float(parts.biases)),
    ]


def _of_heads(problem: Problem[Any], tokens: Int[Tensor, "1 pos"], adds: Tensor) -> Iterator[Share]:
    layers, names = range(problem.architecture.n_layers), problem.task.vocabulary
    patterns = [activations(problem, tokens, PATTERN, layer)[0, :, -1] for layer in layers]
    for head, row, added in zip(heads(problem), torch.cat(patterns), adds.tolist(), strict=True):
        position = int(row.argmax())
        name = shown(names[int(tokens[0, position])])
        reads = f"position {position}, {name}: {float(row[position]):.0%}".replace("%", " %")
        yield Share(f"head {head}", reads, added)


def shown(name: str) -> str:
    """A token's name, so that its spaces are seen and a terminal can show it.

    >>> shown("pool"), shown(" pool")
    ('pool', "' pool'")
    """
    plain = name.isprintable() and name == name.strip() and name
    return name if plain else repr(name)


def _table_of_completions(task: Worded, found: list[Completion]) -> Table:
    table = Table("next", "probability")
    for token, probability in found:
        table.add_row(shown(task.vocabulary[token]), f"{probability:.4f}")
    return table


def _table_of_shares(found: list[Share]) -> Table:
    table = Table("part", "reads most", "adds", show_footer=True)
    for part, reads, adds in found:
        table.add_row(part, reads, f"{adds:+.3f}")
    table.columns[0].footer = "together"
    table.columns[2].footer = f"{sum(share.adds for share in found):+.3f}"
    return table
