"""The enumeration of Cumulative Sum on a GPU, and on a device that only looks like one."""

import pytest
import torch

from analyses.cumulative_sum.cases import Enumeration
from analyses.cumulative_sum.enumeration import enumerate_cases
from analyses.cumulative_sum.uniform import Uniform, uniform
from models import load
from models.cumulative_sum.task import CumulativeSum
from tests.apart import Apart

SECONDS = 1.0
"""For all cases, on one data-centre GPU."""


def test_the_batched_enumeration_never_mixes_devices(apart: Apart) -> None:
    here, there = apart(on_both_devices)
    assert (here.device, there.device) == ("cpu", "lookalike")
    for a, b in zip(here.positions, there.positions, strict=True):
        assert (a.n, a.cases, a.wrong_sequences) == (b.n, b.cases, b.wrong_sequences)
        assert a.unproved_sequences == b.unproved_sequences > a.wrong_sequences > 0
        assert abs(a.smallest_margin - b.smallest_margin) < 1e-9


@pytest.mark.gpu
def test_a_gpu_finds_the_same_within_a_second() -> None:
    problem = load("cumulative_sum")
    terms, task = uniform(problem), problem.task
    errors = torch.full((task.length, 1, 3, 3), 0.5, dtype=torch.float64)
    here = enumerate_cases(terms, task, errors=errors)
    runs = [enumerate_cases(terms, task, errors=errors, device="cuda") for _ in range(3)]
    for there in runs:
        assert same(here, there)
    assert min(run.seconds for run in runs) < SECONDS


def same(a: Enumeration, b: Enumeration) -> bool:
    """Whether two enumerations found the same, up to rounding of margins."""
    return all(
        (x.wrong_sequences, x.unproved_sequences) == (y.wrong_sequences, y.unproved_sequences)
        and abs(x.smallest_margin - y.smallest_margin) < 1e-9
        for x, y in zip(a.positions, b.positions, strict=True)
    )


def on_both_devices() -> list[Enumeration]:
    """What the enumeration of a random model finds on the CPU, and on the lookalike."""
    # Registers the device with PyTorch for good.
    from tests.gpu.lookalike import NAME, lookalike

    shapes = {"token": (11, 11), "place": (5, 11, 11), "out": (8, 3)}
    generator = torch.Generator().manual_seed(0)
    terms = Uniform(
        **{
            name: torch.randn(shape, generator=generator, dtype=torch.float64)
            for name, shape in shapes.items()
        }
    )
    task = CumulativeSum(length=5)
    errors = torch.full((5, 1, 3, 3), 1.5, dtype=torch.float64)
    with lookalike():
        return [
            enumerate_cases(terms, task, errors=errors, device=device) for device in ("cpu", NAME)
        ]
