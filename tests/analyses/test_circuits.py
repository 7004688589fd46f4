import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from analyses.attention import patterns
from analyses.circuits import (
    Scales,
    copied_sets,
    copying_heads,
    direct_path,
    full_ov,
    full_qk,
    position_qk,
    runs,
    typical_scales,
    w_ov,
    w_qk,
)
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import architecture, made_of, shapes
from tests.plain_transformer import EPS, PlainTransformer

UNIT = Scales(1.0, 1.0)
QUERIES, KEYS = "blocks.0.attn.hook_q", "blocks.0.attn.hook_k"
LN1 = "blocks.0.ln1.hook_scale"


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


def test_full_ov_of_hand_made_weights(hand_made: Problem[SortedList]) -> None:
    first, second = full_ov(hand_made, UNIT)
    assert first.tolist() == [[4, -2, -2], [-2, 4, -2], [-2, -2, 4]]
    # The second head reads the values upside down and writes with the opposite sign.
    assert second.tolist() == [[1, 1, -2], [1, -2, 1], [-2, 1, 1]]
    assert full_ov(hand_made, Scales(2.0, 4.0))[0, 0].tolist() == [0.5, -0.25, -0.25]


def test_full_qk_of_hand_made_weights(hand_made: Problem[SortedList]) -> None:
    first, second = full_qk(hand_made, UNIT) * 3**0.5
    # Query q takes column q of the keys.
    torch.testing.assert_close(first, torch.tensor([[1.0, 4, 7], [2, 5, 8], [3, 6, 9]]))
    # Twice as much, and the bias takes ten times the last column.
    expected = torch.tensor([[32.0, 68, 104], [34, 70, 106], [36, 72, 108]])
    torch.testing.assert_close(second, expected)


def test_position_qk_of_hand_made_weights(hand_made: Problem[SortedList]) -> None:
    first, second = position_qk(hand_made, UNIT) * 3**0.5
    torch.testing.assert_close(first, torch.tensor([[1.0, 4, 7], [2, 5, 8], [3, 9, 15]]))
    torch.testing.assert_close(second, 2 * first)


def test_direct_path_of_hand_made_weights(hand_made: Problem[SortedList]) -> None:
    assert direct_path(hand_made, Scales(5.0, 2.0)).tolist() == [
        [1, -0.5, -0.5],
        [-0.5, 1, -0.5],
        [-0.5, -0.5, 1],
    ]


def test_full_ov_is_a_naive_loop(small: Problem[SortedList]) -> None:
    model, scales = small.model, Scales(1.7, 2.3)
    circuit = full_ov(small, scales)
    for head in range(2):
        for source in range(small.task.d_vocab):
            written = model.W_E[source] / scales.ln1 @ model.W_V[0, head] @ model.W_O[0, head]
            for prediction in range(small.task.d_vocab):
                logit = float(written / scales.ln_final @ model.W_U[:, prediction])
                assert float(circuit[head, source, prediction]) == pytest.approx(logit, abs=1e-4)


def test_full_qk_is_a_naive_loop(small: Problem[SortedList]) -> None:
    model, scales = small.model, Scales(1.7, 2.3)
    circuit = full_qk(small, scales)
    for head in range(2):
        for query in range(small.task.d_vocab):
            reads = model.W_E[query] / scales.ln1 @ model.W_Q[0, head] + model.b_Q[0, head]
            for key in range(small.task.d_vocab):
                shown = model.W_E[key] / scales.ln1 @ model.W_K[0, head]
                score = float(reads @ shown) / 3**0.5
                assert float(circuit[head, query, key]) == pytest.approx(score, abs=1e-4)


def test_w_qk_and_w_ov_are_products_of_each_head(small: Problem[SortedList]) -> None:
    model = small.model
    for head in range(2):
        torch.testing.assert_close(w_qk(small)[head], model.W_Q[0, head] @ model.W_K[0, head].T)
        torch.testing.assert_close(w_ov(small)[head], model.W_V[0, head] @ model.W_O[0, head])


def key_position_terms(problem: Problem[SortedList], tokens: Tensor, scale: Tensor) -> Tensor:
    """What the QK circuits leave out: the key's position, and the key bias."""
    model = problem.model
    resid = (model.W_E[tokens] + model.W_pos) / scale
    queries = torch.einsum("bqm,hmd->bhqd", resid, model.W_Q[0]) + model.b_Q[0].unsqueeze(1)
    keys = torch.einsum("bkm,hmd->bhkd", (model.W_pos / scale), model.W_K[0])
    return queries @ (keys + model.b_K[0].unsqueeze(1)).mT / problem.architecture.d_head**0.5


