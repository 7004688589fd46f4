"""What training points leave open: the columns between the last on one side of an edge and the
first on the other, in the row of the edge.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.labelling_function.edges import FAR, Gaps, along, from_edges
from analyses.labelling_function.points import Map
from models.labelling_function.task import SIDE


def open_to(trained: Map, edges: Gaps) -> Map:
    """The points that no training point of their row separates from an edge."""
    left = _reached(trained, edges)
    right = _reached(trained.flip(1), edges.flip(1)).flip(1)
    return left | right


def _reached(trained: Map, edges: Gaps) -> Map:
    """The points, from edges to the right, that come before the next training point."""
    reached = torch.zeros_like(trained)
    for y in range(1, SIDE):
        reached[:, y] = (edges[:, y - 1] | reached[:, y - 1]) & ~trained[:, y]
    return reached


def widths(trained: Map, edges: Gaps) -> Int[Tensor, " edge"]:
    """How many columns without a training point each edge lies among, edges row by row."""
    x, gap = edges.nonzero(as_tuple=True)
    columns = torch.arange(SIDE, device=trained.device)
    known = trained[x]
    left = torch.where(known & (columns <= gap[:, None]), columns, -1).amax(dim=1)
    right = torch.where(known & (columns > gap[:, None]), columns, SIDE).amin(dim=1)
    return right - left - 1


def standardised(wrong: Map, asked: Map, opened: Map, distance: Int[Tensor, "x y"]) -> float:
    """How much rarer mistakes are where a training point lies between a point and the edge.

    Mistakes that there would be among the open points if these were wrong as often as others at
    the same distance from an edge, divided by the mistakes that there are among them.

    Args:
        wrong: the mistakes.
        asked: which points count.
        opened: which of these no training point separates from an edge.
        distance: columns to the nearest edge of the row.
    """
    expected, observed = 0.0, int((wrong & asked & opened).sum())
    for columns in distance[asked & opened].unique():
        at = asked & (distance == columns)
        others = at & ~opened
        if others.any():
            expected += int((at & opened).sum()) * float(wrong[others].double().mean())
        else:
            observed -= int((wrong & at & opened).sum())
    return expected / observed if observed else float("inf")


def interpolated(truth: Map, trained: Map) -> Float[Tensor, "x y"]:
    """How red each point is by the training point of its row that is nearest: 0 or 1, and 1/2
    where two are equally near and differ. Rows without a training point are 1/2 throughout.
    """
    y = torch.arange(SIDE, device=truth.device)
    columns = (y[:, None] - y).abs()
    far = torch.where(trained[:, None, :], columns, FAR)
    nearest = (far == far.amin(dim=2, keepdim=True)) & trained[:, None, :]
    reds = (nearest & truth[:, None, :]).sum(dim=2)
    return torch.where(nearest.any(dim=2), reds / nearest.sum(dim=2).clamp(min=1), 0.5)


def interpolated_along_columns(truth: Map, trained: Map) -> Float[Tensor, "x y"]:
    """The same by the nearest training point of each point's column."""
    return interpolated(truth.T, trained.T).T


def wrongness(red: Float[Tensor, "x y"], truth: Map) -> Float[Tensor, "x y"]:
    """How wrong: 0 or 1, and 1/2 where no colour is said."""
    return (red - truth.to(red)).abs()


def distances(truth: Map) -> Int[Tensor, "x y"]:
    """Columns from each point to the nearest edge of its row."""
    return from_edges(along(truth))
