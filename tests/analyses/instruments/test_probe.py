import pytest
import torch
from torch import Tensor

from analyses.instruments.probe import discriminant


@pytest.fixture
def two_classes() -> tuple[Tensor, Tensor]:
    """Two clouds of one shape, long in a direction that says nothing."""
    generator = torch.Generator().manual_seed(1)
    scatter = torch.randn(400, 2, generator=generator) @ torch.tensor([[3.0, 3.0], [0.1, -0.1]])
    classes = torch.arange(400) % 2
    return scatter + torch.stack([classes, -classes], dim=1), classes


def test_a_discriminant_is_fishers(two_classes: tuple[Tensor, Tensor]) -> None:
    features, classes = two_classes
    probe = discriminant(features, classes, 2, noise=1e-6)
    one, other = (features[classes == c].double() for c in (0, 1))
    covariance = (torch.cov(one.T, correction=0) + torch.cov(other.T, correction=0)) / 2
    across = torch.linalg.solve(covariance, other.mean(0) - one.mean(0))
    torch.testing.assert_close(probe.weight[:, 1] - probe.weight[:, 0], across)
    # Half-way between the means it cannot decide.
    middle = (one.mean(0) + other.mean(0)) / 2
    scores = middle @ probe.weight + probe.bias
    assert float(scores[0] - scores[1]) == pytest.approx(0, abs=1e-8)
    assert probe.accuracy(features, classes) == 1.0


def test_noise_blinds_it_to_small_directions() -> None:
    # Class c lies at c, a hundredth of a step of the alphabet, beside a direction of pure scatter.
    generator = torch.Generator().manual_seed(2)
    classes = torch.arange(500) % 5
    features = torch.stack([torch.randn(500, generator=generator), classes / 100], dim=1)
    features[:, 1] += torch.randn(500, generator=generator) / 2000
    fitted = torch.arange(500) < 250
    found = [
        discriminant(features[fitted], classes[fitted], 5, noise=noise).accuracy(
            features[~fitted], classes[~fitted]
        )
        for noise in (1e-5, 10.0)
    ]
    assert found[0] == 1.0
    assert found[1] < 0.5


def test_what_cannot_be_fitted_is_refused() -> None:
    features = torch.zeros(4, 2)
    with pytest.raises(ValueError, match="class 1 has no case"):
        discriminant(features, torch.tensor([0, 0, 2, 2]), 3, noise=0.1)
    with pytest.raises(ValueError, match=r"noise of 0\.0 is none"):
        discriminant(features, torch.tensor([0, 1, 0, 1]), 2, noise=0.0)
