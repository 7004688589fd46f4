"""Linear probes: what can be read off an activation by a linear map, whether it is used or not."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

HISTORY = 20
"""Steps that LBFGS remembers."""


@dataclass(frozen=True)
class Probe:
    """A linear map from activations to the logits of classes."""

    weight: Float[Tensor, "feature class"]
    bias: Float[Tensor, " class"]

    def accuracy(
        self, features: Float[Tensor, "case feature"], classes: Int[Tensor, " case"]
    ) -> float:
        """The share of cases whose class has the largest logit."""
        said = (features @ self.weight + self.bias).argmax(dim=1)
        return float((said == classes).double().mean())


def logistic(
    features: Float[Tensor, "case feature"],
    classes: Int[Tensor, " case"],
    n_classes: int,
    *,
    penalty: float,
    steps: int,
) -> Probe:
    """Multinomial logistic regression: of all probes the one with the least sum of cross entropies
    and half the squared norm of the weights, times `penalty`.

    The cases may be as few as the features are many. LBFGS starts from the linear discriminant
    analysis (class means and the covariance within classes; Hastie, Tibshirani and Friedman,
    The Elements of Statistical Learning, section 4.3), in whose coordinates it is well conditioned,
    and stops after `steps`.

    Raises:
        ValueError: if a class has no case.
    """
    counts = torch.bincount(classes, minlength=n_classes)
    if missing := (counts == 0).nonzero().flatten().tolist():
        raise ValueError(f"class {missing[0]} has no case to learn from; give cases of all")
    centre = features.mean(dim=0)
    means = torch.zeros(n_classes, features.shape[1]).to(features)
    means = means.index_add(0, classes, features) / counts[:, None]
    within = features - means[classes]
    # A direction in which classes do not scatter would be stretched without end.
    floor = penalty * torch.eye(features.shape[1]).to(features)
    values, vectors = torch.linalg.eigh((within.T @ within + floor) / len(features))
    whiten = vectors / values.clamp_min(torch.finfo(values.dtype).tiny).sqrt()
    seen, seen_means = (features - centre) @ whiten, (means - centre) @ whiten
    weight = seen_means.T.clone().requires_grad_()
    bias = (-seen_means.square().sum(dim=1) / 2).requires_grad_()
    optimiser = torch.optim.LBFGS(
        [weight, bias], max_iter=steps, history_size=HISTORY, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        optimiser.zero_grad()
        fit = cross_entropy(seen @ weight + bias, classes, reduction="sum")
        value = (fit + penalty * (whiten @ weight).square().sum() / 2) / len(features)
        value.backward()
        return value

    with torch.enable_grad():
        # Its type says float; a tensor that one can differentiate is what LBFGS needs.
        optimiser.step(objective)  # pyright: ignore[reportArgumentType]
    learned = whiten @ weight.detach()
    return Probe(learned, bias.detach() - centre @ learned)
