"""Plans paint what they are made for, transformers add up their plans, and the bounds on how few
neurons can do it hold for random ones.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import Bool
from torch import Tensor

from analyses.evidence.explanations import size
from analyses.instruments.ablation import zero_ablate
from analyses.instruments.activations import PATTERN, activations
from analyses.instruments.parts import Neurons
from analyses.labelling_function.by_hand import claims, describe
from analyses.labelling_function.by_hand.crossing import (
    BLUE_POINTS,
    RED_POINTS,
    Points,
    cross,
    crossing,
)
from analyses.labelling_function.by_hand.plan import (
    HALF,
    Plan,
    by_primitive,
    with_direct_path,
    without_red_all,
)
from analyses.labelling_function.by_hand.weights import (
    LOGITS,
    families_by_hand,
    hand_set,
    largest,
    made_by_hand,
    non_zero,
    weights,
)
from analyses.labelling_function.by_hand.written_down import program
from analyses.labelling_function.points import difference, red_over_blue
from analyses.labelling_function.rows import PATTERNS, PRIMITIVES, pattern
from models.labelling_function.task import SIDE, LabellingFunction, task
from models.problem import Problem
from tests.problems.labelling_function.small_model import small_model

Map = Bool[Tensor, "x y"]
PLANS = (by_primitive, without_red_all, with_direct_path)
every_plan = pytest.mark.parametrize("make", PLANS)


@cache
def truth() -> Map:
    return task().answers(task().every()).reshape(SIDE, SIDE).bool()


@cache
def with_room() -> Problem[LabellingFunction]:
    """A model that is just large enough for any of the plans."""
    return small_model(d_mlp=4, d_model=12, d_head=6)


def row(width: int, first: bool, edges: list[int]) -> list[bool]:
    """A row whose colour changes at some columns."""
    return [first ^ (sum(edge <= y for edge in edges) % 2 == 1) for y in range(width)]


@st.composite
def maps(draw: st.DrawFn) -> Map:
    """Rows of all six patterns, with edges anywhere."""
    width = draw(st.integers(3, 14))
    edges = st.lists(st.integers(1, width - 1), max_size=2, unique=True)
    rows = draw(st.lists(st.tuples(st.booleans(), edges), min_size=1, max_size=7))
    return torch.tensor([row(width, first, found) for first, found in rows])


@every_plan
@given(red=maps())
def test_whatever_rows_there_are_a_plan_paints_them_with_half_a_column_to_spare(
    make: Callable[[Map], Plan], red: Map
) -> None:
    total = make(red).sum(red.shape[1])
    assert torch.equal(total > 0, red)
    assert total.abs().min() >= HALF


@every_plan
def test_plans_paint_the_labelling_function(make: Callable[[Map], Plan]) -> None:
    red = truth()
    total = make(red).sum(SIDE)
    assert torch.equal(total > 0, red)
    assert total.abs().min() == HALF


def test_sizes_are_those_that_the_plans_are_named_for() -> None:
    assert [len(make(truth()).names) for make in PLANS] == [4, 3, 2]
    assert set(by_primitive(truth()).names) <= set(PRIMITIVES)


@pytest.mark.parametrize(
    ("edges", "first", "expected"),
    [
        # Red from column 4 on: y - 3 is 1 there, and 0 one column before.
        ([4], False, {"red right": [0, 0, 0, 0, 1, 2, 3, 4]}),
        ([2], True, {"red left": [2, 1, 0, 0, 0, 0, 0, 0]}),
        ([], True, {"red all": [1] * 8}),
        ([], False, {}),
        # The red stretch is 2 to 4, its middle 3.
        (
            [2, 5],
            False,
            {"red right": [0, 0, 1, 2, 3, 4, 5, 6], "blue right": [0, 0, 0, 0, -2, -4, -6, -8]},
        ),
        (
            [2, 5],
            True,
            {"red left": [2, 1, 0, 0, 0, 0, 0, 0], "red right": [0, 0, 0, 0, 0, 1, 2, 3]},
        ),
    ],
)
def test_each_neuron_paints_its_primitive_where_it_is_needed_and_nothing_elsewhere(
    edges: list[int], first: bool, expected: dict[str, list[int]]
) -> None:
    red = torch.tensor([row(8, first, edges)])
    assert set(expected) == set(PATTERNS[pattern(red[0])])
    plan = by_primitive(red)
    for name, painted in zip(plan.names, plan.painted(8)[:, 0].tolist(), strict=True):
        assert painted == expected.get(name, [0] * 8), name


@every_plan
def test_a_row_with_three_changes_is_refused(make: Callable[[Map], Plan]) -> None:
    red = torch.tensor([row(6, True, []), row(6, True, [1, 2, 4])])
    with pytest.raises(ValueError, match="row 1 is red-blue-red-blue; expected one of blue, red,"):
        make(red)


@every_plan
def test_an_edge_that_is_moved_by_a_column_shows(make: Callable[[Map], Plan]) -> None:
    plan, red = make(truth()), truth()
    # Row 41 turns red once; its ramp now begins a column later.
    moved = replace(plan, shift=plan.shift.clone(), level=plan.level.clone())
    if plan.rise:
        moved.level[41] -= 1
    else:
        moved.shift[plan.names.index("red right"), 41] -= 1
    wrong = (moved.sum(SIDE) > 0) != red
    assert wrong.nonzero().tolist() == [[41, int(red[41].nonzero()[0])]]


@every_plan
def test_a_transformer_adds_up_its_plan_exactly(make: Callable[[Map], Plan]) -> None:
    generator = torch.Generator().manual_seed(1)
    # An edge at the margin is none, and so are two at the same column.
    edges = torch.randint(1, SIDE + 1, (SIDE, 2), generator=generator).tolist()
    red = torch.tensor([row(SIDE, x % 2 == 0, of) for x, of in enumerate(edges)])
    problem = made_by_hand(with_room(), make(red))
    assert torch.equal(difference(problem), LOGITS * make(red).sum(SIDE))


def test_attention_is_constant_and_each_head_looks_at_one_number() -> None:
    problem = made_by_hand(with_room(), by_primitive(truth()))
    at_z = activations(problem, task().every()[::97], PATTERN)[:, :, -1]
    assert torch.equal(at_z, at_z[:1].expand_as(at_z))
    torch.testing.assert_close(at_z[0], torch.eye(3)[:2], atol=1e-20, rtol=0)


def test_weights_are_counted_and_measured() -> None:
    made = weights(by_primitive(truth()), with_room().weights)
    entries = [float(entry) for weight in made.values() for entry in weight.flatten()]
    assert non_zero(made) == sum(entry != 0 for entry in entries)
    assert largest(made) == max(map(abs, entries))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"d_mlp": 3}, "a plan of 4 neurons needs 4 neurons, not 3"),
        ({"d_head": 4}, "needs 5 dimensions of a head, not 4"),
        ({"d_model": 9}, "needs 10 dimensions of the residual stream, not 9"),
    ],
)
def test_a_model_without_room_is_refused(sizes: dict[str, int], message: str) -> None:
    there = {"d_mlp": 4, "d_model": 12, "d_head": 6} | sizes
    with pytest.raises(ValueError, match=message):
        weights(by_primitive(truth()), small_model(**there).weights)


@every_plan
def test_what_is_written_down_of_a_plan_answers_as_its_transformer(
    make: Callable[[Map], Plan],
) -> None:
    plan, tokens = make(truth()), task().every()
    written = program(plan)
    assert torch.equal(written(tokens), task().answers(tokens))
    confidence = written.confidence(tokens)
    assert confidence is not None
    expected = LOGITS * plan.sum(SIDE).abs()
    torch.testing.assert_close(confidence.reshape(SIDE, SIDE), expected, rtol=0, atol=0)
    # Half of the 113 numbers of each neuron would already be a bit for each.
    assert size(written) > 113 * len(plan.names) / 2


def test_points_cross_where_the_other_corners_have_the_other_colour() -> None:
    red = torch.tensor([[True, False, False], [False, True, True], [False, True, False]])
    assert cross(red, (0, 0), (1, 1))
    assert not cross(red, (1, 1), (2, 2))
    assert not cross(red, (1, 2), (2, 1)), "only one corner has the other colour"
    assert cross(red, (0, 1), (1, 0)), "blue points cross too"
    assert not cross(red, (0, 0), (0, 1)), "two colours"
    assert crossing(red, ((0, 0), (1, 1), (2, 1))) == 2


def test_four_points_of_each_colour_cross_on_the_labelling_function() -> None:
    red = truth()
    assert all(red[x, y] for x, y in RED_POINTS)
    assert not any(red[x, y] for x, y in BLUE_POINTS)
    assert crossing(red, RED_POINTS) == crossing(red, BLUE_POINTS) == 6


def most_crossing(red: Map, colour: bool) -> int:
    """The largest set of points of a colour that cross, pair by pair: all are tried."""
    points = [(x, y) for x, y in (red == colour).nonzero().tolist()]
    pairs = {pair for pair in combinations(points, 2) if cross(red, *pair)}
    sets: list[Points] = [(point,) for point in points]
    reached = 0
    while sets:
        reached += 1
        sets = [
            (*found, point)
            for found in sets
            for point in points
            if all((other, point) in pairs for other in found)
        ]
    return reached


tables = st.lists(st.integers(-6, 6), min_size=4, max_size=4).map(
    lambda values: torch.tensor(values, dtype=torch.float32)
)


@settings(max_examples=20)
@given(parts=st.lists(tables, min_size=4, max_size=4))
def test_one_neuron_with_any_tables_paints_no_three_points_that_cross(parts: list[Tensor]) -> None:
    direct, before = (parts[i][:, None] + parts[i + 1] for i in (0, 2))
    assert most_crossing(direct + before.relu() > 0, True) <= 2
    assert most_crossing(direct - before.relu() > 0, False) <= 2


@settings(max_examples=20)
@given(parts=st.lists(tables, min_size=4, max_size=4), ground=st.integers(-4, 4))
def test_two_neurons_by_themselves_paint_no_four_points_that_cross(
    parts: list[Tensor], ground: int
) -> None:
    one, other = ((parts[i][:, None] + parts[i + 1]).relu() for i in (0, 2))
    assert most_crossing(ground + one + other > 0, True) <= 3
    assert most_crossing(ground - one - other > 0, False) <= 3
    least = min(most_crossing(ground + one - other > 0, colour) for colour in (True, False))
    assert least <= 2


def test_two_neurons_by_themselves_do_paint_three_points_that_cross() -> None:
    # Each by itself is enough at one point, and both together at the third.
    one, other = torch.tensor([[0.6, -9.0, 0.3], [-9.0, 0.6, 0.3]])
    red = (one[:, None] + one).relu() + (other[:, None] + other).relu() > 1
    assert torch.equal(red, torch.eye(3, dtype=torch.bool))
    assert most_crossing(red, True) == 3


def test_without_a_neuron_the_rows_change_that_are_made_with_its_primitive() -> None:
    problem, red = with_room(), truth()
    for name, neurons in families_by_hand(problem).items():
        off = red_over_blue(zero_ablate(hand_set(problem), task().every(), Neurons(0, neurons))) > 0
        changed = (off != red).any(dim=1)
        made = [name in PATTERNS[pattern(row)] for row in red]
        assert changed.tolist() == made, name


def test_what_the_page_shows_of_neurons_is_theirs() -> None:
    problem = with_room()
    rows = describe.painter_rows(problem)
    assert [row[0] for row in rows] == list(families_by_hand(problem))
    assert {row[0] for row in rows} == set(describe.READ)
    together = describe.effect_of(problem, list(describe.READ), most=1e3)
    alone = LOGITS * by_primitive(truth()).ground
    assert torch.equal(together + alone, difference(hand_set(problem)))
    assert describe.effect_of(problem, ["blue right"], most=7.0).min() == -7


def test_controls_are_plans_with_something_wrong() -> None:
    problem = with_room()
    wrong = [claims.dealt_on(problem), claims.moved_on(problem)]
    wrong += [claims.without_direct_path(problem)]
    wrong += [claims.best_without_one(make)(problem) for make in PLANS]
    assert all(0.5 < found.value < 0.99 for found in wrong)
    assert claims.painted_right(problem, by_primitive(truth())) == 1
    for make in PLANS:
        plans = claims.without_one(make(truth()))
        assert [int((plan.colour == 0).sum()) for plan in plans] == [1] * len(make(truth()).names)
