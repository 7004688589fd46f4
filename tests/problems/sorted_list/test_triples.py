import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analyses.instruments.ablation import mean_ablate
from analyses.instruments.attention import patterns
from analyses.instruments.heads import Head
from analyses.sorted_list import triples
from analyses.sorted_list.triples import PARTS, TripleEffects, locate
from models.problem import Problem
from models.sorted_list.task import SortedList

CPU = torch.device("cpu")
SIX = SortedList(list_length=6, max_value=50)
OCTOBER = SortedList()


def test_a_triple_is_found_by_hand() -> None:
    tokens = SIX.encode([[9, 4, 30, 5, 3, 0], [48, 1, 50, 2, 49, 3]])
    found = locate(SIX, tokens, torch.tensor([[3, 4, 5], [48, 49, 50]]))
    # Sorted: 0 3 4 5 9 30 and 1 2 3 48 49 50, from position 7 on.
    assert found.d.tolist() == [3, 48]
    assert found.query.tolist() == [8, 10]
    assert found.sources.tolist() == [[1, 3], [4, 2]]
    assert found.predictions.tolist() == [[4, 5], [49, 50]]


def test_a_list_may_hold_more_than_one_triple_and_they_need_not_be_neighbours() -> None:
    tokens = SIX.encode([[1, 2, 3, 4, 20, 30]]).repeat(3, 1)
    found = locate(SIX, tokens, torch.tensor([[1, 2, 3], [2, 3, 4], [4, 20, 30]]))
    assert found.query.tolist() == [7, 8, 10]
    assert found.sources.tolist() == [[1, 2], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    ("second", "row"),
    [
        ([8, 9, 10], 1),
        ([29, 30, 31], 1),
        ([3, 4, 5], 1),
        # All there, but 7 stands between 4 and 9, and 9 before 30.
        ([4, 9, 30], 1),
        ([9, 7, 30], 1),
        ([9, 30, 30], 1),
    ],
)
def test_a_list_without_the_triple_is_named(second: list[int], row: int) -> None:
    lists = [[8, 9, 10, 2, 3, 4], [9, 4, 30, 7, 3, 0]]
    message = (
        rf"list {row}, \[{', '.join(map(str, lists[row]))}\], does not hold "
        rf"\[{', '.join(map(str, second))}\], one after the other when sorted"
    )
    with pytest.raises(ValueError, match=message):
        locate(SIX, SIX.encode(lists), torch.tensor([[8, 9, 10], second]))


@given(seed=st.integers(0, 2**32 - 1), per_triple=st.integers(1, 3))
def test_every_sampled_list_holds_its_triple(seed: int, per_triple: int) -> None:
    drawn = triples.sample(OCTOBER, per_triple, torch.Generator().manual_seed(seed), CPU)
    assert drawn.d.tolist() == [d for d in range(49) for _ in range(per_triple)]
    assert torch.equal(OCTOBER.encode(drawn.tokens[:, :10].tolist()), drawn.tokens)
    for row, d, query, (y, z) in zip(
        drawn.tokens.tolist(),
        drawn.d.tolist(),
        drawn.query.tolist(),
        drawn.sources.tolist(),
        strict=True,
    ):
        assert row[query] == d
        assert query > 10
        assert (row[y], row[z]) == (d + 1, d + 2)
        assert max(y, z) < 10


def test_sampling_is_reproducible_and_places_the_triple_anywhere() -> None:
    first, same, other = (
        triples.sample(OCTOBER, 40, torch.Generator().manual_seed(seed), CPU) for seed in (1, 1, 2)
    )
    assert torch.equal(first.tokens, same.tokens)
    assert not torch.equal(first.tokens, other.tokens)
    # 1,960 lists: each of ten places expects 196, standard deviation 13.
    counts = first.sources[:, 0].bincount(minlength=10)
    assert counts.min() > 130
    assert counts.max() < 262


