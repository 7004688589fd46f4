from collections.abc import Iterator

import pytest

from analyses.palindromes import changes, claims, explanations, paths, samples
from models import load
from models.palindromes.task import Palindromes
from models.problem import Problem
from tests.problems.palindromes.small import made

FEW = (
    (samples, {"N_SEQUENCES": 400, "N_LOOKED_AT": 60}),
    (changes, {"CONTEXTS": 32}),
    (explanations, {"N_FITTED": 600, "STEP": 1e-6, "SHARE_STEP": 1e-6, "SCALE_STEP": 1e-6}),
    (paths, {"PER_PLACE": 20}),
    (claims, {"RANDOM": 80}),
)


@pytest.fixture(scope="session")
def palindromes() -> Problem[Palindromes]:
    """The July problem as committed."""
    return load("palindromes")


@pytest.fixture(scope="module")
def few() -> Iterator[None]:
    """Small samples, and tables written down finely."""
    with pytest.MonkeyPatch.context() as patch:
        for module, sizes in FEW:
            for name, size in sizes.items():
                patch.setattr(module, name, size)
        yield


@pytest.fixture(scope="module")
def small(few: None) -> Problem[Palindromes]:
    """Six values from 0 to 3, two layers of two heads, random weights."""
    return made(Palindromes(length=6, max_value=3))


@pytest.fixture(scope="module")
def single(few: None) -> Problem[Palindromes]:
    """The same with one head in each layer."""
    return made(Palindromes(length=6, max_value=3), n_heads=1)
