"""Extended and effective embeddings against the model, and the numbers that describe them."""

import math

import pytest
import torch

from analyses.instruments.statistics import rank_correlation
from analyses.labelling_function import at_z
from analyses.labelling_function.attention import fixed
from analyses.labelling_function.embeddings import chosen as neurons_chosen
from analyses.labelling_function.embeddings import claims, directions, served, shapes
from analyses.labelling_function.embeddings.effective import (
    difference_of_sum,
    effective,
    explained,
    main_effects,
)
from analyses.labelling_function.embeddings.extended import extended
from analyses.labelling_function.neurons.effects import effects
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem
from tests.problems.labelling_function.small_model import looking_nowhere, small_model

Model = Problem[LabellingFunction]


@pytest.fixture(scope="module")
def problem() -> Model:
    return small_model(d_mlp=6)


@pytest.fixture(scope="module")
def still() -> Model:
    """Attention is the same for all points."""
    return looking_nowhere(small_model(d_mlp=6))


def inputs(problem: Model, mid: torch.Tensor) -> torch.Tensor:
    read = mid @ problem.model.W_in[0] + problem.model.b_in[0]
    return read.reshape(SIDE, SIDE, -1)


def test_extended_embeddings_add_up_to_what_neurons_read_at_mean_attention(
    problem: Model,
) -> None:
    x, y, rest = extended(problem)
    attention = fixed.same_for_all(at_z.mean_pattern(problem))
    mid = at_z.resid_mid(problem, at_z.written(problem, attention))
    torch.testing.assert_close(
        x[:, None] + y[None] + rest, inputs(problem, mid), atol=1e-3, rtol=1e-3
    )


