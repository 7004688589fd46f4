from typing import NamedTuple

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from analyses.instruments.activations import (
    KEYS,
    LN1_SCALE,
    LN_FINAL_SCALE,
    QUERIES,
    activations,
)
from analyses.instruments.attention import patterns
from analyses.instruments.circuits import (
    Reads,
    copied_sets,
    copying_heads,
    direct_path,
    full_ov,
    full_qk,
    moved,
    position_qk,
    reads,
    reads_by_position,
    runs,
    typical_final_scale,
    typical_scale,
    typical_scales,
    virtual_ov,
    w_ov,
    w_qk,
)
from analyses.instruments.heads import Head
from models.plain import EPS, PlainTransformer
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import architecture, made_of, shapes

FIRST = slice(0, 1)
NORMALIZED = "ln1.hook_normalized"


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
    tokens = linear.task.encode([[1, 2, 3]])
    assert typical_final_scale(linear, tokens) == typical_scale(linear, tokens) == 1.0


@torch.no_grad()
@pytest.mark.parametrize("name", ["deep", "deep_neural"])
def test_the_typical_scales_before_a_later_layer_are_those_of_a_plain_rebuild(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    plain = PlainTransformer(problem.weights, problem.architecture)
    resid = plain.parameter("embed.W_E")[small_lists] + plain.parameter("pos_embed.W_pos")
    for layer in range(2):
        block = f"blocks.{layer}"
        expected = (resid.var(dim=-1, correction=0) + EPS).sqrt().mean(dim=0)
        found = typical_scales(problem, small_lists, layer)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
        places = typical_scale(problem, small_lists, layer, slice(3, 6))
        assert places == pytest.approx(float(expected[3:6].mean()), rel=1e-4)
        resid = resid + plain.attention(plain.normalised(resid, f"{block}.ln1"), block)
        if not problem.architecture.attn_only:
            resid = resid + plain.mlp(plain.normalised(resid, f"{block}.ln2"), block)


class Path(NamedTuple):
    """Something that a layer reads, by source, and how much of each source each position reads."""

    read: Reads
    paid: Tensor
    """`[position, source]`."""


def paths(problem: Problem[SortedList], tokens: Tensor) -> list[Path]:
    """All that layer 1 reads of one sequence: the embeddings, what each head of layer 0 moved,
    and the output bias of layer 0.
    """
    attention = patterns(problem, tokens, 0)[0]
    scales = torch.ones(7, 1)
    if problem.architecture.normalization is not None:
        scales = activations(problem, tokens, LN1_SCALE, 1)[0]
    first = reads_by_position(problem, tokens, 0)
    found = [Path(reads_by_position(problem, tokens, 1), torch.eye(7))]
    for number in range(2):
        through = moved(problem, first, Head(0, number), 1, scale=1.0)
        found.append(Path(through, attention[number] / scales))
    bias = problem.model.b_O[0].expand(7, -1)
    # Moved by nobody, and no more the direct term than what was moved.
    found.append(Path(Reads(bias, 0 * bias, 1, (Head(0, 0),)), torch.eye(7) / scales))
    return found


@pytest.mark.parametrize("name", ["deep", "deep_linear"])
def test_scores_of_a_later_layer_are_sums_over_what_both_sides_read(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    for tokens in small_lists[:3].split(1):
        asked, shown = (activations(problem, tokens, hook, 1)[0] for hook in (QUERIES, KEYS))
        expected = torch.einsum("qhd,khd->hqk", asked.double(), shown.double()) / 3**0.5
        terms = [
            one.paid.double()
            @ full_qk(problem, one.read, other.read).double()
            @ other.paid.T.double()
            for one in paths(problem, tokens)
            for other in paths(problem, tokens)
        ]
        assert min(float(term.abs().max()) for term in terms) > 0.01
        torch.testing.assert_close(sum(terms), expected, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("name", ["deep", "deep_linear"])
def test_direct_paths_heads_and_virtual_heads_are_the_whole_model(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    model = problem.model
    for tokens in small_lists[:3].split(1):
        attention = [patterns(problem, tokens, layer)[0] for layer in range(2)]
        first = full_ov(problem, reads_by_position(problem, tokens, 0), 1.0)
        parts = [*(attention[0] @ first)]
        for read, paid in paths(problem, tokens):
            parts += [*(attention[1] @ paid @ full_ov(problem, read, 1.0))]
        parts.append((model.W_E[tokens[0]] + model.W_pos + model.b_O.sum(dim=0)) @ model.W_U)
        total = torch.stack(parts).sum(dim=0)
        if problem.architecture.normalization is not None:
            total = total / activations(problem, tokens, LN_FINAL_SCALE)[0]
        expected = problem.logits(tokens)[0]
        torch.testing.assert_close(total + model.b_U, expected, atol=1e-3, rtol=1e-3)


def test_a_full_qk_circuit_through_a_head_is_a_naive_loop(deep: Problem[SortedList]) -> None:
    model = deep.model
    direct, sources = reads(deep, slice(4, 5), 1, 1.7), reads(deep, slice(1, 2), 0)
    through = moved(deep, sources, Head(0, 1), 1, scale=2.3)
    assert through.layer == 1 and through.through == (Head(0, 1),)
    by_key, by_query = full_qk(deep, direct, through), full_qk(deep, through, direct)
    for query in range(deep.task.d_vocab):
        here = (model.W_E[query] + model.W_pos[4]) / 1.7
        for key in range(deep.task.d_vocab):
            value = sources.total()[key] @ model.W_V[0, 1] + model.b_V[0, 1]
            written = value @ model.W_O[0, 1] / 2.3
            for head in range(2):
                asked = here @ model.W_Q[1, head] + model.b_Q[1, head]
                score = float(asked @ (written @ model.W_K[1, head])) / 3**0.5
                assert float(by_key[head, query, key]) == pytest.approx(score, abs=1e-3)
                shown = here @ model.W_K[1, head] + model.b_K[1, head]
                score = float((written @ model.W_Q[1, head]) @ shown) / 3**0.5
                assert float(by_query[head, key, query]) == pytest.approx(score, abs=1e-3)


def test_rows_by_position_are_those_of_what_stands_there(
    small: Problem[SortedList], small_lists: Tensor
) -> None:
    alone = reads_by_position(small, small_lists[:1])
    every = [reads_by_position(small, tokens) for tokens in small_lists.split(1)]
    mean = reads_by_position(small, small_lists)
    for place in range(7):
        at, token = reads(small, slice(place, place + 1)), small_lists[0, place]
        torch.testing.assert_close(alone.token[place], at.token[token], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(alone.position[place], at.position[token], atol=1e-5, rtol=1e-4)
    for part in ("token", "position"):
        expected = torch.stack([getattr(read, part) for read in every]).mean(dim=0)
        torch.testing.assert_close(getattr(mean, part), expected, atol=1e-5, rtol=1e-4)
    by_token = full_qk(small, mean._replace(position=0 * mean.position), mean)
    parts = by_token + position_qk(small, mean, mean)
    torch.testing.assert_close(parts, full_qk(small, mean, mean), atol=1e-4, rtol=1e-4)


def test_a_position_is_read_as_a_range_of_one(deep: Problem[SortedList]) -> None:
    for position in (0, 3):
        alone, among = (reads(deep, p, 0) for p in (position, slice(position, position + 1)))
        assert torch.equal(alone.token, among.token)
        assert torch.equal(alone.position, among.position)


def test_reads_of_a_later_layer_need_a_scale_which_layernorm_has_not_got_alone(
    deep: Problem[SortedList], deep_linear: Problem[SortedList]
) -> None:
    with pytest.raises(ValueError, match=r"before layer 1 depends .* scale=typical_scale\(problem"):
        reads(deep, FIRST, 1)
    with pytest.raises(ValueError, match="before layer 1 depends on the whole sequence"):
        moved(deep, reads(deep, FIRST, 0), Head(0, 0), 1)
    assert torch.equal(reads(deep_linear, FIRST, 1).token, deep_linear.model.W_E)
    moved(deep_linear, reads(deep_linear, FIRST, 0), Head(0, 0), 1)
    # A given scale is taken at its word in the first layer too.
    torch.testing.assert_close(
        reads(deep, FIRST, 0, scale=2.0).token, reads(deep, FIRST, 1, scale=2.0).token
    )


def test_of_several_layers_one_has_to_be_named(
    deep: Problem[SortedList], small_lists: Tensor
) -> None:
    for unnamed in (
        lambda: reads(deep, FIRST),
        lambda: reads_by_position(deep, small_lists),
        lambda: typical_scales(deep, small_lists),
        lambda: typical_scale(deep, small_lists),
        lambda: w_qk(deep),
        lambda: w_ov(deep),
    ):
        with pytest.raises(ValueError, match="sorted_list has 2 layers; say which is meant"):
            unnamed()
    with pytest.raises(IndexError, match="no layer 2"):
        w_qk(deep, 2)


def test_what_no_head_could_read_is_refused(deep_linear: Problem[SortedList]) -> None:
    first, second = (reads(deep_linear, FIRST, layer) for layer in range(2))
    with pytest.raises(ValueError, match="queries are read in layer 0, the keys in layer 1"):
        full_qk(deep_linear, first, second)
    with pytest.raises(ValueError, match=r"head 1\.0 does not read .* layer 0; give .* layer 1"):
        moved(deep_linear, first, Head(1, 0), 1)
    with pytest.raises(ValueError, match=r"layer 0 reads nothing that head 0\.0 writes"):
        moved(deep_linear, first, Head(0, 0), 0)
    with pytest.raises(IndexError, match=r"no head 0\.5"):
        moved(deep_linear, first, Head(0, 5), 1)
    for earlier, later in ((Head(0, 0), Head(0, 1)), (Head(1, 0), Head(0, 0))):
        with pytest.raises(ValueError, match=f"reads nothing that head {earlier} writes"):
            virtual_ov(deep_linear, earlier, later)


def test_a_virtual_head_is_the_product_of_two(deep: Problem[SortedList]) -> None:
    model = deep.model
    for earlier in range(2):
        for later in range(2):
            found = virtual_ov(deep, Head(0, earlier), Head(1, later))
            first = model.W_V[0, earlier] @ model.W_O[0, earlier]
            expected = first @ (model.W_V[1, later] @ model.W_O[1, later])
            torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


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
