"""What mistakes are held against: gaps of training points, sharpness, runs; by hand and planted."""

import math

import pytest
import torch

from analyses.labelling_function import edges
from analyses.labelling_function.mistakes import (
    cells,
    displaced,
    memorised,
    retrain,
    sharpness,
    training_gaps,
)
from analyses.labelling_function.points import Map, answers, drawn
from models import load
from models.card import read_card
from models.labelling_function.task import SIDE, LabellingFunction


def row(marks: str) -> Map:
    """A map whose first row has these marks, `x` for what is there, and whose rest has nothing."""
    found = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    found[0, : len(marks)] = torch.tensor([mark == "x" for mark in marks])
    return found


def edge_at(*gaps: int) -> edges.Gaps:
    found = torch.zeros(SIDE, SIDE - 1, dtype=torch.bool)
    found[0, list(gaps)] = True
    return found


def shown(points: Map, n: int) -> str:
    return "".join("x" if point else "." for point in points[0, :n].tolist())


def test_open_to_an_edge_is_what_no_training_point_separates_from_it() -> None:
    #              0123456789
    trained = row(".x...x..x.")
    opened = training_gaps.open_to(trained, edge_at(3))
    assert shown(opened, 10) == "..xxx....."
    # An edge right beside a training point has one open side.
    assert shown(training_gaps.open_to(trained, edge_at(4)), 10) == "..xxx....."
    assert shown(training_gaps.open_to(trained, edge_at(5)), 10) == "......xx.."
    # Beyond the last training point, all is open up to the border.
    assert training_gaps.open_to(trained, edge_at(20))[0, 9:].all()
    assert not training_gaps.open_to(trained, edge_at(20))[1:].any()


def test_widths_count_the_columns_that_are_open() -> None:
    trained = row(".x...x..x.")
    for gap, width in ((3, 3), (5, 2), (0, 1), (20, SIDE - 9)):
        assert training_gaps.widths(trained, edge_at(gap)).tolist() == [width]
    opened = training_gaps.open_to(trained, edge_at(3))
    assert int(opened.sum()) == int(training_gaps.widths(trained, edge_at(3)))


def test_standardised_is_what_others_at_the_same_distance_predict() -> None:
    distance = torch.full((SIDE, SIDE), 2)
    distance[1] = 3
    asked = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    asked[:2, :20] = True
    opened = torch.zeros_like(asked)
    opened[:2, :10] = True
    wrong = torch.zeros_like(asked)
    wrong[0, :5] = True  # half of the open ones, two columns away
    wrong[0, 10:11] = True  # a tenth of the others
    wrong[1, :3] = True
    wrong[1, 10:12] = True
    # 10 / 10 + 10 * 2 / 10 are predicted; there are 5 + 3.
    value = training_gaps.standardised(wrong, asked, opened, distance)
    assert value == pytest.approx((1 + 2) / 8)
    # Where there are no others, nothing is predicted, and what there is does not count.
    asked[1, 10:] = False
    assert training_gaps.standardised(wrong, asked, opened, distance) == pytest.approx(1 / 5)
    assert training_gaps.standardised(wrong & ~opened, asked, opened, distance) == math.inf


def test_interpolation_takes_the_nearest_training_point_of_the_row() -> None:
    trained, truth = row("x..x.x"), row("xxxx.." + "." * 10)
    red = training_gaps.interpolated(truth, trained)
    # Column 4 is as near to 3, red, as to 5, blue.
    assert red[0, :8].tolist() == [1, 1, 1, 1, 0.5, 0, 0, 0]
    assert (red[1] == 0.5).all()
    wrong = training_gaps.wrongness(red, truth)
    assert wrong[0, :6].tolist() == [0, 0, 0, 0, 0.5, 0]
    turned = training_gaps.interpolated_along_columns(truth.T, trained.T)
    assert torch.equal(turned, red.T)


