"""What the explanation takes from running the model, and its weights alone do not say."""

import torch
from torch import Tensor

from analyses.verb_noun.completion import ASKED, Model, asking
from analyses.verb_noun.skip_trigrams import table


def measured(problem: Model) -> dict[str, Tensor]:
    """`final_scale`: what the final LayerNorm divides by behind prompts of each template asked,
    mean, `[template]`.
    """
    scales = [table(asking(problem, template)).scale for template in ASKED]
    return {"final_scale": torch.tensor(scales)}
