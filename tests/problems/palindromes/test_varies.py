"""What varies between models, whichever head of a layer is called the first."""

import pytest

from analyses.palindromes import claims
from analyses.palindromes.comparing import comparer
from analyses.palindromes.differ import QUANTITIES
from analyses.palindromes.telling import readers
from analyses.palindromes.varies import varies
from models.palindromes.task import Palindromes
from models.problem import Problem
from tests.analyses.exchanged import heads_turned


def test_it_measures_what_is_said_to_differ(small: Problem[Palindromes]) -> None:
    found = varies(small)
    assert list(found) == [quantity.name for quantity in QUANTITIES]
    assert all(value is not None for value in found.values())
    assert found["left_without_comparer"] == claims.kept(small, comparer(small)).value
    left = sorted(claims.kept(small, reader).value for reader in readers(small))
    assert [found["left_without_needed"], found["left_without_spare"]] == left
    places = found["places_of_comparer"]
    assert places is not None and 1 <= places <= len(small.task.places)


@pytest.mark.parametrize("layer", [0, 1])
def test_heads_of_a_layer_may_be_exchanged(small: Problem[Palindromes], layer: int) -> None:
    turned = heads_turned(small, layer)
    assert (comparer(turned) != comparer(small)) == (layer == 0)
    assert varies(turned) == pytest.approx(varies(small), abs=2e-3)
