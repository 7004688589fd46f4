"""Two values of 0 to 2 to sort, and logits whose probabilities can be read off."""

from math import log

import pytest
import torch

from models.scoring import answer_log_probs, is_correct, loss
from models.sorted_list.task import SortedList

SMALL = SortedList(list_length=2, max_value=2)
TOKENS = SMALL.encode([[2, 0]])  # 2 0 SEP 0 2: the answers are 0 at SEP, 2 at 0


def logits() -> torch.Tensor:
    """Of the four tokens, e^logit is 3 1 1 1 at SEP, and 1 4 1 2 at 0; elsewhere nonsense."""
    scores = torch.full((1, 5, 4), 100.0).cumsum(dim=-1)
    scores[0, 2] = torch.tensor([3.0, 1.0, 1.0, 1.0]).log()
    scores[0, 3] = torch.tensor([1.0, 4.0, 1.0, 2.0]).log()
    return scores


def test_log_probabilities_of_the_right_answers() -> None:
    # 3 of 6 at SEP; 1 of 8 at 0.
    expected = torch.tensor([[log(3 / 6), log(1 / 8)]])
    torch.testing.assert_close(answer_log_probs(SMALL, logits(), TOKENS), expected)


def test_loss_is_the_mean_over_labels_in_nats() -> None:
    # -(ln 1/2 + ln 1/8) / 2 = (1 + 3) ln 2 / 2
    assert float(loss(SMALL, logits(), TOKENS)) == pytest.approx(2 * log(2))


def test_a_uniform_guess_costs_the_log_of_the_vocabulary() -> None:
    assert float(loss(SMALL, torch.zeros(1, 5, 4), TOKENS)) == pytest.approx(log(4))


def test_correct_where_the_largest_logit_is_the_answer() -> None:
    assert is_correct(SMALL, logits(), TOKENS).tolist() == [[True, False]]


def test_nothing_outside_the_judged_positions_counts() -> None:
    other = logits()
    other[0, [0, 1, 4]] = -50.0
    assert loss(SMALL, other, TOKENS) == loss(SMALL, logits(), TOKENS)
