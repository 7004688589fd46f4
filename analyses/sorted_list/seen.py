"""What the model's own picture is drawn from: where each value looks, and which head copies it."""

from typing import Any

from jaxtyping import Float
from torch import Tensor

from analyses.instruments.circuits import copying_heads
from analyses.sorted_list.tables import value_ov, value_qk
from models.problem import Problem
from models.sorted_list.task import SortedList


def seen(problem: Problem[SortedList]) -> dict[str, Any]:
    """What the picture is drawn from; see `looking`."""
    return looking(value_qk(problem), value_ov(problem))


def looking(
    qk: Float[Tensor, "head value value"], ov: Float[Tensor, "head value value"]
) -> dict[str, Any]:
    """Circuits of two heads in short: `looks`, for each head and each value but the last the value
    above it that scores highest; `copied_by`, for each value the head that copies it.
    """
    last = qk.shape[1] - 1
    return {
        "looks": [
            [query + 1 + int(scores[query, query + 1 :].argmax()) for query in range(last)]
            for scores in qk
        ],
        "copied_by": copying_heads(ov).tolist(),
    }
