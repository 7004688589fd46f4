import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analyses.attention import patterns
from analyses.attribution import direct_logit_attribution
from analyses.sorted_list import triples
from analyses.sorted_list.triples import TripleEffects, locate
from models.problem import Problem
from models.sorted_list.task import SortedList

CPU = torch.device("cpu")
SIX = SortedList(list_length=6, max_value=50)
OCTOBER = SortedList()


def test_a_triple_is_found_by_hand() -> None:
    tokens = SIX.encode([[9, 4, 30, 5, 3, 0], [48, 1, 50, 2, 49, 3]])
    found = locate(SIX, tokens, torch.tensor([3, 48]))
    # Sorted: 0 3 4 5 9 30 and 1 2 3 48 49 50, from position 7 on.
    assert found.query.tolist() == [8, 10]
    assert found.sources.tolist() == [[1, 3], [4, 2]]
    assert found.predictions.tolist() == [[4, 5], [49, 50]]


def test_d_may_stand_in_more_than_one_triple() -> None:
    tokens = SIX.encode([[1, 2, 3, 4, 20, 30]]).repeat(2, 1)
    found = locate(SIX, tokens, torch.tensor([1, 2]))
    assert found.query.tolist() == [7, 8]
    assert found.sources.tolist() == [[1, 2], [2, 3]]


@pytest.mark.parametrize(
    ("d", "row", "absent"),
    [([8, 8], 1, 8), ([8, 29], 1, 29), ([8, 3], 1, 5), ([3, 3], 0, 5), ([2, 3], 1, 5)],
)
def test_a_list_without_the_triple_is_named(d: list[int], row: int, absent: int) -> None:
    lists = [[8, 9, 10, 2, 3, 4], [9, 4, 30, 7, 3, 0]]
    low = d[row]
    message = (
        rf"list {row}, \[{', '.join(map(str, lists[row]))}\], does not hold {absent}; "
        rf"a triple needs {low}, {low + 1} and {low + 2}"
    )
    with pytest.raises(ValueError, match=message):
        locate(SIX, SIX.encode(lists), torch.tensor(d))


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
    """Four lists, two heads."""
    attention = torch.tensor(
        [
            [[0.1, 0.5], [0.2, 0.1]],
            [[0.3, 0.2], [0.1, 0.2]],
            [[0.0, 0.1], [0.5, 0.4]],
            [[0.0, 0.0], [0.2, 0.6]],
        ]
    )
    heads = torch.arange(16.0).reshape(4, 2, 2)
    return TripleEffects(
        attention=attention,
        moved=torch.zeros(4, 2, 2, 2),
        heads=heads,
        direct=torch.zeros(4, 2),
        correct=torch.tensor([True, False, True, False]),
    )


def test_which_lists_are_puzzling() -> None:
    effects = hand_made()
    assert effects.misled().tolist() == [
        [True, False],
        [False, True],
        [True, False],
        [False, True],
    ]
    assert effects.strongest().tolist() == [0, 0, 1, 1]
    assert effects.puzzling().tolist() == [True, False, False, True]
    only = effects.puzzling_only()
    assert only.correct.tolist() == [True, False]
    assert torch.equal(only.attention, effects.attention[[0, 3]])


def test_the_other_head_is_the_one_that_is_not_strongest() -> None:
    # Heads hold 0 1 | 2 3, then 4 5 | 6 7, ...: the strongest are 0, 0, 1, 1.
    assert hand_made().other_head().tolist() == [[2, 3], [6, 7], [8, 9], [12, 13]]


@pytest.mark.parametrize("name", ["problem", "untrained"])
def test_effects_have_a_place_for_every_list_head_source_and_prediction(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    drawn = triples.sample(problem.task, 1, torch.Generator().manual_seed(0), CPU)
    found = triples.effects(problem, drawn)
    assert found.attention.shape == (49, 2, 2)
    assert found.moved.shape == (49, 2, 2, 2)
    assert found.heads.shape == (49, 2, 2)
    assert found.direct.shape == (49, 2)
    rows = torch.arange(49)
    logits = problem.logits(drawn.tokens)[rows, drawn.query]
    assert torch.equal(found.correct, logits.argmax(-1) == drawn.d + 1)
    parts = direct_logit_attribution(problem, drawn.tokens)
    biases = (parts.output_bias + parts.bias)[rows, drawn.query].gather(1, drawn.predictions)
    torch.testing.assert_close(
        found.heads.sum(dim=1) + found.direct + biases,
        logits.gather(1, drawn.predictions),
        atol=1e-4,
        rtol=1e-5,
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
