"""Whether a model learned the task."""

import pytest

from analyses.seeds.learned import learned
from tests.analyses.seeds.stand_in import line
from tests.analyses.seeds.tiny import card


@pytest.mark.parametrize(
    ("accuracy", "did"),
    [
        (1.0, True),
        # Wilson's upper end for 9,990 of 10,000 is 0.99946; for 9,980 it is 0.99870.
        (0.999, True),
        (0.998, False),
        (0.5, False),
        (0.0, False),
    ],
)
def test_the_upper_end_of_the_interval_reaches_the_card(accuracy: float, did: bool) -> None:
    assert learned(line(1, accuracy=accuracy), card()) is did


def test_few_sequences_leave_more_room() -> None:
    october = card().expected
    assert october is not None
    nearly = card().model_copy(update={"expected": october.model_copy(update={"accuracy": 0.99})})
    many = line(1, accuracy=0.98)
    assert not learned(many, nearly)
    assert learned(many.model_copy(update={"n_sequences": 50}), nearly)


def test_a_card_without_a_model_says_nothing() -> None:
    untrained = card().model_copy(update={"expected": None})
    with pytest.raises(ValueError, match="tiny: no model was trained by the card yet"):
        learned(line(1), untrained)
