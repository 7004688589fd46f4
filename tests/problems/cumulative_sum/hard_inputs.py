"""Sequences on which the model's forward pass in a page is compared with PyTorch's."""

import torch
from torch import Generator, Tensor

from analyses.cumulative_sum.hardest import taken_back
from models.cumulative_sum.task import CumulativeSum

N = 30


def hard_inputs(task: CumulativeSum, generator: Generator) -> Tensor:
    """Sequences whose sum is taken back."""
    every = taken_back(task)
    return every[torch.randperm(len(every), generator=generator)[:N]]
