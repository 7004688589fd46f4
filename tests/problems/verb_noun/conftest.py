"""Small models with random weights, of whose prompts some are taken to be right."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from analyses.verb_noun import edges, hardest, knowing, pairs
from analyses.verb_noun.completion import Completion
from models import load
from models.problem import Problem
from models.verb_noun.task import VerbNoun
from tests.problems.verb_noun.random_model import random_model

FEW = (
    (knowing, {"N_SENTENCES": 60, "CONTEXTS": 2}),
    (edges, {"PAIRS": 60, "CONTEXTS": 2}),
    (hardest, {"CHAINS": 6, "STEPS": 8}),
)


def some(asked: Problem[Completion], tokens: Tensor) -> Tensor:
    """Those of which a third is taken to be right: random models are right by accident alone."""
    return tokens.sum(dim=1) % 3 == 0


@pytest.fixture(scope="module")
def few() -> Iterator[None]:
    """Small samples."""
    with pytest.MonkeyPatch.context() as patch:
        for module, sizes in FEW:
            for name, size in sizes.items():
                patch.setattr(module, name, size)
        patch.setattr(pairs, "_right", some)
        yield


@pytest.fixture(scope="module", params=["solu_ln", "gelu", None], ids=str)
def small(few: None, request: pytest.FixtureRequest) -> Problem[VerbNoun]:
    """Three heads, random weights, biases and scales: with a SoLU, GELU, or attention-only."""
    return random_model(request.param, n_heads=3)


@pytest.fixture(scope="module", params=["solu_ln", "gelu"])
def with_mlp(few: None, request: pytest.FixtureRequest) -> Problem[VerbNoun]:
    """The same, of those with an MLP."""
    return random_model(request.param, n_heads=3)


@pytest.fixture(scope="session")
def january() -> Problem[VerbNoun]:
    """The January 2023 problem as committed."""
    return load("verb_noun")


def near(found: Tensor, expected: Tensor, atol: float = 2e-4) -> None:
    """See to it that numbers agree, but for rounding."""
    torch.testing.assert_close(found.double(), expected.double(), atol=atol, rtol=1e-3)
