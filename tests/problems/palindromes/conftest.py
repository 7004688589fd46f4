import pytest

from models import load
from models.palindromes.task import Palindromes
from models.problem import Problem


@pytest.fixture(scope="session")
def palindromes() -> Problem[Palindromes]:
    """The July problem as committed."""
    return load("palindromes")
