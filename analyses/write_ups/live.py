"""What a page's live panel starts from: the model itself is the file that the page offers.

The panel runs the checkpoint in the reader's browser. What that does not hold is recorded here: an
input to begin with, and the means over the evaluation data that a part's output is replaced by.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from IPython.display import display
from jaxtyping import Int
from torch import Tensor

from analyses.evidence.explained import Explained
from analyses.instruments.activations import MLP_OUT, NEURONS, RESID_PRE, Z, point
from analyses.instruments.parts import Neurons
from analyses.instruments.replacing import mean_values
from analyses.write_ups.numerals import percent
from analyses.write_ups.outputs import LIVE
from analyses.write_ups.page import table_html
from models.problem import Problem

Sequences = Int[Tensor, "batch n_ctx"]


@torch.no_grad()
def live(
    problem: Problem[Any],
    worked: Int[Tensor, "one pos"],
    reference: Sequences,
    hardest: Int[Tensor, "hard pos"] | None = None,
    explanation: Explained | None = None,
    measured: Mapping[str, Tensor] | None = None,
    families: Mapping[str, Neurons] | None = None,
) -> None:
    """Put the live panel here; until it runs, and where it cannot, it is a table of one example.

    Args:
        problem: whose model it runs.
        worked: the input that it shows first, or of a language the beginning of a sentence.
        reference: what the means are over that parts are ablated with, position by position.
        hardest: inputs that the analysis found hardest; not on the page of an open problem.
        explanation: the one that stands beside the model, on the page of a solution; its program
            is `analyses/<slug>/explanation.js`.
        measured: what that takes from running the model, and its weights alone do not say.
        families: neurons that the analysis found to do the same, by what they are called; on the
            page of a solution.

    Raises:
        ValueError: if `worked` is not one sequence.
    """
    if len(worked) != 1:
        raise ValueError(f"the panel begins with one sequence, and {len(worked)} were given")
    sizes = problem.architecture
    names = [point(problem, RESID_PRE, 0)]
    for layer in range(sizes.n_layers):
        names.append(point(problem, Z, layer))
        if not sizes.attn_only:
            names += [point(problem, NEURONS, layer), point(problem, MLP_OUT, layer)]
    found = mean_values(problem, reference, names)
    content = {
        "slug": problem.card.slug,
        "worked": worked[0].tolist(),
        "hardest": None if hardest is None else hardest.tolist(),
        "explanation": explanation
        and {
            "name": explanation.name,
            "measured": {name: _packed(value) for name, value in (measured or {}).items()},
        },
        "families": [
            {"name": name, "layer": neurons.layer, "neurons": list(neurons.numbers)}
            for name, neurons in (families or {}).items()
        ],
        "means": {
            "n": len(reference),
            "sha256": hashlib.sha256(reference.cpu().numpy().tobytes()).hexdigest(),
            "values": {name: _packed(_coarse(value.squeeze(0))) for name, value in found.items()},
        },
    }
    html = table_html(
        ["read", "the model says", "probability", "right"],
        _rows(problem, worked),
        caption="One input, and what the model says at each position where it is asked. Where "
        "scripts and WebAssembly may run, the model itself answers here, to inputs of your own.",
    )
    text = f"A panel in which {problem.card.title} can be tried stands here on the site."
    display({LIVE: content, "text/html": html, "text/plain": text}, raw=True)


def _coarse(values: Tensor) -> Tensor:
    """Rounded to 16 binary digits, one part in 65,536: a quarter of the bytes are then 0, which
    take nothing to send.
    """
    mantissa, exponent = torch.frexp(values.cpu().float())
    return torch.ldexp((mantissa * 2**16).round() / 2**16, exponent)


def _packed(values: Tensor) -> dict[str, Any]:
    """A tensor as 32-bit floats, the least significant byte first."""
    array = values.cpu().numpy().astype(np.dtype("<f4"))
    return {"shape": list(array.shape), "float32": base64.b64encode(array.tobytes()).decode()}


def _rows(problem: Problem[Any], worked: Int[Tensor, "1 pos"]) -> list[list[str]]:
    """What is said where it is asked; of a prompt also at its end, where nothing is right yet."""
    task = problem.task
    length = worked.shape[1]
    positions = [at for at in range(task.n_ctx)[task.label_positions] if at < length]
    odds = problem.logits(worked)[0, positions].softmax(dim=-1).cpu()
    right = [task.classes[answer] for answer in task.answers(worked)[0].tolist()]
    right += [""] * (len(positions) - len(right))
    return [
        [
            task.vocabulary[int(worked[0, at])],
            task.classes[int(given.argmax())],
            percent(float(given.max())),
            answer,
        ]
        for at, given, answer in zip(positions, odds, right, strict=True)
    ]
