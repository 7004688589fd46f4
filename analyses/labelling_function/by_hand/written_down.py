"""A plan of painting as a program: what of it has to be written down."""

import torch

from analyses.evidence.explanations import Logits, Program, Tables, Tokens
from analyses.labelling_function.by_hand.plan import Plan


def program(plan: Plan) -> Program:
    """The program that answers by a plan, with the logits of the model that is set by it. Its
    tables are what the weights are made of: for each neuron a number for each row, and for all
    neurons how they rise and what colour they paint.
    """
    names = plan.names

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        x, y = tokens[:, 0], tokens[:, 1:2]
        shift = torch.stack([tables[name][x] for name in names], dim=1)
        painted = (shift + tables["slope"] * y).relu() @ tables["colour"]
        total = painted + tables["level"][x] + tables["rise"] * y[:, 0] + tables["ground"]
        return torch.stack([-total, total], dim=1)[:, None]

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
