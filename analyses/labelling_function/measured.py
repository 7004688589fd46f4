"""What the explanation takes from running the model, and its weights alone do not say."""

import torch
from torch import Tensor

from analyses.labelling_function.neurons.chosen import search
from models.labelling_function.task import LabellingFunction
from models.problem import Problem


def measured(problem: Problem[LabellingFunction]) -> dict[str, Tensor]:
    """`neurons`: which sixteen paint, the set that was searched for among the model's answers."""
    return {"neurons": torch.tensor(search(problem)[16].neurons).float()}
