"""Edges, distances and counts of mistakes: by hand, by brute force, and with planted mistakes."""

import pytest
import torch

from analyses.labelling_function import edges
from analyses.labelling_function.labels import errors
from analyses.labelling_function.points import Map, as_map
from analyses.labelling_function.rows import PATTERNS, PRIMITIVES, pattern, patterns
from models.labelling_function.task import RED, SIDE, LabellingFunction


@pytest.fixture(scope="module")
def truth() -> Map:
    task = LabellingFunction()
    return as_map(task.answers(task.every()).squeeze(1)) == RED


def a_map(*points: tuple[int, int]) -> Map:
    found = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    for x, y in points:
        found[x, y] = True
    return found


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_curves_are_where_the_tests_change(truth: Map) -> None:
    crossed = edges.crossings(torch.arange(SIDE, dtype=torch.float64))
    y = torch.arange(SIDE, dtype=torch.float64)
    found = edges.tests()
    # On a curve counts as beyond it: A holds up to the curve, B and C from it on.
    assert torch.equal(found.A, y <= crossed["A"][:, None])
    assert torch.equal(found.B, y >= crossed["B"][:, None])
    assert torch.equal(found.C, y >= crossed["C"][:, None])


def test_distances_from_curves_by_hand() -> None:
    found = edges.from_curves()
    # In row 20, A is crossed in column 4, B in the 51.8th, C in column 113.
    assert found[20, 4] == 0
    assert found[20, 7] == 3
    assert float(found[20, 60]) == pytest.approx(60 - (600 * 20**0.5) ** 0.5)
    assert found[100, 33] == 0
    assert found[100, 30] == 3


def test_edges_by_the_test_that_draws_them(truth: Map) -> None:
    by_test = edges.drawn_by(truth)
    # Row 41 has the type B alone: red from column 62 on.
    assert by_test["B"][41].nonzero().flatten().tolist() == [61]
    assert not by_test["A"][41].any()
    assert not by_test["C"][41].any()
    together = edges.of(("A", "B", "C"), by_test)
    assert not (together & ~edges.along(truth)).any()
    # Several tests may change at one place; then no curve is said to draw it.
    tests = edges.tests()
    for x, y in (edges.along(truth) & ~together).nonzero().tolist():
        assert sum(bool(test[x, y] != test[x, y + 1]) for test in tests) > 1


def test_beside_and_from_edges_against_brute_force(truth: Map) -> None:
    changing = edges.along(truth)
    distance, beside = edges.from_edges(changing), edges.beside(changing)
    for x in (0, 2, 4, 10, 41, 77, 112):
        gaps = changing[x].nonzero().flatten().tolist()
        for y in range(SIDE):
            columns = [gap - y + 1 if y <= gap else y - gap for gap in gaps]
            assert int(distance[x, y]) == min(columns, default=edges.FAR)
            assert bool(beside[x, y]) == (1 in columns)


def test_beside_row_types_no_test_changes_and_no_edge_of_a_row_is_near(truth: Map) -> None:
    cells, tests = edges.beside_row_types(truth, 3), edges.tests()
    near = edges.from_edges(edges.along(truth)) <= 3
    assert cells.any()
    assert not (cells & near).any()
    for x, y in cells.nonzero().tolist():
        beside = [other for other in (x - 1, x + 1) if 0 <= other < SIDE]
        assert any(
            truth[other, y] != truth[x, y]
            and all(test[other, y] == test[x, y] for test in tests)
            and not near[other, y]
            for other in beside
        )


def test_patterns_are_what_their_primitives_paint() -> None:
    parts = {"left": slice(0, 4), "right": slice(8, 12), "all": slice(0, 12)}
    for name, primitives in PATTERNS.items():
        row = torch.zeros(12, dtype=torch.bool)
        for primitive in primitives:
            assert primitive in PRIMITIVES
            colour, part = primitive.split()
            where = parts[part]
            if name == "blue-red-blue":
                # The red begins before the blue on its right does.
                where = slice(4, 12) if colour == "red" else where
            row[where] = colour == "red"
        assert pattern(row) == name


def test_planted_mistakes_are_counted_in_their_rows(truth: Map) -> None:
    # Row 10 is red, row 41 changes once, row 2 twice.
    found = errors.by_changes(a_map((10, 3), (41, 5), (41, 6), (2, 9)), truth)
    assert [rows.rows for rows in found] == [43, 50, 20]
    assert [rows.wrong for rows in found] == [1, 2, 1]
    assert [rows.rows_with_some for rows in found] == [1, 1, 1]


def test_planted_mistakes_are_as_far_as_they_are() -> None:
    planted = a_map((20, 4), (20, 7), (20, 12))
    assert [errors.within(planted, columns) for columns in (0, 2, 3, 8)] == [1, 1, 2, 3]
    assert errors.farthest(planted) == 8
    assert errors.farthest(a_map()) == 0


def test_a_wrong_point_spoils_the_pattern_of_its_row_only_where_it_stands_alone(truth: Map) -> None:
    alone, beside = truth.clone(), truth.clone()
    alone[41, 5] = True
    beside[41, 61] = True
    assert errors.rows_as_they_are(truth, truth) == SIDE
    assert errors.rows_as_they_are(alone, truth) == SIDE - 1
    assert patterns(alone)[41] == "blue-red-blue-red"
    assert errors.rows_as_they_are(beside, truth) == SIDE


def test_mistakes_are_dealt_anew_as_many_as_there_are() -> None:
    wrong = a_map(*((x, y) for x in range(0, 20, 3) for y in range(0, x, 2)))
    somewhere = errors.dealt(wrong, generator())
    in_rows = errors.dealt_in_rows(wrong, generator())
    among = a_map(*((50, y) for y in range(60)))
    there = errors.dealt_among(wrong, among, generator())
    for dealt in (somewhere, in_rows, there):
        assert dealt.sum() == wrong.sum()
        assert not torch.equal(dealt, wrong)
    assert torch.equal(in_rows.sum(dim=1), wrong.sum(dim=1))
    assert not (there & ~among).any()
    kind = torch.arange(SIDE).expand(SIDE, SIDE)
    alike = errors.dealt_alike(wrong, torch.ones_like(wrong), kind, generator())
    assert torch.equal(alike.sum(dim=0), wrong.sum(dim=0))
    assert not torch.equal(alike, wrong)
    # Where there is not room for all, there is one in every place.
    four = a_map(*((2, y) for y in range(4)))
    five = a_map(*((1, y) for y in range(5)))
    assert torch.equal(errors.dealt_among(five, four, generator()), four)
