"""Linear probes: what can be read off an activation by a linear map, whether it is used or not."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Probe:
    """A linear map from activations to the scores of classes."""

    weight: Float[Tensor, "feature class"]
    bias: Float[Tensor, " class"]

    def accuracy(
        self, features: Float[Tensor, "case feature"], classes: Int[Tensor, " case"]
    ) -> float:
        """The share of cases whose class has the largest score."""
        said = (features.double() @ self.weight + self.bias).argmax(dim=1)
        return float((said == classes).double().mean())


def discriminant(
    features: Float[Tensor, "case feature"],
    classes: Int[Tensor, " case"],
    n_classes: int,
    *,
    noise: float,
) -> Probe:
    """Linear discriminant analysis (Hastie, Tibshirani and Friedman, The Elements of Statistical
    Learning, section 4.3), classes taken for equally likely: the linear probe that would be best if
    each class scattered normally, all with one covariance. In closed form, in float64.

    Activations of a network have no noise, so that without any a probe may read what stands in
    directions however small.

    Args:
        features: what is read.
        classes: of each case.
        n_classes: how many there are.
        noise: standard deviation, in every direction, of a noise that the probe reckons with; above
            0, since else a direction in which no class scatters would be stretched without end.

    Raises:
        ValueError: if a class has no case, or the noise is not above 0.
    """
    if not noise > 0:
        raise ValueError(f"a noise of {noise} is none; choose a small one above 0")
    counts = torch.bincount(classes, minlength=n_classes)
    if missing := (counts == 0).nonzero().flatten().tolist():
        raise ValueError(f"class {missing[0]} has no case to learn from; give cases of all")
    seen = features.double()
    sums = torch.zeros(n_classes, seen.shape[1], dtype=seen.dtype, device=seen.device)
    means = sums.index_add(0, classes, seen) / counts[:, None]
    within = seen - means[classes]
    covariance = within.T @ within / len(seen)
    covariance.diagonal().add_(noise**2)
    weight = torch.linalg.solve(covariance, means.T)
    return Probe(weight, -(means * weight.T).sum(dim=1) / 2)
