import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analyses.instruments.activations import KEYS, QUERIES, activations
from analyses.instruments.attention import patterns
from analyses.instruments.circuits import (
    copied_sets,
    copying_heads,
    direct_path,
    full_ov,
    full_qk,
    position_qk,
    reads,
    runs,
    typical_final_scale,
    w_ov,
    w_qk,
)
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import architecture, made_of, shapes
from tests.plain_transformer import EPS, PlainTransformer

FIRST = slice(0, 1)
NORMALIZED = "blocks.0.ln1.hook_normalized"


@pytest.fixture(scope="module")
def hand_made() -> Problem[SortedList]:
    """Two values and SEP, one-hot embeddings: circuits can be read off the weights."""
    task = SortedList(list_length=1, max_value=1)
    sizes = architecture(task, d_model=3, d_head=3, normalization=None)
    zeros = {name: torch.zeros_like(tensor) for name, tensor in shapes(sizes).items()}
    keys = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    weights = zeros | {
        "embed.W_E": torch.eye(3),
        "pos_embed.W_pos": torch.tensor([[1.0, 0, 0], [0, 1, 0], [1, 1, 0]]),
        "blocks.0.attn.W_Q": torch.stack([torch.eye(3), 2 * torch.eye(3)]),
        "blocks.0.attn.W_K": torch.stack([keys, keys]),
        "blocks.0.attn.b_Q": torch.tensor([[0.0, 0, 0], [0, 0, 10]]),
        "blocks.0.attn.W_V": torch.stack([torch.eye(3), torch.eye(3).flip(0)]),
        "blocks.0.attn.W_O": torch.stack([2 * torch.eye(3), -torch.eye(3)]),
        "unembed.W_U": torch.tensor([[2.0, -1, -1], [-1, 2, -1], [-1, -1, 2]]),
    }
    return made_of(task, sizes, weights)


def test_what_hand_made_heads_read(hand_made: Problem[SortedList]) -> None:
    first = reads(hand_made, FIRST)
    assert torch.equal(first.token, torch.eye(3))
    assert first.position.tolist() == [[1, 0, 0]] * 3
    # The mean of (1, 0, 0), (0, 1, 0) and (1, 1, 0).
    assert torch.equal(
        reads(hand_made, slice(0, 3)).position, torch.tensor([[2 / 3, 2 / 3, 0]]).expand(3, -1)
    )
    assert first.total().tolist() == [[2, 0, 0], [1, 1, 0], [1, 0, 1]]


def test_full_ov_of_hand_made_weights(hand_made: Problem[SortedList]) -> None:
    first, second = full_ov(hand_made, reads(hand_made, FIRST), 1.0)
    # Twice the token, and the position as one more token 0.
    assert first.tolist() == [[8, -4, -4], [2, 2, -4], [2, -4, 2]]
    # The second head reads upside down and writes with the opposite sign.
    assert second.tolist() == [[2, 2, -4], [2, -1, -1], [-1, 2, -1]]
    assert full_ov(hand_made, reads(hand_made, FIRST), 8.0)[0, 0].tolist() == [1, -0.5, -0.5]


def test_full_qk_of_hand_made_weights(hand_made: Problem[SortedList]) -> None:
    at_first, at_second = reads(hand_made, FIRST), reads(hand_made, slice(1, 2))
    first, second = full_qk(hand_made, at_second, at_first) * 3**0.5
    # A key is its token's row of W_K plus the first; a query takes its column and the second.
    keys = torch.tensor([[2.0, 4, 6], [5, 7, 9], [8, 10, 12]])
    expected = torch.stack([keys[:, 0] + keys[:, 1], 2 * keys[:, 1], keys[:, 2] + keys[:, 1]])
    torch.testing.assert_close(first, expected)
    # Twice as much, and the bias takes ten times the last column.
    torch.testing.assert_close(second, 2 * expected + 10 * keys[:, 2])


def test_position_qk_of_hand_made_weights(hand_made: Problem[SortedList]) -> None:
    at_first, at_third = reads(hand_made, FIRST), reads(hand_made, slice(2, 3))
    first, second = position_qk(hand_made, at_third, at_first) * 3**0.5
    # (1, 1, 0) takes the first two columns, whatever token asks.
    torch.testing.assert_close(first, torch.tensor([[6.0, 12, 18]]).expand(3, -1))
    torch.testing.assert_close(second, 2 * first)


def test_direct_path_of_hand_made_weights(hand_made: Problem[SortedList]) -> None:
    assert direct_path(hand_made, 2.0).tolist() == [
        [1, -0.5, -0.5],
        [-0.5, 1, -0.5],
        [-0.5, -0.5, 1],
    ]


