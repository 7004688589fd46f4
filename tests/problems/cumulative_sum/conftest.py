"""The November problem as committed, an untrained control, and small tasks."""

import pytest

from models import load
from models.cumulative_sum.task import CumulativeSum
from models.problem import Problem


@pytest.fixture(scope="session")
def problem() -> Problem[CumulativeSum]:
    return load("cumulative_sum")


@pytest.fixture(scope="session")
def untrained(problem: Problem[CumulativeSum]) -> Problem[CumulativeSum]:
    return problem.untrained(7)


@pytest.fixture(scope="session")
def small() -> CumulativeSum:
    """Four values from -2 to 2."""
    return CumulativeSum(length=4, max_value=2)
