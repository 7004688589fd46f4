"""Still to be written: tests of your task that its author did not think of."""

import pytest
import torch

from models.task import Task
from models.template_slug.task import task


def test_it_offers_what_every_task_offers() -> None:
    assert isinstance(task(), Task)


def test_the_answer_is_whether_the_first_digit_is_large() -> None:
    tokens = task().encode([[5, 1, 0, 4], [4, 5, 5, 5]])
    said = [task().classes[answer] for answer in task().answers(tokens)[:, 0].tolist()]
    assert said == ["large", "small"]


@pytest.mark.parametrize("digits", [[1, 2, 3], [1, 2, 3, 10], [1, 2, 3, -1]])
def test_encode_refuses_what_is_no_sequence_of_four_digits(digits: list[int]) -> None:
    with pytest.raises(ValueError, match="sequence 0, .*: expected 4 digits from 0 to 9"):
        task().encode([digits])


def test_keys_tell_sequences_apart() -> None:
    tokens = task().sample(200, torch.Generator().manual_seed(0))
    distinct = {tuple(row) for row in tokens.tolist()}
    assert len(set(task().keys(tokens).tolist())) == len(distinct)