@pytest.mark.parametrize("name", ["problem", "small", "linear"])
def test_heads_read_at_one_position_what_layernorm_gives_them(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(20, torch.Generator().manual_seed(1))
    model = problem.model
    if problem.architecture.normalization is None:
        given = model.W_E[tokens] + model.W_pos
    else:
        given = activations(problem, tokens, NORMALIZED)
    for position in range(tokens.shape[1]):
        at = reads(problem, slice(position, position + 1))
        torch.testing.assert_close(
            at.total()[tokens[:, position]], given[:, position], atol=1e-5, rtol=1e-5
        )


def test_the_scale_is_that_of_each_token(small: Problem[SortedList]) -> None:
    read = reads(small, slice(0, 3))
    spread = read.total().square().mean(dim=-1)
    torch.testing.assert_close(spread, torch.ones_like(spread), atol=1e-3, rtol=0)
    # One scale for both terms: their proportion is that of the embeddings.
    position = small.model.W_pos[:3].mean(dim=0)
    position = position - position.mean()
    scales = read.position @ position / position.dot(position)
    assert float(scales.max() - scales.min()) > 0.1
    torch.testing.assert_close(read.position, scales[:, None] * position, atol=1e-5, rtol=1e-4)


def test_full_ov_is_a_naive_loop(small: Problem[SortedList]) -> None:
    model, sources = small.model, reads(small, slice(0, 3))
    circuit = full_ov(small, sources, 2.3)
    for head in range(2):
        for source in range(small.task.d_vocab):
            value = sources.total()[source] @ model.W_V[0, head] + model.b_V[0, head]
            for prediction in range(small.task.d_vocab):
                logit = float(value @ model.W_O[0, head] / 2.3 @ model.W_U[:, prediction])
                assert float(circuit[head, source, prediction]) == pytest.approx(logit, abs=1e-4)


@pytest.mark.parametrize("name", ["problem", "untrained", "small", "linear"])
def test_at_single_positions_the_qk_circuits_are_the_models_own_scores(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(20, torch.Generator().manual_seed(1))
    queries, keys = (activations(problem, tokens, hook).double() for hook in (QUERIES, KEYS))
    # TransformerLens's hook_attn_scores holds probabilities in a model of this kind.
    scores = torch.einsum("bqhd,bkhd->bhqk", queries, keys) / problem.architecture.d_head**0.5
    last = problem.task.label_positions.stop - 1
    asking = reads(problem, slice(last, last + 1))
    for place in (0, last):
        shown = reads(problem, slice(place, place + 1))
        circuit = full_qk(problem, asking, shown)
        own = circuit[:, tokens[:, last], tokens[:, place]].T.double()
        torch.testing.assert_close(own, scores[:, :, last, place], atol=1e-4, rtol=1e-4)
        # Token, with the bias, and position add up.
        by_token = full_qk(problem, asking._replace(position=0 * asking.position), shown)
        parts = by_token + position_qk(problem, asking, shown)
        torch.testing.assert_close(parts, circuit, atol=1e-4, rtol=1e-4)
        assert float(position_qk(problem, asking, shown).abs().max()) > 0.01


def test_w_qk_and_w_ov_are_products_of_each_head(small: Problem[SortedList]) -> None:
    model = small.model
    for head in range(2):
        torch.testing.assert_close(w_qk(small)[head], model.W_Q[0, head] @ model.W_K[0, head].T)
        torch.testing.assert_close(w_ov(small)[head], model.W_V[0, head] @ model.W_O[0, head])


def test_the_circuits_are_the_whole_model_without_layernorm_and_positions(
    linear: Problem[SortedList],
) -> None:
    weights = linear.weights | {"pos_embed.W_pos": torch.zeros(7, 6)}
    placeless = made_of(linear.task, linear.architecture, weights)
    tokens = linear.task.sample(20, torch.Generator().manual_seed(1))
    ov = full_ov(placeless, reads(placeless, FIRST), 1.0)
    moved = torch.einsum("bhqk,hbkt->bqt", patterns(placeless, tokens), ov[:, tokens])
    model = placeless.model
    biases = model.b_O[0] @ model.W_U + model.b_U
    total = direct_path(placeless, 1.0)[tokens] + moved + biases
    torch.testing.assert_close(total, placeless.logits(tokens), atol=1e-4, rtol=1e-5)


@torch.no_grad()
def test_the_typical_scale_is_the_standard_deviation_in_a_plain_rebuild(
    problem: Problem[SortedList],
) -> None:
    tokens = problem.fresh(50, seed=2)
    plain = PlainTransformer(problem.weights, problem.architecture)
    before = plain.parameter("embed.W_E")[tokens] + plain.parameter("pos_embed.W_pos")
    after = before + plain.attention(plain.normalised(before, "blocks.0.ln1"), "blocks.0")
    deviations = (after[:, 10:20].var(dim=-1, correction=0) + EPS).sqrt()
    expected = float(deviations.mean())
    assert typical_final_scale(problem, tokens) == pytest.approx(expected, rel=1e-5)


def test_without_layernorm_the_scale_is_one(linear: Problem[SortedList]) -> None:
    assert typical_final_scale(linear, linear.task.encode([[1, 2, 3]])) == 1.0


OV = torch.tensor(
    [
        [[5.0, 1, 0], [0, 2, 3], [0, 0, 1]],
        [[4.0, 0, 0], [0, 3, 1], [2, 0, 0]],
    ]
)


def test_the_copying_head_has_the_larger_diagonal_entry() -> None:
    # Diagonals 5, 2, 1 and 4, 3, 0.
    assert copying_heads(OV).tolist() == [0, 1, 0]


def test_a_token_is_copied_where_its_own_logit_is_the_largest_of_its_row() -> None:
    assert copied_sets(OV) == [[0, 2], [0, 1]]
    assert copied_sets(-torch.eye(3).expand(2, 3, 3)) == [[], []]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], []),
        ([4], [(4, 4)]),
        ([0, 1, 2], [(0, 2)]),
        ([0, 2, 4], [(0, 0), (2, 2), (4, 4)]),
        ([3, 4, 9, 10, 11, 50], [(3, 4), (9, 11), (50, 50)]),
    ],
)
def test_runs(values: list[int], found: list[tuple[int, int]]) -> None:
    assert runs(values) == found


@given(st.sets(st.integers(0, 60)).map(sorted))
def test_runs_hold_the_values_and_never_touch(values: list[int]) -> None:
    found = runs(values)
    assert [value for first, last in found for value in range(first, last + 1)] == values
    assert all(left[1] + 1 < right[0] for left, right in zip(found, found[1:], strict=False))