def test_effective_embeddings_are_means_of_what_neurons_read(problem: Model) -> None:
    x, y, rest = effective(problem)
    read = inputs(problem, at_z.resid(problem))
    torch.testing.assert_close(x + rest, read.mean(dim=1), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(y + rest, read.mean(dim=0), atol=1e-3, rtol=1e-3)
    assert float(main_effects(problem).x.mean(dim=0).abs().max()) < 1e-4
    assert 0 < explained(problem) < 0.999


def test_without_a_choice_where_to_look_both_embeddings_are_the_same(still: Model) -> None:
    ours, theirs = effective(still), extended(still)
    for one, other in ((ours.x, theirs.x), (ours.y, theirs.y)):
        torch.testing.assert_close(one, other - other.mean(dim=0), atol=1e-3, rtol=1e-3)
    assert explained(still) == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(
        difference_of_sum(still),
        at_z.difference_behind(still, at_z.resid(still)),
        atol=1e-3,
        rtol=1e-3,
    )


def test_rows_are_served_where_they_change() -> None:
    red = torch.tensor(
        [
            [0, 0, 1, 1, 1],
            [0, 1, 1, 0, 0],
            [1, 1, 0, 0, 1],
            [1, 1, 1, 1, 1],
            [0, 0, 0, 0, 0],
            [1, 0, 0, 0, 0],
        ]
    ).bool()
    found = {
        family: [part.tolist() for part in served.served(red, family)] for family in served.PAINTERS
    }
    assert found == {
        "red right": [[0, 2], [2, 4]],
        "blue right": [[1, 5], [3, 1]],
        "blue left": [[0, 1], [2, 1]],
        "red left": [[2, 5], [2, 1]],
    }
    assert served.mask(red, "red right").nonzero().flatten().tolist() == [0, 2]
    assert served.mask(red, "red all").nonzero().flatten().tolist() == [2, 3]
    with pytest.raises(ValueError, match="'red all' paints no end"):
        served.served(red, "red all")


def test_picking_rows_is_the_share_of_pairs_that_are_in_order() -> None:
    generator = torch.Generator().manual_seed(1)
    values = torch.randint(6, (20, 3), generator=generator).float()
    masked = torch.rand(20, generator=generator) < 0.4
    inside, outside = values[masked], values[~masked]
    above = (inside[:, None] > outside[None]).double() + (inside[:, None] == outside[None]) / 2
    torch.testing.assert_close(shapes.picked(values, masked), above.mean(dim=(0, 1)))


def test_trends_are_rank_correlations() -> None:
    generator = torch.Generator().manual_seed(4)
    values = torch.randint(9, (15, 4), generator=generator).float()
    values[:, 3] = 1
    against = torch.randint(30, (15,), generator=generator)
    expected = [rank_correlation(column, against.double().tolist()) for column in values.T.tolist()]
    assert shapes.trends(values, against).tolist() == pytest.approx(expected)
    assert expected[3] == 0


def test_what_cancels_along_a_curve_is_flat_there() -> None:
    x = torch.stack([torch.arange(10.0), torch.arange(10.0)], dim=1)
    y = torch.stack([torch.arange(10.0), torch.zeros(10)], dim=1)
    rows = torch.arange(1, 8)
    assert shapes.flatness(x, y, rows, 8 - rows).tolist() == pytest.approx([0, 1])
    # Rising with X, it doubles it.
    assert shapes.flatness(x, y, rows, rows)[0] == pytest.approx(2)


def test_embeddings_are_alike_up_to_size_and_shift() -> None:
    x = torch.tensor([[1.0, 0], [2, 1], [4, 0]])
    assert shapes.alike(x, 3 * x + 1) == pytest.approx(1)
    assert shapes.alike(x, -x) == pytest.approx(-1)


def test_principal_directions_are_found_as_planted() -> None:
    generator = torch.Generator().manual_seed(2)
    basis = torch.linalg.qr(torch.randn(5, 5, generator=generator)).Q
    sizes = torch.tensor([4.0, 2, 1, 0, 0])
    vectors = torch.randn(4000, 5, generator=generator) * sizes @ basis.T + 7
    found = directions.principal(vectors)
    torch.testing.assert_close(
        found.shares[:3], torch.tensor([16.0, 4, 1]).double() / 21, atol=0.02, rtol=0
    )
    assert float((found.directions[0] @ basis[:, 0]).abs()) > 0.999
    torch.testing.assert_close(
        found.directions @ found.directions.T, torch.eye(5), atol=1e-5, rtol=0
    )


def test_projected_on_all_directions_nothing_changes(problem: Model) -> None:
    found = directions.of_resid(problem)
    whole = directions.projected(problem, found.directions)
    torch.testing.assert_close(
        whole, at_z.difference_behind(problem, at_z.resid(problem)), atol=1e-2, rtol=1e-2
    )
    # Doubled and mixed, they span the same plane.
    two = found.directions[:2]
    mixed = torch.stack([2 * two[0], two[0] + two[1]])
    torch.testing.assert_close(
        directions.projected(problem, mixed),
        directions.projected(problem, two),
        atol=1e-3,
        rtol=1e-3,
    )
    assert directions.drawn_plane(problem, 3, torch.Generator().manual_seed(1)).shape == (3, 8)


def test_slopes_are_differences_of_what_the_mlp_writes(problem: Model) -> None:
    plane = directions.of_resid(problem).directions[:2]
    found = directions.slopes(problem, plane)
    mid, step = at_z.resid(problem), 1e-3
    W_U = problem.model.W_U
    direct = plane @ (W_U[:, 1] - W_U[:, 0])
    for number in (0, 1):
        moved = [
            at_z.difference_behind(problem, mid + sign * step * plane[number]).flatten().double()
            for sign in (1, -1)
        ]
        measured = (moved[0] - moved[1]) / (2 * step) - direct[number]
        # Where a neuron starts to fire within the step, there is no slope to compare with.
        off = (measured - found.slopes[:, number]).abs()
        assert float((off < 0.1).double().mean()) > 0.99


def test_a_gate_is_told_from_a_sum() -> None:
    generator = torch.Generator().manual_seed(3)
    coordinates = torch.randn(1000, 2, generator=generator)
    flat = directions.Slopes(coordinates, torch.ones(1000, 2))
    assert directions.gating(flat, 0) == directions.gating(flat, 1) == 1
    # The first opens the second: steep where it is positive, hardly so elsewhere.
    opened = torch.where(coordinates[:, 0] > 0, 5.0, 0.5)
    gated = directions.Slopes(coordinates, torch.stack([torch.ones(1000), opened], dim=1))
    assert directions.gating(gated, 0) == pytest.approx(10)
    assert directions.gating(gated, 1) == 1


def test_random_neurons_are_live_and_of_another_family(
    problem: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    families = {"red right": [0, 2], "blue left": [1]}
    monkeypatch.setattr(neurons_chosen, "members", lambda problem: families)
    live = set(effects(problem).flatten(1).any(dim=1).nonzero().flatten().tolist())
    for each in neurons_chosen.drawn.__wrapped__(problem, "red right", 2):
        assert len(set(each)) == 2
        assert set(each) <= live - {0, 2}
    by_neuron = torch.tensor([1.0, 2, 9, 4, 5, 6])
    found = neurons_chosen.of_family(problem, "red right", lambda neurons: by_neuron[neurons])
    assert found == 5


def test_a_family_without_neurons_has_no_median(
    problem: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neurons_chosen, "members", lambda problem: {"red right": []})
    assert math.isnan(neurons_chosen.of_family(problem, "red right", lambda neurons: torch.ones(0)))


def test_the_flattest_sum_is_measured_from_133() -> None:
    curve = torch.ones(len(claims.TOTALS))
    curve[claims.TOTALS.index(129)] = 0
    assert claims.from_133(curve) == 4


def test_rows_on_the_third_curve_change_there(problem: Model) -> None:
    rows = claims.on_c(problem).tolist()
    _, places = claims.of_truth(problem, "blue right")
    assert 72 in rows
    assert 47 not in rows, "its end is cut by the second curve"
    assert len(rows) < len(places)


def test_claims_have_names_of_their_own() -> None:
    assert len({claim.name for claim in claims.CLAIMS}) == len(claims.CLAIMS)
