"""What an explanation predicts on the page, and in Python."""

import base64
import importlib
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from analyses.evidence.explanations import Explanation, Program, answers_of, margin_of
from models import load
from models.checkpoint import named
from models.problem import Problem
from tests.live.node import run

ANALYSES = Path(__file__).parents[2] / "analyses"
N_INPUTS = 2_000
SEED = 14
Asked = list[tuple[Program, Tensor]]
"""A program, and sequences that it is asked of."""
NARROW = 1e-4
"""Logits between a program's two best answers, below which rounding may decide."""
MOST_NARROW = 1e-3
"""Share of the answers."""


class Said(NamedTuple):
    """What Python's program predicts of all inputs."""

    rows: list[list[int]]
    """The inputs."""
    answers: list[int]
    """At all positions asked, one input after the other."""
    margins: list[float]
    """Of each, in logits."""


def script(slug: str) -> Path:
    """The explanation that the page has."""
    return ANALYSES / slug / "explanation.js"


@cache
def of_python(slug: str) -> Said:
    """Ask the program of the name that the page's has."""
    name = script(slug).read_text("utf-8").partition('export const name = "')[2].partition('"')[0]
    asked = inputs(slug, load(slug), explanation(slug, name))
    answers, margins = [], []
    with torch.no_grad():
        for program, tokens in asked:
            found = program.predict(tokens, program.tables)
            answers += answers_of(found).flatten().tolist()
            margins += margin_of(found).flatten().tolist()
    rows = [row for _, tokens in asked for row in tokens.tolist()]
    return Said(rows, answers, margins)


def of_page(slug: str, rows: list[list[int]], path: Path | None = None) -> list[list[int | None]]:
    """Ask the page's program, or another."""
    _, *said = run("explaining.js", path or script(slug), [model_of(slug), *map(json.dumps, rows)])
    return said


def inputs(slug: str, problem: Problem[Any], explanation: Explanation) -> Asked:
    """What it is asked of: what `tests/problems/<slug>/explained_inputs.py` has, hard inputs and
    families on which the model fails among them, or random ones.
    """
    own = f"tests.problems.{slug}.explained_inputs"
    if importlib.util.find_spec(own):
        return importlib.import_module(own).explained_inputs(problem, explanation)
    return [(explanation.program(problem), problem.fresh(N_INPUTS, SEED))]


def explanation(slug: str, name: str) -> Explanation:
    """The one of that name."""
    module = importlib.import_module(f"analyses.{slug}.explanations")
    return next(each for each in module.EXPLANATIONS if each.name == name)


@cache
def model_of(slug: str) -> str:
    """Processed weights, and what was measured, as a line of JSON."""
    problem = load(slug)
    weights = named(problem.model.state_dict(), problem.architecture.n_heads)
    measured = {}
    if importlib.util.find_spec(f"analyses.{slug}.measured"):
        measured = importlib.import_module(f"analyses.{slug}.measured").measured(problem)
    return json.dumps({"weights": encoded(weights), "measured": encoded(measured)})


def encoded(tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Tensors as text."""
    return {
        name: {
            "shape": list(tensor.shape),
            "base64": base64.b64encode(
                tensor.numpy(force=True).astype(np.float32).tobytes()
            ).decode(),
        }
        for name, tensor in tensors.items()
    }


def differing(slug: str, path: Path | None = None) -> list[float]:
    """The margins of what Python's program predicts and the page's does not."""
    python = of_python(slug)
    page = [each for row in of_page(slug, python.rows, path) for each in row]
    both = zip(page, python.answers, python.margins, strict=True)
    return [margin for one, other, margin in both if one != other]


def agrees(slug: str, margins: list[float]) -> bool:
    """Whether it differs no more than rounding may make it."""
    narrow = all(margin < NARROW for margin in margins)
    return narrow and len(margins) <= MOST_NARROW * len(of_python(slug).answers)