def scores_from_circuits(problem: Problem[SortedList], tokens: Tensor, scale: Tensor) -> Tensor:
    """Attention scores with the LayerNorm scale `[batch, pos, 1]` of every position.

    At scale s the full QK circuit is A / s^2 + B / s, so two scales give A and B apart.
    """
    one, two = (full_qk(problem, Scales(s, 1.0)).double() for s in (1.0, 2.0))
    both, bias = 2 * one - 4 * two, 4 * two - one
    by_position = position_qk(problem, UNIT).double()
    rows = both[:, tokens] + by_position.unsqueeze(1)
    rows, bias = (
        part.gather(3, tokens[None, :, None, :].expand(part.shape[0], -1, tokens.shape[1], -1))
        for part in (rows, bias[:, tokens])
    )
    at_query, at_key = scale.double(), scale.double().mT
    return (rows / (at_query * at_key) + bias / at_key).transpose(0, 1)


@pytest.mark.parametrize("name", ["problem", "untrained", "small"])
def test_the_circuits_at_the_models_own_scales_are_its_attention_scores(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(20, torch.Generator().manual_seed(1))
    _, cache = problem.model.run_with_cache(tokens, names_filter=[QUERIES, KEYS, LN1])
    scale = cache[LN1]
    # TransformerLens's hook_attn_scores holds probabilities in a model of this kind.
    scores = torch.einsum("bqhd,bkhd->bhqk", cache[QUERIES].double(), cache[KEYS].double())
    scores = scores / problem.architecture.d_head**0.5
    sums = scores_from_circuits(problem, tokens, scale) + key_position_terms(problem, tokens, scale)
    seen = torch.ones(tokens.shape[1], tokens.shape[1], dtype=torch.bool).tril()
    torch.testing.assert_close(sums[..., seen], scores[..., seen], atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(
        sums.masked_fill(~seen, -torch.inf).softmax(dim=-1),
        patterns(problem, tokens).double(),
        atol=1e-4,
        rtol=0,
    )
    # The circuits are more than a rest: without them the identity is far off.
    rest = key_position_terms(problem, tokens, scale).double()
    assert float((rest - scores)[..., seen].abs().mean()) > 0.01


def test_the_circuits_are_the_whole_model_without_layernorm_and_positions(
    linear: Problem[SortedList],
) -> None:
    weights = linear.weights | {"pos_embed.W_pos": torch.zeros(7, 6)}
    placeless = made_of(linear.task, linear.architecture, weights)
    tokens = linear.task.sample(20, torch.Generator().manual_seed(1))
    moved = torch.einsum(
        "bhqk,hbkt->bqt", patterns(placeless, tokens), full_ov(placeless, UNIT)[:, tokens]
    )
    model = placeless.model
    # All attention of a query adds up to 1, and so do the value biases that it moves.
    values = torch.einsum("hd,hdm->m", model.b_V[0], model.W_O[0])
    biases = (model.b_O[0] + values) @ model.W_U + model.b_U
    total = direct_path(placeless, UNIT)[tokens] + moved + biases
    torch.testing.assert_close(total, placeless.logits(tokens), atol=1e-4, rtol=1e-5)


@torch.no_grad()
def test_typical_scales_are_the_standard_deviations_in_a_plain_rebuild(
    problem: Problem[SortedList],
) -> None:
    tokens = problem.fresh(50, seed=2)
    plain = PlainTransformer(problem.weights, problem.architecture)
    before = plain.parameter("embed.W_E")[tokens] + plain.parameter("pos_embed.W_pos")
    after = before + plain.attention(plain.normalised(before, "blocks.0.ln1"), "blocks.0")
    deviations = [
        (resid.var(dim=-1, correction=0) + EPS).sqrt() for resid in (before, after[:, 10:20])
    ]
    scales = typical_scales(problem, tokens)
    assert list(scales) == pytest.approx([float(d.mean()) for d in deviations], rel=1e-5)


def test_without_layernorm_the_scales_are_one(linear: Problem[SortedList]) -> None:
    assert typical_scales(linear, linear.task.encode([[1, 2, 3]])) == (1.0, 1.0)


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
