"""Lists on which the model's forward pass in a page is compared with PyTorch's."""

import torch
from torch import Generator, Tensor

from analyses.sorted_list import adversarial
from models.sorted_list.task import SortedList

EACH = 8


def hard_inputs(task: SortedList, generator: Generator) -> Tensor:
    """Some lists of each family that the model fails on."""
    made = [sampler(task, EACH, generator) for sampler in adversarial.FAMILIES.values()]
    return torch.cat(made)
