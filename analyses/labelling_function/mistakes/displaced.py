"""Mistakes by which an edge is displaced, as against mistakes that stand by themselves."""

import torch

from analyses.labelling_function.edges import Gaps
from analyses.labelling_function.points import Map
from models.labelling_function.task import SIDE


def touching(wrong: Map, edges: Gaps) -> Map:
    """The mistakes from which an edge of their row is reached over mistakes alone: those by which
    the model's edge is displaced.
    """
    left = _grown(wrong, edges)
    right = _grown(wrong.flip(1), edges.flip(1)).flip(1)
    return left | right


def _grown(wrong: Map, edges: Gaps) -> Map:
    """Runs of mistakes that begin at an edge and go on to the right."""
    grown = torch.zeros_like(wrong)
    for y in range(1, SIDE):
        grown[:, y] = (edges[:, y - 1] | grown[:, y - 1]) & wrong[:, y]
    return grown
