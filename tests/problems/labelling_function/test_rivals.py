"""What rival explanations predict, and what is done to the model, against running it."""

import pytest
import torch
from torch import Tensor

from analyses.evidence.explanations import Explanation, Program, Trial, predictions
from analyses.instruments.ablation import mean_ablate, zero_ablate
from analyses.instruments.heads import Head
from analyses.instruments.holding import fix_attention
from analyses.instruments.partitions import partners
from analyses.instruments.parts import Neurons
from analyses.labelling_function.at_z import difference_with, pattern, resid
from analyses.labelling_function.attention.fixed import at_mean
from analyses.labelling_function.explanations import EXPLANATIONS, Bring, near_boundaries, working
from analyses.labelling_function.neurons.families import families
from analyses.labelling_function.points import answers, difference, every, red_over_blue, truth
from analyses.labelling_function.rivals import programs, scrubbing
from analyses.labelling_function.rivals.knockouts import (
    another_read,
    knockouts,
    other_number,
)
from analyses.labelling_function.rivals.nearest import PLANE, ROW, known_labels, votes
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem
from tests.problems.labelling_function.small_model import small_model

Of = Problem[LabellingFunction]


@pytest.fixture(scope="module")
def small() -> Of:
    return small_model()


def test_knockouts_are_what_running_the_model_gives(small: Of) -> None:
    points = every(small)
    family, members = next((n, m) for n, m in families(small).items() if m)
    named = {change.name: change for change in knockouts(small)}
    for change, logits in (
        ("attention", fix_attention(small, points)),
        ("0.1", mean_ablate(small, points, Head(0, 1))),
        (f"{family} off", zero_ablate(small, points, Neurons(0, members))),
    ):
        expected = red_over_blue(logits)
        assert (expected - difference(small)).abs().max() > 0.01
        found = red_over_blue(named[change].run(small, points))
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("position", [0, 1])
def test_another_number_is_read_where_heads_look_as_before(small: Of, position: int) -> None:
    points = every(small)
    place = 50 * SIDE + 7
    read = other_number(points[place : place + 1], position)[0]
    x, y = (100, 7) if position == 0 else (50, 57)
    assert read.tolist() == [x, y, 113]
    # The point that is read, with the attention of the point that reads it.
    attention = pattern(small).clone()
    attention[x * SIDE + y] = pattern(small)[place]
    expected = difference_with(small, attention)[x, y]
    torch.testing.assert_close(another_read(position, small)[50, 7], expected)


def test_an_intervention_answers_points_one_by_one(small: Of) -> None:
    points = every(small)[[5, 900, 12_000]]
    named = {change.name: change for change in knockouts(small)}
    logits = named["attention"].run(small, points)
    assert logits.shape == (3, 3, 2)
    x, y, _ = points.unbind(dim=1)
    torch.testing.assert_close(logits[:, -1, 1], at_mean(small)[x, y])


def everything(problem: Of, bring: Bring) -> Program:
    """Every neuron and the direct path, in fine steps."""
    neurons = list(range(problem.architecture.d_mlp or 0))
    of = programs.with_direct_path(problem, programs.reader(problem, neurons))
    by_mean = bring is programs.bring_the_mean
    tables = programs.mean_tables if by_mean else programs.attending_tables
    return working(bring, tables(problem, of.into) | programs.neuron_tables(of))


def red(said: Tensor) -> Tensor:
    return (said[:, 0, 1] - said[:, 0, 0]).reshape(SIDE, SIDE)


def test_attending_with_all_neurons_is_the_model_and_foresees_everything(
    small: Of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "STEP", 1e-6)
    points = every(small)
    made = everything(small, programs.bring_by_attending)
    torch.testing.assert_close(
        red(made.predict(points, made.tables)), difference(small), atol=1e-3, rtol=1e-3
    )
    assert made.under is not None
    for change in knockouts(small):
        expected = red_over_blue(change.run(small, points))
        found = red(made.under(points, made.tables, change.name))
        torch.testing.assert_close(found, expected, atol=2e-3, rtol=1e-3)


def test_extended_embeddings_are_the_model_at_mean_attention(
    small: Of, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "STEP", 1e-6)
    made = everything(small, programs.bring_the_mean)
    found = red(made.predict(every(small), made.tables))
    torch.testing.assert_close(found, at_mean(small), atol=1e-3, rtol=1e-3)


def test_all_directions_are_no_restriction(small: Of, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "COORDINATE_STEP", 1e-6)
    monkeypatch.setattr(programs, "STEP", 1e-6)
    neurons = list(range(small.architecture.d_mlp or 0))
    onto = programs.principal(small, small.architecture.d_model)
    of = programs.with_direct_path(small, programs.reader(small, neurons))
    of = programs.off_the_mean(small, onto, of)
    tables = programs.attending_tables(small, onto) | programs.direction_tables(of, onto)
    made = working(programs.bring_by_attending, tables)
    found = red(made.predict(every(small), made.tables))
    torch.testing.assert_close(found, difference(small), atol=2e-3, rtol=1e-3)


