import pytest
import torch
from torch import Tensor

from analyses.instruments.activations import (
    LN_FINAL_SCALE,
    PATTERN,
    RESID_POST,
    VALUES,
    activations,
)
from analyses.instruments.attribution import (
    attribution_by_source,
    direct_logit_attribution,
    logit_difference,
    logit_difference_by_part,
    terms,
)
from analyses.instruments.heads import heads
from models import load
from models.plain import PlainTransformer
from models.problem import Problem
from models.sorted_list.task import SortedList


@pytest.mark.parametrize("name", ["problem", "untrained"])
def test_direct_path_heads_and_biases_add_up_to_the_logits(
    name: str, lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    parts = direct_logit_attribution(problem, lists)
    assert len(lists) == 2000
    assert float((parts.total() - problem.logits(lists)).abs().max()) < 1e-4
    assert parts.neurons.shape == (2000, 0, 21, 52)
    assert not parts.mlp_bias.any()
    assert torch.equal(
        parts.total(), parts.direct + parts.heads.sum(1) + parts.output_bias + parts.bias
    )


EVERY = [
    *("small", "linear", "neural", "neural_normalised", "neural_gelu", "neural_solu"),
    *("deep", "deep_linear", "deep_neural", "deep_solu"),
]


@pytest.mark.parametrize("name", EVERY)
def test_they_add_up_with_biases_everywhere(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    parts = direct_logit_attribution(problem, small_lists)
    logits = problem.logits(small_lists)
    torch.testing.assert_close(parts.total(), logits, atol=1e-4, rtol=1e-5)
    shares = logit_difference_by_part(problem, small_lists, 3, 1)
    of_parts = [
        logit_difference(term[..., -1, :], 3, 1)
        for term in (parts.direct, parts.heads, parts.neurons, parts.output_bias + parts.mlp_bias)
    ]
    of_parts[3] = of_parts[3] + logit_difference(parts.bias, 3, 1)
    torch.testing.assert_close(shares.embedding, of_parts[0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(shares.heads, of_parts[1], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(shares.mlps.sum(1), of_parts[2].sum(1), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(shares.biases, of_parts[3], atol=1e-4, rtol=1e-4)
    difference = logit_difference(logits[:, -1], 3, 1)
    torch.testing.assert_close(shares.total(), difference, atol=1e-4, rtol=1e-4)
    mlp = () if problem.architecture.attn_only else (parts.neurons, parts.mlp_bias)
    for term in (parts.direct, parts.heads, parts.bias, parts.output_bias, *mlp):
        assert float(term.abs().max()) > 0.1
    assert parts.heads.shape[1] == len(heads(problem))
    one, other = (logit_difference(part, of=3, against=1) for part in (parts.total(), logits))
    torch.testing.assert_close(one, other, atol=2e-4, rtol=1e-5)


@torch.no_grad()
def test_two_layers_without_layernorm_add_what_a_plain_version_moves(
    deep_linear: Problem[SortedList], small_lists: Tensor
) -> None:
    plain = PlainTransformer(deep_linear.weights, deep_linear.architecture)
    tokens, w_u = small_lists[:5], plain.parameter("unembed.W_U")
    parts = direct_logit_attribution(deep_linear, tokens)
    embedded = plain.parameter("embed.W_E")[tokens] + plain.parameter("pos_embed.W_pos")
    torch.testing.assert_close(parts.direct, embedded @ w_u, atol=1e-4, rtol=1e-4)
    resid, biases = embedded, torch.zeros(6)
    for place, (layer, number) in enumerate(heads(deep_linear)):
        block = f"blocks.{layer}"
        without = deep_linear.weights | {f"{block}.attn.W_O": (w_o := own(plain, block).clone())}
        w_o[number] = 0
        silent = PlainTransformer(without, deep_linear.architecture)
        added = plain.attention(resid, block) - silent.attention(resid, block)
        torch.testing.assert_close(parts.heads[:, place], added @ w_u, atol=1e-3, rtol=1e-4)
        if number == 1:
            resid = resid + plain.attention(resid, block)
            biases = biases + plain.parameter(f"{block}.attn.b_O")
    torch.testing.assert_close(
        parts.output_bias, (biases @ w_u).expand_as(parts.output_bias), atol=1e-4, rtol=1e-4
    )


def own(plain: PlainTransformer, block: str) -> Tensor:
    return plain.parameter(f"{block}.attn.W_O").detach()


@torch.no_grad()
def test_neurons_of_two_layers_stand_layer_by_layer(
    deep_neural: Problem[SortedList], small_lists: Tensor
) -> None:
    parts = direct_logit_attribution(deep_neural, small_lists)
    assert parts.neurons.shape[1] == 10
    model = deep_neural.model
    for place in range(10):
        # A neuron writes along one direction only, its own.
        alone = torch.nn.functional.normalize(model.W_out[place // 5, place % 5] @ model.W_U, dim=0)
        found = parts.neurons[:, place]
        along = (found @ alone).unsqueeze(-1) * alone
        torch.testing.assert_close(found, along, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(parts.neurons[:, :5], parts.neurons[:, 5:])


def test_a_logit_difference_is_that_of_two_columns() -> None:
    logits = torch.arange(12.0).reshape(2, 2, 3).square()
    expected = [[4.0 - 0, 25.0 - 9], [64.0 - 36, 121.0 - 81]]
    assert logit_difference(logits, of=2, against=0).tolist() == expected
    assert logit_difference(logits, of=0, against=2).tolist() == (-torch.tensor(expected)).tolist()


@pytest.mark.parametrize(("of", "against", "wrong"), [(3, 0, 3), (0, -1, -1)])
def test_a_difference_of_no_class_is_refused(of: int, against: int, wrong: int) -> None:
    with pytest.raises(IndexError, match=rf"no class {wrong}; there are 3"):
        logit_difference(torch.zeros(2, 3), of, against)


def test_a_neuron_adds_its_activation_times_what_it_writes(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    plain = PlainTransformer(neural.weights, neural.architecture)
    tokens = small_lists[:3]
    parts = direct_logit_attribution(neural, tokens)
    w_u = neural.weights["unembed.W_U"]
    for neuron in range(5):
        # Whatever the neuron's activation, it writes along one direction only.
        alone = w_u.T @ neural.weights["blocks.0.mlp.W_out"][neuron]
        active = parts.neurons[:, neuron] @ alone / alone.dot(alone)
        assert float(active.min()) > -1e-6
        torch.testing.assert_close(
            parts.neurons[:, neuron], active.unsqueeze(-1) * alone, atol=1e-4, rtol=1e-4
        )
        # And it adds what the model loses when that direction is taken away.
        without = neural.weights["blocks.0.mlp.W_out"].clone()
        without[neuron] = 0
        changed = PlainTransformer(
            neural.weights | {"blocks.0.mlp.W_out": without}, neural.architecture
        )
        with torch.no_grad():
            lost = plain(tokens) - changed(tokens)
        torch.testing.assert_close(parts.neurons[:, neuron], lost, atol=1e-4, rtol=1e-4)


def test_the_bias_of_the_mlp_is_the_same_everywhere_without_layernorm(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    parts = direct_logit_attribution(neural, small_lists)
    expected = neural.weights["blocks.0.mlp.b_out"] @ neural.weights["unembed.W_U"]
    torch.testing.assert_close(parts.mlp_bias, expected.expand_as(parts.mlp_bias))


def test_the_committed_model_with_neurons_is_taken_apart_too() -> None:
    problem = load("cumulative_sum")
    tokens = problem.fresh(300, seed=1)
    parts = direct_logit_attribution(problem, tokens)
    assert parts.neurons.shape == (300, 8, 20, 3)
    torch.testing.assert_close(parts.total(), problem.logits(tokens), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("name", ["small", "deep", "deep_neural"])
def test_a_head_adds_what_it_takes_from_each_position(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    model, tokens = problem.model, small_lists[:2]
    parts = direct_logit_attribution(problem, tokens)
    scale = activations(problem, tokens, LN_FINAL_SCALE)
    for place, (layer, head) in enumerate(heads(problem)):
        pattern, values = (activations(problem, tokens, name, layer) for name in (PATTERN, VALUES))
        for query in range(7):
            by_source = attribution_by_source(problem, tokens, torch.full((2,), query))
            for row in range(2):
                logits = torch.stack(
                    [
                        pattern[row, head, query, key]
                        * (values[row, key, head] @ model.W_O[layer, head])
                        / scale[row, query]
                        @ model.W_U
                        for key in range(7)
                    ]
                )
                torch.testing.assert_close(by_source[row, place], logits, atol=1e-4, rtol=1e-4)
                torch.testing.assert_close(
                    parts.heads[row, place, query], logits.sum(dim=0), atol=1e-4, rtol=1e-4
                )


@pytest.mark.parametrize("name", ["problem", "untrained", "small", "linear", "deep", "deep_linear"])
def test_terms_add_up_to_the_residual_stream_and_to_what_heads_add(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    generator = torch.Generator().manual_seed(5)
    tokens = problem.task.sample(30, generator)
    rows, query = torch.arange(30), torch.randint(tokens.shape[1], (30,), generator=generator)
    split = terms(problem, tokens, query)
    last = problem.architecture.n_layers - 1
    resid = activations(problem, tokens, RESID_POST, last)[rows, query]
    torch.testing.assert_close(split.total(), resid, atol=1e-4, rtol=1e-4)
    w_u, scale = problem.model.W_U, split.final_scale[:, None]
    parts = direct_logit_attribution(problem, tokens)
    torch.testing.assert_close(
        split.heads.sum(dim=2) @ w_u / scale[:, None],
        parts.heads[rows, :, query],
        atol=1e-4,
        rtol=1e-4,
    )
    torch.testing.assert_close(
        split.direct @ w_u / scale, parts.direct[rows, query], atol=1e-4, rtol=1e-4
    )


def test_terms_from_each_position_are_attention_times_what_is_written(
    small: Problem[SortedList], small_lists: Tensor
) -> None:
    query = torch.arange(40) % 7
    split, model = terms(small, small_lists, query), small.model
    pattern, values = (activations(small, small_lists, name) for name in (PATTERN, VALUES))
    for row in (0, 5, 13):
        for head in range(2):
            for key in range(7):
                attention = pattern[row, head, query[row], key]
                written = attention * (values[row, key, head] @ model.W_O[0, head])
                torch.testing.assert_close(
                    split.heads[row, head, key], written, atol=1e-5, rtol=1e-4
                )


def test_a_position_after_the_query_moves_nothing(
    small: Problem[SortedList], small_lists: Tensor
) -> None:
    heads = terms(small, small_lists, torch.full((40,), 2)).heads
    assert float(heads[:, :, :3].abs().amax(dim=-1).min()) > 0
    assert not heads[:, :, 3:].any()


def test_a_model_with_neurons_has_more_terms(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    with pytest.raises(ValueError, match="sorted_list: the model has an MLP"):
        terms(neural, small_lists, torch.zeros(40, dtype=torch.int64))
