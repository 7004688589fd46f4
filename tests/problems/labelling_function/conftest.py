"""The challenge's problem as committed."""

import pytest

from models import load
from models.labelling_function.task import LabellingFunction
from models.problem import Problem


@pytest.fixture(scope="session")
def problem() -> Problem[LabellingFunction]:
    return load("labelling_function")