def hand_made() -> TripleEffects:
    """Four lists, two heads, and a residual stream of one number."""
    attention = torch.tensor(
        [
            [[0.1, 0.5], [0.2, 0.1]],
            [[0.3, 0.2], [0.1, 0.2]],
            [[0.0, 0.1], [0.5, 0.4]],
            [[0.0, 0.0], [0.2, 0.6]],
        ]
    )
    tokens = SIX.encode([[1, 2, 3, 4, 20, 30]] * 4)
    return TripleEffects(
        triples=locate(SIX, tokens, torch.tensor([[1, 2, 3]] * 4)),
        attention=attention,
        moved=torch.zeros(4, 2, 2, 2),
        sources=torch.arange(8.0).reshape(4, 2, 1),
        rest=10 * torch.arange(8.0).reshape(4, 2, 1),
        direct=torch.full((4, 1), 100.0),
        biases=torch.tensor([1000.0]),
        final_scale=torch.ones(4),
    )


def test_which_lists_are_puzzling() -> None:
    effects = hand_made()
    assert effects.strongest().tolist() == [0, 0, 1, 1]
    assert effects.puzzling().tolist() == [True, False, False, True]


def test_parts_are_told_by_head() -> None:
    effects = hand_made()
    # Heads move 0 and 1, 2 and 3, ... from y and z, and ten times as much from the rest.
    seen = effects.parts(torch.tensor([0, 1, 0, 1])).squeeze(-1)
    assert seen[0].tolist() == [0, 0, 1, 10, 100, 1000]
    assert seen[1].tolist() == [3, 30, 2, 20, 100, 1000]
    turned = effects.parts(torch.tensor([1, 0, 1, 0])).squeeze(-1)
    assert torch.equal(turned[:, [2, 3, 0, 1, 4, 5]], seen)
    assert len(PARTS) == seen.shape[1]


@pytest.mark.parametrize("name", ["problem", "untrained"])
def test_the_parts_are_the_model_and_their_shares_its_margin(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    drawn = triples.sample(problem.task, 1, torch.Generator().manual_seed(0), CPU)
    found, rows = triples.effects(problem, drawn), torch.arange(49)
    logits = problem.logits(drawn.tokens)[rows, drawn.query]
    to_y, to_z = logits.gather(1, drawn.predictions).unbind(dim=1)
    for head in (found.strongest(), torch.zeros(49, dtype=torch.int64)):
        given = triples.favours(problem, found, head)
        torch.testing.assert_close(given.sum(dim=1), to_y - to_z, atol=1e-4, rtol=1e-4)
        sources = found.moved[rows, head].sum(dim=1)
        torch.testing.assert_close(
            given[:, triples.THIS], sources[:, 0] - sources[:, 1], atol=1e-4, rtol=1e-4
        )
        right = triples.right_without(problem, found, head, ())
        assert torch.equal(right, logits.argmax(-1) == drawn.d + 1)


def test_a_whole_head_without_is_mean_ablation_of_lists_asked_at_one_position(
    problem: Problem[SortedList],
) -> None:
    drawn = triples.sample(problem.task, 1, torch.Generator().manual_seed(0), CPU)
    some = drawn.query == 14
    same = triples.Triples(*(part[some] for part in drawn))
    found = triples.effects(problem, same)
    head = torch.zeros(len(same.d), dtype=torch.int64)
    ablated = mean_ablate(problem, same.tokens, Head(0, 1))[:, 14].argmax(dim=-1)
    others = [triples.OTHER, triples.OTHER_REST]
    assert len(same.d) > 3
    assert torch.equal(
        triples.right_without(problem, found, head, others), ablated == same.predictions[:, 0]
    )


def test_attention_in_effects_is_that_of_the_query(problem: Problem[SortedList]) -> None:
    drawn = triples.sample(problem.task, 1, torch.Generator().manual_seed(0), CPU)
    found, seen = triples.effects(problem, drawn), patterns(problem, drawn.tokens)
    for row in range(0, 49, 7):
        for head in range(2):
            for place in range(2):
                key, query = drawn.sources[row, place], drawn.query[row]
                expected = float(seen[row, head, query, key])
                assert float(found.attention[row, head, place]) == pytest.approx(expected, abs=1e-5)
