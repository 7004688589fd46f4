"""Every write-up on a device that is no CPU; what that device refuses, as CUDA does."""

import pytest

from models.card import slugs
from tests.apart import Apart

ALLOWED = [
    "assert (there + 1).device == there.device == DEVICE",
    "assert (there * torch.tensor(2)).tolist() == [0, 2, 4]",
    "assert there[here].device == DEVICE and there[there > 0].tolist() == [1, 2]",
    "assert here.to(DEVICE).cpu().numpy().tolist() == [0, 1, 2]",
    "assert there.cpu().device.type == 'cpu' and float(there.sum()) == 3",
    "assert torch.zeros_like(there).device == there.new_full((2,), 1).device == DEVICE",
    "there[..., [0]] = 3; assert there[[0, 2]].tolist() == [3, 2]; there[0] = 0",
    "there[1] = 7; there.add_(1); assert there.tolist() == [1, 8, 3], there",
    """
layer = torch.nn.Linear(3, 2).to(DEVICE)
layer.load_state_dict({'weight': torch.ones(2, 3), 'bias': torch.zeros(2)})
assert layer(there.float()).tolist() == [3, 3]
""",
    "assert f'{there[1]:.1f}' == '1.0', there",
    "assert (there @ torch.stack([there, there]).T).tolist() == [5, 5]",
    "assert (there @ torch.stack([there, there]).T).shape == (2,)",
    "there.unsqueeze_(0); assert there.shape == (1, 3) and (there + 1).tolist() == [[1, 2, 3]]",
]
REFUSED = [
    "there + here",
    "here[there]",
    "there.numpy()",
    "torch.cat([there, here])",
    "torch.where(there > 0, here, there)",
    "there.float() @ here.float()",
    "there.gather(0, here)",
    "torch.rand(3, device=DEVICE, generator=torch.Generator())",
]


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_a_write_up_never_mixes_devices(apart: Apart, slug: str) -> None:
    assert apart(drift, slug) == []


def test_what_cuda_allows_is_allowed(apart: Apart) -> None:
    assert apart(raised, ALLOWED) == [None] * len(ALLOWED)


def test_what_cuda_refuses_is_refused(apart: Apart) -> None:
    assert set(apart(raised, REFUSED)) <= {"RuntimeError", "TypeError"}


def drift(slug: str) -> list[str]:
    # Registers the device with PyTorch for good.
    from tests.gpu.on_lookalike import drift_on_lookalike

    return drift_on_lookalike(slug)


def raised(attempts: list[str]) -> list[str | None]:
    """The kinds of exceptions that lines of code raise, given a tensor on either device."""
    import torch

    from tests.gpu.lookalike import DEVICE, lookalike

    kinds: list[str | None] = []
    with lookalike():
        for code in attempts:
            there, here = torch.arange(3, device=DEVICE), torch.arange(3)
            try:
                exec(code, {"torch": torch, "DEVICE": DEVICE, "there": there, "here": here})
                kinds.append(None)
            except Exception as error:
                kinds.append(type(error).__name__)
    return kinds
