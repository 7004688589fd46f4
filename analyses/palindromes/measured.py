"""What the explanation takes from running the model, and its weights alone do not say."""

import torch
from torch import Tensor

from analyses.instruments.activations import QUERIES, RESID_PRE, Z, activations
from analyses.instruments.circuits import typical_final_scale
from analyses.palindromes.comparing import comparer
from analyses.palindromes.explanations import contents, inside, rest
from analyses.palindromes.samples import Model


@torch.no_grad()
def measured(problem: Model) -> dict[str, Tensor]:
    """Means over the sequences that the explanation is fitted to.

    `comparer` is the number of the head of layer 0 that compares. Of the last layer at END: the
    mean `query` of each head, `[head, d_head]`, and what stands there (`at_end`, `[d_model]`). What
    the heads of layer 0 read at each place, mean, `[head, place, d_head]` (`read`). What LayerNorm
    divides a place by: `scale_level`, `[place, value]`, and `scale_slope`, `[place]`; and the final
    one (`final_scale`). Of all that is no place, `rest_score` and `rest_value`, `[head]`.
    """
    sizes, tokens, first = problem.architecture, inside(problem).tokens, comparer(problem)
    last, places = sizes.n_layers - 1, list(problem.task.places)
    besides, of_places = rest(problem), contents(problem)
    return {
        "comparer": torch.tensor([float(first.number)]),
        "query": activations(problem, tokens, QUERIES, last)[:, -1].mean(dim=0),
        "at_end": activations(problem, tokens, RESID_PRE, last)[:, -1].mean(dim=0),
        "read": activations(problem, tokens, Z, 0)[:, places].mean(dim=0).transpose(0, 1),
        "scale_level": of_places["scale_level"],
        "scale_slope": of_places["scale_slope"],
        "final_scale": torch.tensor([typical_final_scale(problem, tokens)]),
        "rest_score": besides["rest_score"][:, 0],
        "rest_value": besides["rest_value"][:, 0],
    }
