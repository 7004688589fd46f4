import torch

from analyses.sorted_list.steps import by_size, score_advantage, steps
from models.sorted_list.task import SortedList

FOUR = SortedList(list_length=4, max_value=50)
TOKENS = FOUR.encode([[9, 2, 30, 3], [7, 5, 6, 8], [1, 0, 40, 20]])
# The answer at SEP, then the three after it. In the first list 30 is missed for 31, which it does
# not hold; in the last 20 and 40 are, for 0, which stands in it, and 39.
NAMED = torch.tensor([[2, 3, 9, 31], [6, 6, 7, 8], [0, 1, 0, 39]])


def test_steps_by_hand() -> None:
    found = steps(FOUR, TOKENS, NAMED)
    assert found.size().tolist() == [[1, 6, 21], [1, 1, 1], [1, 19, 20]]
    assert found.wrong().tolist() == [[False, False, True], [False] * 3, [False, True, True]]
    # Whatever is right is in the list, and what SEP is answered does not count.
    assert found.absent().tolist() == [[False, False, True], [False] * 3, [False, False, True]]


def test_of_each_list_the_first_mistake_counts() -> None:
    first = steps(FOUR, TOKENS, NAMED).first_mistakes()
    assert first.size.tolist() == [21, 19]
    assert first.absent.tolist() == [True, False]
    none = steps(FOUR, TOKENS, FOUR.answers(TOKENS)).first_mistakes()
    assert none.size.tolist() == []


def test_shares_by_size() -> None:
    found = steps(FOUR, TOKENS, NAMED)
    bins = [(1, 5), (6, 19), (20, 20), (21, 50), (51, 60)]
    assert by_size(found.wrong(), found.size(), bins) == [0.0, 0.5, 1.0, 1.0, 0.0]


def test_the_lead_of_the_next_value_over_what_lies_up_to_the_query() -> None:
    # Four values; head 0 copies 1 and 3, head 1 copies 2.
    qk = torch.zeros(2, 4, 4)
    qk[0, 0] = torch.tensor([1.0, 5, 99, 7])
    qk[1, 0] = torch.tensor([2.0, 99, 4, 99])
    qk[1, 1] = torch.tensor([3.0, 1, 6, 99])
    qk[0, 1] = torch.tensor([0.0, 1, 99, 3])
    qk[0, 2] = torch.tensor([9.0, 1, 2, 4])
    copies = torch.tensor([1, 0, 1, 0])
    # Steps of 1: 5 - 1, 6 - 3, 4 - 9; of 2: 4 - 2, 3 - 1; of 3: 7 - 1.
    lead = score_advantage(qk, copies, 3)
    torch.testing.assert_close(lead, torch.tensor([2 / 3, 2.0, 6.0]))
