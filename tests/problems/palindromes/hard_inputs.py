"""Lists on which the model's forward pass in a page is compared with PyTorch's."""

import torch
from torch import Generator, Tensor

from models.palindromes.task import Palindromes

N = 30


def hard_inputs(task: Palindromes, generator: Generator) -> Tensor:
    """Palindromes with one number changed."""
    changes = torch.ones(N, dtype=torch.int64)
    return task.with_changes(task.palindromes(N, generator), changes, generator)
