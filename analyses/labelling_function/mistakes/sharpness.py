"""How steep and how smooth the model's sum is across an edge, read off training points alone.

The mistakes are nearly all on other points. So what is measured here and what it is compared with
share no point, and a mistake does not make its own edge less sharp.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.labelling_function.edges import Gaps
from analyses.labelling_function.points import Map
from models.labelling_function.task import SIDE

WINDOW = 6
"""Columns on either side of an edge."""
FEWEST = 4
"""Training points among them that a line is fitted to; with fewer, nothing is said."""
Edges = Float[Tensor, " edge"]


def lines(
    difference: Float[Tensor, "x y"], truth: Map, trained: Map, edges: Gaps
) -> tuple[Edges, Edges]:
    """The straight line that fits the sum best around each edge, by least squares.

    Args:
        difference: the logit of red less that of blue.
        truth: its colour beyond an edge says which way the sum should rise.
        trained: the points that the line is fitted to.
        edges: edges along rows, taken row by row.

    Returns:
        Slope, in logits per column, towards what is true beyond the edge; and the root of the
        mean squared residual, in logits. Both NaN where training points are too few.
    """
    x, gap = edges.nonzero(as_tuple=True)
    y = torch.arange(SIDE, device=difference.device)
    columns = y - gap[:, None] - 0.5
    weight = (trained[x] & (columns.abs() < WINDOW)).double()
    values = difference[x].double()
    n = weight.sum(dim=1)
    centred = columns - ((weight * columns).sum(dim=1) / n)[:, None]
    slope = (weight * centred * values).sum(dim=1) / (weight * centred**2).sum(dim=1)
    level = (weight * values).sum(dim=1) / n
    rest = values - level[:, None] - slope[:, None] * centred
    residual = ((weight * rest**2).sum(dim=1) / n).sqrt()
    towards = truth[x, gap + 1].double() * 2 - 1
    enough = n >= FEWEST
    nothing = torch.full_like(slope, torch.nan)
    return torch.where(enough, towards * slope, nothing), torch.where(enough, residual, nothing)


def sharpness(difference: Float[Tensor, "x y"], truth: Map, trained: Map, edges: Gaps) -> Edges:
    """Slope over residual, per column: how surely the line's sign is the sum's; NaN as `lines`."""
    slope, residual = lines(difference, truth, trained, edges)
    return slope / residual


def mistakes_around(wrong: Map, edges: Gaps) -> Edges:
    """The mistakes within the window of each edge, edges row by row."""
    x, gap = edges.nonzero(as_tuple=True)
    columns = torch.arange(SIDE, device=wrong.device) - gap[:, None] - 0.5
    return (wrong[x] & (columns.abs() < WINDOW)).sum(dim=1).double()
