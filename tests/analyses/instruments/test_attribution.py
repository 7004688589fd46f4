import pytest
import torch
from torch import Tensor

from analyses.instruments.activations import PATTERN, RESID_POST, VALUES, activations
from analyses.instruments.attribution import direct_logit_attribution, terms
from analyses.instruments.circuits import LN_FINAL_SCALE
from models import load
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.plain_transformer import PlainTransformer


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


@pytest.mark.parametrize("name", ["small", "linear", "neural", "neural_normalised"])
def test_they_add_up_with_biases_everywhere(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    parts = direct_logit_attribution(problem, small_lists)
    logits = problem.logits(small_lists)
    torch.testing.assert_close(parts.total(), logits, atol=1e-4, rtol=1e-5)
    mlp = () if problem.architecture.attn_only else (parts.neurons, parts.mlp_bias)
    for term in (parts.direct, parts.heads, parts.bias, parts.output_bias, *mlp):
        assert float(term.abs().max()) > 0.1


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


def test_a_head_adds_what_it_takes_from_each_position(
    small: Problem[SortedList], small_lists: Tensor
) -> None:
    model, tokens = small.model, small_lists[:2]
    parts = direct_logit_attribution(small, tokens)
    _, cache = model.run_with_cache(tokens, names_filter=[PATTERN, VALUES, LN_FINAL_SCALE])
    for row in range(2):
        for head in range(2):
            for query in range(7):
                written = sum(
                    cache[PATTERN][row, head, query, key]
                    * (cache[VALUES][row, key, head] @ model.W_O[0, head])
                    for key in range(query + 1)
                )
                logits = written / cache[LN_FINAL_SCALE][row, query] @ model.W_U
                torch.testing.assert_close(
                    parts.heads[row, head, query], logits, atol=1e-4, rtol=1e-4
                )


@pytest.mark.parametrize("name", ["problem", "untrained", "small", "linear"])
def test_terms_add_up_to_the_residual_stream_and_to_what_heads_add(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    generator = torch.Generator().manual_seed(5)
    tokens = problem.task.sample(30, generator)
    rows, query = torch.arange(30), torch.randint(tokens.shape[1], (30,), generator=generator)
    split = terms(problem, tokens, query)
    resid = activations(problem, tokens, RESID_POST)[rows, query]
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
    _, cache = model.run_with_cache(small_lists, names_filter=[PATTERN, VALUES])
    for row in (0, 5, 13):
        for head in range(2):
            for key in range(7):
                attention = cache[PATTERN][row, head, query[row], key]
                written = attention * (cache[VALUES][row, key, head] @ model.W_O[0, head])
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
