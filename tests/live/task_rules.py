"""What the page and Python say of a task, and where they differ.

Two processes of Node answer all that is asked: one shows inputs, of which the other is asked.
"""

import runpy
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from models.task import Finite, Worded
from tests.live.chance import different, looks
from tests.live.node import ask
from tests.live.typed import read, texts

SHOWN = 300
"""Good inputs, from each of which others, good and bad, are made."""
DRAWN = 10_000
"""Samples of the page and of Python that are compared."""
FEW = 500
"""Of the page's samples, those that are looked at one by one."""
SEED = 14


class Answers(NamedTuple):
    """What a page says of a task."""

    task: Any
    about: dict[str, list[str]]
    shown: list[str]
    """Python's samples, as the page shows them."""
    sampled: list[list[int]]
    read: dict[str, tuple[dict[str, Any], dict[str, Any]]]
    """By text: tokens or a fault, of the page and of Python."""
    asked: list[tuple[list[int], list[dict[str, Any]]]]
    odds: list[tuple[list[int], list[list[float | None]]]]
    drawn: list[list[int]]
    drawn_asked: list[list[dict[str, Any]]]


@cache
def answers(folder: Path, script: Path | None = None, shown_of: int = SHOWN) -> Answers:
    """All that is asked of the task in a folder; of another `task.js`, if one is given."""
    task = own(folder)
    script = script or folder / "task.js"
    sampled = begun(task, task.sample(shown_of, torch.Generator().manual_seed(SEED)))
    about, drawn, *shown = ask(
        script,
        [("about", None), ("sample", [DRAWN, SEED]), *(("show", tokens) for tokens in sampled)],
    )
    typed = list(dict.fromkeys(texts(task, shown, SEED)))
    right = [right_reading(folder, text) for text in typed]
    good = [found["tokens"] for found in right if "tokens" in found]
    worded = good if isinstance(task, Worded) else []
    kinds = {"read": typed, "asked": sampled + good, "odds": worded}
    questions = [(kind, given) for kind, all_given in kinds.items() for given in all_given]
    questions += [("asked", tokens) for tokens in drawn[:FEW]]
    said = iter(ask(script, questions))
    read_, asked, odds = ([next(said) for _ in given] for given in kinds.values())
    return Answers(
        task=task,
        about=about,
        shown=shown,
        sampled=sampled,
        read=dict(zip(typed, zip(read_, right, strict=True), strict=True)),
        asked=list(zip(kinds["asked"], asked, strict=True)),
        odds=list(zip(worded, odds, strict=True)),
        drawn=drawn,
        drawn_asked=list(said),
    )


@cache
def own(folder: Path) -> Any:
    """The task as Python has it.

    Imported, it would refuse what is no list of integers before it says what is wrong with it.
    """
    return runpy.run_path(str(folder / "task.py"))["task"]()


@cache
def right_reading(folder: Path, text: str) -> dict[str, Any]:
    """What Python makes of an input."""
    return read(own(folder), text)


def begun(task: Any, tokens: Tensor) -> list[list[int]]:
    """Samples as the page takes them: of sentences the beginning, up to where the place follows."""
    rows = tokens.tolist()
    if not isinstance(task, Worded):
        return rows
    places = set(task.places.tolist())  # pyright: ignore[reportAttributeAccessIssue]
    return [row[: next(n for n, token in enumerate(row) if token in places)] for row in rows]


def called_otherwise(found: Answers) -> list[str]:
    """Tokens and classes that have other names on the page."""
    names = {"vocabulary": list(found.task.vocabulary), "classes": list(found.task.classes)}
    return [f"{what}: {found.about[what]}" for what in names if found.about[what] != names[what]]


def read_otherwise(found: Answers) -> list[str]:
    """Inputs of which the page makes something else."""
    return [
        f"{text[:200]!r}: task.js says {str(said)[:300]}, task.py {str(right)[:300]}"
        for text, (said, right) in found.read.items()
        if said != right
    ]


def asked_otherwise(found: Answers) -> list[str]:
    """Inputs of which the page takes other answers for right, or asks at other positions."""
    drawn = zip(found.drawn[:FEW], found.drawn_asked, strict=True)
    return [
        f"{tokens}: task.js says {said}, task.py {right}"
        for tokens, said in [*found.asked, *drawn]
        if said != (right := asked(found.task, tokens))
    ]


def asked(task: Any, tokens: list[int]) -> list[dict[str, Any]]:
    """What is judged of a sequence, by Python."""
    if not isinstance(task, Worded):
        judged = range(*task.label_positions.indices(task.n_ctx))
        right = task.answers(torch.tensor([tokens]))[0].tolist()
        return [{"position": p, "right": [c]} for p, c in zip(judged, right, strict=True)]
    last = len(tokens) - 1
    if last not in range(*task.label_positions.indices(task.n_ctx)):
        return []
    odds = odds_of(task, tuple(tokens))[last]
    likeliest = (odds >= odds.max() * (1 - 1e-9)).nonzero()[:, 0].tolist()
    return [{"position": last, "right": likeliest}]


@cache
def odds_of(task: Any, tokens: tuple[int, ...]) -> Tensor:
    """Of a sentence."""
    return task.odds(torch.tensor([tokens]))[0]


def drawn_otherwise(found: Answers) -> list[str]:
    """What in the page's samples is distributed otherwise."""
    task = found.task
    n = min(DRAWN, len(task.every())) if isinstance(task, Finite) else DRAWN
    drawn = begun(task, task.sample(n, torch.Generator().manual_seed(SEED)))
    columns = different(*(looks(filled(rows, task.n_ctx)) for rows in (found.drawn, drawn)))
    return [f"column {column}: chance {chance:.1g}" for column, chance in columns]


def filled(rows: list[list[int]], n: int) -> Tensor:
    """Sequences of different lengths as a table."""
    return torch.tensor([row + [-1] * (n - len(row)) for row in rows])


def differences(found: Answers) -> dict[str, list[str]]:
    """All in which they differ, by what it is."""
    return {
        "names": called_otherwise(found),
        "inputs read": read_otherwise(found),
        "right answers": asked_otherwise(found),
        "distribution": drawn_otherwise(found),
    }
