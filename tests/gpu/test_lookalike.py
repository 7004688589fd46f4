"""Every write-up on a device that is no CPU; what that device refuses, as CUDA does.

In processes of their own, since the device stays registered with PyTorch.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from models.card import slugs

ROOT = Path(__file__).parents[2]
PRELUDE = """
import torch
from tests.gpu.lookalike import DEVICE, lookalike
mode = lookalike()
mode.__enter__()
there, here = torch.arange(3, device=DEVICE), torch.arange(3)
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.every_month
@pytest.mark.parametrize("slug", slugs())
def test_a_write_up_never_mixes_devices(slug: str) -> None:
    done = run("-m", "tests.gpu.on_lookalike", slug)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]


def test_what_cuda_allows_is_allowed() -> None:
    lines = [
        "assert (there + 1).device == there.device == DEVICE",
        "assert (there * torch.tensor(2)).tolist() == [0, 2, 4]",
        "assert there[here].device == DEVICE and there[there > 0].tolist() == [1, 2]",
        "assert here.to(DEVICE).cpu().numpy().tolist() == [0, 1, 2]",
        "assert there.cpu().device.type == 'cpu' and float(there.sum()) == 3",
        "assert torch.zeros_like(there).device == there.new_full((2,), 1).device == DEVICE",
        "there[..., [0]] = 3; assert there[[0, 2]].tolist() == [3, 2]; there[0] = 0",
        "there[1] = 7; there.add_(1); assert there.tolist() == [1, 8, 3], there",
        "layer = torch.nn.Linear(3, 2).to(DEVICE)",
        "layer.load_state_dict({'weight': torch.ones(2, 3), 'bias': torch.zeros(2)})",
        "assert layer(there.float()).tolist() == [12, 12]",
        "assert f'{there[0]:.1f}' == '1.0', there",
    ]
    done = run("-c", PRELUDE + "\n".join(lines))
    assert done.returncode == 0, done.stderr


def test_what_cuda_refuses_is_refused() -> None:
    refused = [
        "there + here",
        "here[there]",
        "there.numpy()",
        "torch.cat([there, here])",
        "torch.where(there > 0, here, there)",
        "there.float() @ here.float()",
        "there.gather(0, here)",
        "torch.rand(3, device=DEVICE, generator=torch.Generator())",
    ]
    attempts = [
        f"try: {code}\nexcept (RuntimeError, TypeError): pass\nelse: print({code!r})"
        for code in refused
    ]
    done = run("-c", PRELUDE + "\n".join(attempts))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