def test_neighbours_vote_by_hand() -> None:
    known = torch.zeros(5, 5, dtype=torch.bool)
    colours = torch.zeros(5, 5, dtype=torch.bool)
    for x, y, is_red in ((0, 0, True), (0, 4, False), (3, 1, False)):
        known[x, y], colours[x, y] = True, is_red
    label = known_labels(colours, known)
    assert label[0].tolist() == [1, -1, -1, -1, 0]
    # In the first row: the middle is as far from either end, so that both vote.
    assert votes(label, 1, ROW)[0].tolist() == [1, 1, 0, -1, -1]
    # A row without known points has no votes.
    assert not votes(label, 1, ROW)[2].any()
    # Above (3, 1), which is blue; further right (0, 4) is as near, and then nearer.
    assert votes(label, 1, PLANE)[2].tolist() == [-1, -1, -1, -2, -1]
    # All three vote everywhere: two of them blue.
    assert votes(label, 3, PLANE).unique().tolist() == [-1]


@pytest.mark.parametrize("k", [1, 3])
def test_votes_are_those_of_the_nearest(k: int) -> None:
    generator = torch.Generator().manual_seed(k)
    colours, known = torch.rand(2, 12, 12, generator=generator) < 0.5
    found = votes(known_labels(colours, known), k, 11)
    places = known.nonzero()
    for x, y in ((0, 0), (5, 7), (11, 3)):
        far = (places - torch.tensor([x, y])).square().sum(dim=1)
        voters = places[far <= far.sort().values[k - 1]]
        expected = sum(1 if colours[tuple(place)] else -1 for place in voters.tolist())
        assert found[x, y] == expected


def test_near_a_boundary_is_so_many_columns_from_a_change(problem: Of) -> None:
    near = {tuple(point[:2]) for point in near_boundaries(problem, within=2).tolist()}
    red_map = truth(problem)
    for x in (0, 16, 41):
        for y in range(SIDE):
            around = red_map[x, max(0, y - 2) : y + 3]
            assert ((x, y) in near) == bool((around != red_map[x, y]).any())


def test_scrubbing_by_single_points_changes_nothing(small: Of) -> None:
    alone = torch.arange(SIDE**2)
    assert torch.equal(scrubbing.behind_attention(small, alone), answers(small))
    groups = list(families(small).values())
    kept = scrubbing.from_families(small, groups, alone, alone)
    assert (kept == answers(small)).double().mean() > 0.999


def test_scrubbing_takes_the_partner(small: Of) -> None:
    donors = partners(torch.zeros(SIDE**2, dtype=torch.int64), scrubbing.seeded())
    x, y = 40, 3
    place = x * SIDE + y
    mixed = pattern(small).clone()
    mixed[place] = pattern(small)[donors[place]]
    expected = difference_with(small, mixed)[x, y] > 0
    assert scrubbing.patterns_from_anywhere(small)[x, y] == expected
    swapped = pattern(small).clone()
    swapped[donors[place]] = pattern(small)[place]
    read = difference_with(small, swapped).flatten()[donors[place]] > 0
    assert scrubbing.values_from_anywhere(small)[x, y] == read


def test_cells_hold_neighbours_along_the_directions(small: Of) -> None:
    found = scrubbing.cells(small, directions=1)
    assert len(found.unique()) == scrubbing.CELLS**2
    two = scrubbing.cells(small)
    along = (resid(small) - resid(small).mean(dim=0)) @ programs.principal(small, 2)
    cell = two == two[0]
    bins = along[:, 0].argsort().argsort() * scrubbing.CELLS // len(along)
    assert len(bins[cell].unique()) == 1


def test_random_groups_hold_the_same_neurons(problem: Of) -> None:
    groups = [[1, 2, 3], [], [7]]
    dealt = scrubbing.random_groups(problem, groups)
    assert [len(group) for group in dealt] == [3, 0, 1]
    assert sorted(n for group in dealt for n in group) == [1, 2, 3, 7]


@pytest.mark.parametrize("explanation", EXPLANATIONS, ids=lambda explanation: explanation.name)
def test_every_explanation_answers(explanation: Explanation, problem: Of) -> None:
    few = every(problem)[::97]
    trial = Trial.of(problem, {"few": few}, [])
    found = predictions(explanation, trial)
    assert found.answers["few"].shape == (len(few), 1)
    assert set(found.answers["few"].unique().tolist()) <= {0, 1}
