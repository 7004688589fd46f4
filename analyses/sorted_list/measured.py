"""What the explanation takes from running the model, and its weights alone do not say."""

import torch
from torch import Tensor

from analyses.instruments.circuits import typical_final_scale
from analyses.sorted_list.samples import N_PATTERNS, evaluation
from models.problem import Problem
from models.sorted_list.task import SortedList


def measured(problem: Problem[SortedList]) -> dict[str, Tensor]:
    """`final_scale`: what the final LayerNorm divides by, mean over lists and labels."""
    scale = typical_final_scale(problem, evaluation(problem, N_PATTERNS))
    return {"final_scale": torch.tensor([scale])}