def test_a_straight_sum_has_its_slope_and_no_residual() -> None:
    y = torch.arange(SIDE, dtype=torch.float64)
    truth = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    truth[0, 50:] = True
    truth[1, :50] = True
    difference = torch.zeros(SIDE, SIDE, dtype=torch.float64)
    difference[0] = 0.7 * (y - 49.5)
    difference[1] = -0.2 * (y - 40)
    trained = torch.zeros_like(truth)
    trained[:2, 44:56:2] = True
    changing = edges.along(truth)
    slope, residual = sharpness.lines(difference, truth, trained, changing)
    # Towards what is true beyond the edge, both rise.
    assert slope.tolist() == pytest.approx([0.7, 0.2])
    assert residual.tolist() == pytest.approx([0, 0], abs=1e-9)
    # What stands on points that were not trained on does not count.
    difference[0, 45] = 1000
    assert sharpness.lines(difference, truth, trained, changing)[0][0] == pytest.approx(0.7)
    difference[0, 46] += 1
    assert sharpness.lines(difference, truth, trained, changing)[1][0] > 0.1
    # Three points are too few.
    trained[0, 50:] = False
    assert sharpness.lines(difference, truth, trained, changing)[0].isnan().tolist() == [
        True,
        False,
    ]


def test_mistakes_around_an_edge_are_those_of_its_window() -> None:
    wrong = row("." * 44 + "xx" + "." * 9 + "xx")
    # Columns 44 to 55 are at most six from the gap between 49 and 50.
    assert sharpness.mistakes_around(wrong, edge_at(49)).tolist() == [3]


def test_displaced_edges_are_told_from_mistakes_that_stand_alone() -> None:
    wrong = row("..xx.x..xxx")
    assert shown(displaced.touching(wrong, edge_at(3)), 11) == "..xx......."
    assert shown(displaced.touching(wrong, edge_at(4)), 11) == ".....x....."
    assert shown(displaced.touching(wrong, edge_at(7)), 11) == "........xxx"
    assert not displaced.touching(wrong, edge_at(0, 6)).any()


def test_margins_and_their_means_by_distance() -> None:
    truth, difference = row("xx"), torch.zeros(SIDE, SIDE)
    difference[0, :3] = torch.tensor([2.0, -1.0, -3.0])
    margin = memorised.margins(difference, truth)
    assert margin[0, :3].tolist() == [2, -1, 3]
    distance = torch.full((SIDE, SIDE), 9)
    distance[0, :3] = torch.tensor([1, 1, 2])
    known = row("x.x")
    found = memorised.by_distance(margin, known, distance, (1, 2))
    assert found.tolist() == [2, 3]
    difference[0, 3], distance[0, 3] = -1.0, 2
    margin = memorised.margins(difference, truth)
    # 2 less -1 one column away, 3 less 1 two columns away.
    assert memorised.surer(margin, known, distance, (1, 2)) == pytest.approx(2.5)


def test_the_share_of_wrong_cells() -> None:
    assert cells.rate(row("xx..x"), row("x.xx")) == (1, 3)
    assert cells.rate(row("xx"), row("x.xx")).share == pytest.approx(1 / 3)
    assert cells.rate(row("xx"), row("")).share == 0


def test_a_map_of_bits_is_the_map_again() -> None:
    red = torch.rand((SIDE, SIDE), generator=torch.Generator().manual_seed(1)) > 0.5
    packed = retrain.packed(red)
    assert packed.dtype == torch.uint8
    assert len(packed) == math.ceil(SIDE**2 / 8)
    assert int(packed[0]) == sum(2 ** (7 - bit) for bit in range(8) if red[0, bit])
    assert torch.equal(retrain.unpacked(packed), red)


@pytest.mark.parametrize("run", retrain.RUNS)
def test_stored_answers_are_of_the_recipe_that_the_card_and_the_run_say(run: str) -> None:
    card = read_card("labelling_function")
    assert retrain.recipe_stored(run) == retrain.recipe(card, run)
    assert int(retrain.trained_on(run).sum()) == retrain.recipe(card, run).n_sequences
    assert retrain.answers(run).shape == (SIDE, SIDE)


def test_trained_again_by_its_recipe_the_model_answers_as_the_committed_one() -> None:
    problem = load("labelling_function")
    assert torch.equal(retrain.answers("as-committed"), answers(problem))
    half = drawn(LabellingFunction(), problem.card.training)
    assert torch.equal(retrain.trained_on("as-committed"), half)


def test_a_run_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        retrain.main(["no-such-run"])
    assert "invalid choice: 'no-such-run'" in capsys.readouterr().err
