"""Small problems, some with what the committed ones have not."""

import pytest
import torch
from torch import Tensor

from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import architecture, made_of, shapes


@pytest.fixture(scope="session")
def small() -> Problem[SortedList]:
    """Three values of ten, LayerNorm, and random weights everywhere."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task)
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def linear() -> Problem[SortedList]:
    """As `small`, without LayerNorm: everything after the attention pattern is linear."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, normalization=None)
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def neural() -> Problem[SortedList]:
    """As `linear`, with an MLP of five neurons."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, normalization=None, d_mlp=5)
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def neural_normalised() -> Problem[SortedList]:
    """As `neural`, with LayerNorm."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, d_mlp=5)
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def neural_gelu() -> Problem[SortedList]:
    """As `neural_normalised`, with GELU."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, d_mlp=5, act_fn="gelu")
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def neural_solu() -> Problem[SortedList]:
    """As `neural_normalised`, with SoLU."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, d_mlp=5, act_fn="solu_ln")
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def deep() -> Problem[SortedList]:
    """As `small`, with two layers."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, n_layers=2)
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def deep_linear() -> Problem[SortedList]:
    """As `linear`, with two layers."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, normalization=None, n_layers=2)
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def deep_neural() -> Problem[SortedList]:
    """As `deep`, with MLPs of five neurons."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, d_mlp=5, n_layers=2)
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def deep_solu() -> Problem[SortedList]:
    """As `deep_neural`, with SoLU."""
    task = SortedList(list_length=3, max_value=9)
    sizes = architecture(task, d_mlp=5, n_layers=2, act_fn="solu_ln")
    return made_of(task, sizes, shapes(sizes))


@pytest.fixture(scope="session")
def small_lists(small: Problem[SortedList]) -> Tensor:
    return small.task.sample(40, torch.Generator().manual_seed(3))
