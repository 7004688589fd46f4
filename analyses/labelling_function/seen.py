"""What the model's own picture is drawn from: its answers to all points, row by row."""

from typing import Any

from analyses.labelling_function.points import Map, answers
from models.labelling_function.task import LabellingFunction
from models.problem import Problem


def seen(problem: Problem[LabellingFunction]) -> dict[str, Any]:
    """What the picture is drawn from: the model's answers; see `changing`."""
    return changing(answers(problem))


def changing(red: Map) -> dict[str, Any]:
    """A map `[x, y]` by its rows: `first`, the colours at the left, a digit for each row, 0 for
    blue and 1 for red; `changes`, for each row the columns at which the colour is another one than
    before.
    """
    changes = (red[:, 1:] != red[:, :-1]).cpu()
    return {
        "first": "".join(str(int(colour)) for colour in red[:, 0].tolist()),
        "changes": [(row.nonzero().flatten() + 1).tolist() for row in changes],
    }
