"""What the page shows of transformers that are set by hand."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from analyses.evidence.explanations import size
from analyses.labelling_function.by_hand.claims import right, set_by, smallest_margin
from analyses.labelling_function.by_hand.plan import (
    by_primitive,
    with_direct_path,
    without_red_all,
)
from analyses.labelling_function.by_hand.weights import LOGITS, largest, non_zero
from analyses.labelling_function.by_hand.written_down import program
from analyses.labelling_function.points import truth
from analyses.write_ups.numerals import percent
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem

PLANS = {
    "one for each primitive": by_primitive,
    "without red all": without_red_all,
    "with the direct path": with_direct_path,
}
SIZES = ("neurons", "plan", "right", "smallest margin", "weights", "largest", "bits")
"""What the columns of `size_rows` are."""
PAINTERS = ("paints", "pre-activation", "adds", "rows")
"""What the columns of `painter_rows` are."""
READ = {
    "red all": "1 in its rows",
    "red left": "t(X) - Y",
    "red right": "Y - t(X)",
    "blue right": "Y - t(X)",
}


def size_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """How much each plan takes, and how well it does."""
    rows = []
    for name, make in PLANS.items():
        plan, by_hand = make(truth(problem).cpu()), set_by(problem, make)
        rows.append(
            [
                str(len(plan.names)),
                name,
                percent(right(by_hand).value),
                f"{smallest_margin(by_hand).value:g}",
                f"{non_zero(by_hand.weights):,}",
                f"{largest(by_hand.weights):.1f}",
                f"{size(program(plan)):,}",
            ]
        )
    return rows


def painter_rows(problem: Problem[LabellingFunction]) -> list[list[str]]:
    """What each neuron of the plan with one for each primitive reads and adds, and how many rows it
    paints.
    """
    plan = by_primitive(truth(problem).cpu())
    painted = (plan.painted(SIDE) != 0).any(dim=2).sum(dim=1).tolist()
    added = (LOGITS * plan.colour).tolist()
    return [
        [name, READ[name], f"{each:+g}".replace("-", "\N{MINUS SIGN}"), str(rows)]
        for name, each, rows in zip(plan.names, added, painted, strict=True)
    ]


def effect_of(
    problem: Problem[LabellingFunction], names: Sequence[str], most: float
) -> Float[Tensor, "x y"]:
    """What some neurons of that plan add together to the difference of logits, cut off at `most` to
    either side.
    """
    plan = by_primitive(truth(problem).cpu())
    chosen = [plan.names.index(name) for name in names]
    return (LOGITS * plan.painted(SIDE)[chosen].sum(dim=0)).clamp(-most, most)
