"""A plan of painting as a program: what of it has to be written down."""

from collections.abc import Mapping

import torch
from jaxtyping import Int
from torch import Tensor

from analyses.explanations import Program
from analyses.labelling_function.by_hand.plan import Plan


def program(plan: Plan) -> Program:
    """The program that answers by a plan. Its tables are what the weights are made of: for each
    neuron a number for each row, and for all neurons how they rise and what colour they paint.
    """
    names = plan.names

    def predict(
        tokens: Int[Tensor, "batch n_ctx"], tables: Mapping[str, Tensor]
    ) -> Int[Tensor, "batch label"]:
        x, y = tokens[:, 0], tokens[:, 1:2]
        shift = torch.stack([tables[name][x] for name in names], dim=1)
        painted = (shift + tables["slope"] * y).relu() @ tables["colour"]
        total = painted + tables["level"][x] + tables["rise"] * y[:, 0] + tables["ground"]
        return (total > 0).long()[:, None]

    return Program(
        predict,
        {
            **dict(zip(names, plan.shift, strict=True)),
            "slope": plan.slope,
            "colour": plan.colour,
            "level": plan.level,
            "rise": torch.tensor(plan.rise),
            "ground": torch.tensor(plan.ground),
        },
    )
