"""The labels against the published counts, and against the table evaluated point by point."""

from collections import Counter
from fractions import Fraction

import pytest
import torch

from models.labelling_function.task import (
    CLASSES,
    ROW_TYPES,
    SIDE,
    LabellingFunction,
    row_types,
    sides,
)
from models.task import Finite, Task

task = LabellingFunction()


def as_map() -> list[list[int]]:
    return task.answers(task.every()).reshape(SIDE, SIDE).tolist()


def test_it_is_a_task_whose_inputs_can_all_be_listed() -> None:
    assert isinstance(task, Task)
    assert isinstance(task, Finite)
    every = task.every()
    assert every.shape == (12_769, 3)
    assert len(task.keys(every).unique()) == len(every)
    assert every[:, :2].amin() == 0
    assert every[:, :2].amax() == 112
    assert set(every[:, 2].tolist()) == {task.z} == {113}


def test_so_many_labels_are_true() -> None:
    assert sum(map(sum, as_map())) == 5_465


def test_rows_read_from_left_to_right_as_published() -> None:
    def pattern(row: list[int]) -> str:
        changes = [row[0]] + [b for a, b in zip(row, row[1:], strict=False) if a != b]
        return "-".join(CLASSES[label] for label in changes)

    assert Counter(map(pattern, as_map())) == {
        "blue-red": 36,
        "blue": 32,
        "red-blue": 14,
        "blue-red-blue": 11,
        "red": 11,
        "red-blue-red": 9,
    }


def test_every_row_has_one_type() -> None:
    named = [row for row_type in ROW_TYPES for row in row_type.rows]
    assert len(named) == len(set(named))
    assert Counter(row_types().tolist()) == {0: 36, 1: 22, 2: 25, 3: 17, 4: 11, 5: 2}


@pytest.mark.parametrize("x", [0, 1, 2, 3, 4, 10, 37, 41, 61, 62, 98, 102, 112])
def test_labels_are_those_of_the_formulas_read_as_python(x: int) -> None:
    # The inequalities as they are published, squared once more in exact fractions.
    formula = ROW_TYPES[row_types()[x]].formula
    for y, label in enumerate(as_map()[x]):
        named = {
            "A": Fraction(x**2, 200) ** 2 >= y,
            "B": Fraction(y**2, 600) ** 2 >= x,
            "C": x + y >= 133,
            "always": True,
        }
        assert label == eval(formula, {}, named), (x, y)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0, 0, (True, True, False)),
        (0, 1, (False, True, False)),
        (14, 0, (True, False, False)),
        # 20^4 = 160,000 = 200^2 * 4: the point lies on the curve, and floats need not know.
        (20, 4, (True, False, False)),
        (20, 5, (False, False, False)),
        (66, 67, (True, False, True)),
        (66, 66, (True, False, False)),
        # 60^4 = 12,960,000 = 600^2 * 36, on the second curve.
        (36, 60, (False, True, False)),
        (37, 60, (False, False, False)),
    ],
)
def test_points_on_a_curve_lie_beyond_it(x: int, y: int, expected: tuple[bool, bool, bool]) -> None:
    found = sides(torch.tensor([x]), torch.tensor([y]))
    assert tuple(bool(side) for side in found) == expected


def test_a_sample_holds_no_point_twice_and_is_the_generators() -> None:
    drawn = task.sample(6_384, torch.Generator().manual_seed(0))
    assert len(task.keys(drawn).unique()) == 6_384
    assert torch.equal(drawn, task.sample(6_384, torch.Generator().manual_seed(0)))
    with pytest.raises(ValueError, match=r"12770 different points .* there are 12769"):
        task.sample(12_770, torch.Generator())


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ([1], "has 1 coordinates, expected X and Y"),
        ([1, 2, 113], "has 3 coordinates"),
        ([1, 113], "113 is outside 0 to 112"),
        ([-1, 3], "-1 is outside"),
        ([True, 3], "True is no integer"),
    ],
)
def test_points_that_the_model_cannot_read_are_refused(point: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        task.encode([point])
