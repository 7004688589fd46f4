import torch

from analyses.instruments.attention import label_patterns
from analyses.sorted_list.defaults import default
from models.problem import Problem
from models.sorted_list.task import SortedList


def test_at_the_last_value_but_one_only_the_last_is_taken_out(problem: Problem[SortedList]) -> None:
    tokens = problem.task.sample(40, torch.Generator().manual_seed(0))
    wanted = torch.zeros(40, 9, dtype=torch.bool)
    wanted[::2, 8] = True
    found = default(problem, tokens, wanted)
    largest = problem.task.answers(tokens)[::2, 9]
    assert found.named.shape == (20,)
    # It cannot be copied any more, while the model copies it nearly always.
    own = problem.logits(tokens)[::2, 19].argmax(dim=-1)
    assert float((own == largest).double().mean()) > 0.9
    assert float((found.named == largest).double().mean()) < 0.5


def test_attention_is_that_of_the_label(problem: Problem[SortedList]) -> None:
    tokens = problem.task.encode([[40, 3, 11, 25, 8, 30, 17, 49, 1, 22]] * 2)
    wanted = torch.zeros(2, 9, dtype=torch.bool)
    # At b3, which is 8, for 11; at b1 of the second list, which is 1, for 3.
    wanted[0, 2] = wanted[1, 0] = True
    found = default(problem, tokens, wanted)
    seen = label_patterns(problem, tokens)
    expected = [seen[0, :, 3], seen[1, :, 1]]
    places = [((4, 13), 2), ((8, 11), 1)]
    for row, (attention, (own, answer)) in enumerate(zip(expected, places, strict=True)):
        torch.testing.assert_close(found.to_itself[row], attention[:, list(own)].sum(dim=1))
        torch.testing.assert_close(found.to_sep[row], attention[:, 10])
        torch.testing.assert_close(found.to_answer[row], attention[:, answer])


def test_without_anything_larger_nothing_changes(problem: Problem[SortedList]) -> None:
    # A planted list in which no value is larger than the one asked at.
    tokens = problem.task.sample(10, torch.Generator().manual_seed(1))
    tokens[:, 12] = 50
    tokens[:, :10] = tokens[:, :10].clamp(max=49)
    wanted = torch.zeros(10, 9, dtype=torch.bool)
    wanted[:, 1] = True
    own = problem.logits(tokens)[:, 12].argmax(dim=-1)
    assert torch.equal(default(problem, tokens, wanted).named, own)
