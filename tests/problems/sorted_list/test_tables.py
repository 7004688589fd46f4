import torch

from analyses.instruments.activations import KEYS, QUERIES, activations
from analyses.instruments.circuits import full_qk, reads
from analyses.sorted_list import tables
from models.problem import Problem
from models.sorted_list.task import SortedList


def test_tables_have_a_row_for_each_value(problem: Problem[SortedList]) -> None:
    assert tables.value_ov(problem).shape == (2, 51, 51)
    assert tables.value_qk(problem).shape == (2, 51, 51)
    assert tables.sep_scores(problem).shape == (2, 51)
    assert tables.position_part(problem).shape == (2, 10, 51, 51)


def test_halves_leave_sep_out() -> None:
    task = SortedList(list_length=3, max_value=9)
    tokens = task.encode([[5, 2, 9]])[0]
    assert tokens[tables.unsorted_half(task)].tolist() == [5, 2, 9]
    assert tokens[tables.sorted_half(task)].tolist() == [2, 5, 9]


def test_the_mean_over_positions_of_a_key_is_nearly_its_score_at_each(
    problem: Problem[SortedList],
) -> None:
    # Each value at each place of the unsorted half, asked by SEP.
    tokens = problem.task.sample(300, torch.Generator().manual_seed(0))
    queries, keys = (activations(problem, tokens, name) for name in (QUERIES, KEYS))
    own = torch.einsum("bhd,bkhd->bhk", queries[:, 10], keys[:, :10]) / 48**0.5
    table = tables.sep_scores(problem)[:, tokens[:, :10]].transpose(0, 1)
    # Scores spread over many units; the places differ by a small part of that.
    assert float((own - table).abs().mean()) < 0.1 * float(own.std())


def test_the_part_of_the_position_depends_on_the_label_and_at_sep_on_nothing_else(
    problem: Problem[SortedList],
) -> None:
    part = tables.position_part(problem)
    assert torch.equal(part[:, 0], part[:, 0, :1].expand(-1, 51, -1))
    keys = reads(problem, tables.unsorted_half(problem.task))
    for label in (0, 1, 9):
        at = reads(problem, slice(10 + label, 11 + label))
        by_token = full_qk(problem, at._replace(position=0 * at.position), keys)
        whole = full_qk(problem, at, keys)
        rows = slice(51, 52) if label == 0 else slice(0, 51)
        expected = (whole - by_token)[:, rows, :51]
        found = part[:, label, : expected.shape[1]]
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    placed = tables.placed_qk(problem, 9)
    at = reads(problem, slice(19, 20))
    torch.testing.assert_close(placed, full_qk(problem, at, keys)[:, :51, :51])
