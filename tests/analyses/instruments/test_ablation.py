from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from analyses.instruments.ablation import (
    ablate_direct_path,
    mean_ablate,
    resample_ablate,
    zero_ablate,
)
from analyses.instruments.attribution import terms
from analyses.instruments.circuits import direct_path
from analyses.instruments.heads import Head
from analyses.instruments.parts import Mlp, Neurons
from analyses.instruments.read_out import mean_ablate_term
from models.plain import PlainTransformer
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.same import same_probabilities

W_O = "blocks.0.attn.W_O"


class WithoutHead(PlainTransformer):
    """A plain transformer in which one head writes its mean over the batch."""

    def __init__(self, problem: Problem[SortedList], head: int) -> None:
        super().__init__(problem.weights, problem.architecture)
        others = torch.arange(problem.architecture.n_heads) != head
        alone = problem.weights[W_O].clone()
        alone[others] = 0
        self.only = PlainTransformer(problem.weights | {W_O: alone}, problem.architecture)

    def attention(self, residual: Tensor, block: str) -> Tensor:
        written = super().attention(residual, block)
        by_head = self.only.attention(residual, block)
        return written - by_head + by_head.mean(dim=0)


class WithoutDirectPath(PlainTransformer):
    """A plain transformer whose embeddings reach the logits through the heads alone."""

    def forward(self, tokens: Tensor) -> Tensor:
        embedded = self.parameter("embed.W_E")[tokens] + self.parameter("pos_embed.W_pos")
        written = self.attention(self.normalised(embedded, "blocks.0.ln1"), "blocks.0")
        final = self.normalised(embedded.mean(dim=0) + written, "ln_final")
        return final @ self.parameter("unembed.W_U") + self.parameter("unembed.b_U")


class WithoutNeurons(PlainTransformer):
    """A plain transformer in which some neurons have a value of `mean` or of 0 instead."""

    def __init__(self, problem: Problem[SortedList], neurons: list[int], mean: bool) -> None:
        super().__init__(problem.weights, problem.architecture)
        self.neurons, self.mean = neurons, mean

    def mlp(self, residual: Tensor, block: str) -> Tensor:
        reads = residual @ self.parameter(f"{block}.mlp.W_in") + self.parameter(f"{block}.mlp.b_in")
        active = reads.relu()
        for neuron in self.neurons:
            active[..., neuron] = active[..., neuron].mean(dim=0) if self.mean else 0
        return active @ self.parameter(f"{block}.mlp.W_out") + self.parameter(f"{block}.mlp.b_out")


class WithoutMLP(PlainTransformer):
    """A plain transformer whose MLP writes its mean over the batch, or nothing."""

    def __init__(self, problem: Problem[SortedList], mean: bool) -> None:
        super().__init__(problem.weights, problem.architecture)
        self.mean = mean

    def mlp(self, residual: Tensor, block: str) -> Tensor:
        written = super().mlp(residual, block).mean(dim=0).expand_as(residual)
        return written if self.mean else torch.zeros_like(residual)


@torch.no_grad()
@pytest.mark.parametrize("head", [0, 1])
@pytest.mark.parametrize("name", ["problem", "small"])
def test_mean_ablation_of_a_head_equals_a_plain_version(
    name: str, head: int, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(60, torch.Generator().manual_seed(4))
    ablated = mean_ablate(problem, tokens, Head(0, head))
    same_probabilities(ablated, WithoutHead(problem, head)(tokens))
    assert float((ablated - problem.logits(tokens)).abs().max()) > 0.1


@torch.no_grad()
@pytest.mark.parametrize("name", ["problem", "small"])
def test_ablation_of_the_direct_path_equals_a_plain_version(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(60, torch.Generator().manual_seed(4))
    ablated = ablate_direct_path(problem, tokens)
    plain = WithoutDirectPath(problem.weights, problem.architecture)
    same_probabilities(ablated, plain(tokens))
    assert float((ablated - problem.logits(tokens)).abs().max()) > 0.1


def test_on_equal_sequences_an_ablation_changes_nothing(problem: Problem[SortedList]) -> None:
    tokens = problem.task.sample(1, torch.Generator().manual_seed(6)).expand(8, -1)
    logits = problem.logits(tokens)
    for ablated in (
        mean_ablate(problem, tokens, Head(0, 0)),
        mean_ablate(problem, tokens, Head(0, 1)),
        ablate_direct_path(problem, tokens),
    ):
        torch.testing.assert_close(ablated, logits, atol=1e-4, rtol=0)


def test_an_ablation_leaves_the_model_as_it_was(small: Problem[SortedList]) -> None:
    tokens = small.task.sample(10, torch.Generator().manual_seed(4))
    before = small.logits(tokens)
    mean_ablate(small, tokens, Head(0, 0))
    ablate_direct_path(small, tokens)
    assert torch.equal(small.logits(tokens), before)


def test_without_all_heads_the_direct_path_and_constants_are_left(
    linear: Problem[SortedList],
) -> None:
    tokens = linear.task.sample(30, torch.Generator().manual_seed(4))
    logits = linear.logits(tokens)
    # Without LayerNorm what the heads lose adds up.
    lost = sum(logits - mean_ablate(linear, tokens, Head(0, head)) for head in (0, 1))
    rest = logits - lost - direct_path(linear, 1.0)[tokens]
    torch.testing.assert_close(rest, rest[:1].expand_as(rest), atol=1e-4, rtol=0)
    left = mean_ablate(linear, tokens, Head(0, 0)) - direct_path(linear, 1.0)[tokens]
    assert float((left - left[:1]).abs().max()) > 0.1


def test_without_layernorm_the_direct_path_loses_what_it_adds_beyond_its_mean(
    linear: Problem[SortedList],
) -> None:
    tokens = linear.task.sample(30, torch.Generator().manual_seed(4))
    direct = direct_path(linear, 1.0)[tokens]
    lost = linear.logits(tokens) - ablate_direct_path(linear, tokens)
    torch.testing.assert_close(lost, direct - direct.mean(dim=0), atol=1e-4, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("neurons", [[0], [3, 1], range(5)])
@pytest.mark.parametrize("name", ["neural", "neural_normalised"])
def test_ablation_of_neurons_equals_a_plain_version(
    name: str, neurons: Sequence[int], mean: bool, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(60, torch.Generator().manual_seed(4))
    ablate = mean_ablate if mean else zero_ablate
    ablated = ablate(problem, tokens, Neurons(0, neurons))
    same_probabilities(ablated, WithoutNeurons(problem, list(neurons), mean)(tokens))
    assert float((ablated - problem.logits(tokens)).abs().max()) > 0.1


@torch.no_grad()
@pytest.mark.parametrize("mean", [False, True])
@pytest.mark.parametrize("name", ["neural", "neural_normalised"])
def test_ablation_of_the_mlp_equals_a_plain_version(
    name: str, mean: bool, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(60, torch.Generator().manual_seed(4))
    ablate = mean_ablate if mean else zero_ablate
    same_probabilities(ablate(problem, tokens, Mlp(0)), WithoutMLP(problem, mean)(tokens))


def test_the_mean_of_the_mlp_is_that_of_all_its_neurons(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    together = mean_ablate(neural, small_lists, Neurons(0, range(5)))
    torch.testing.assert_close(
        together, mean_ablate(neural, small_lists, Mlp(0)), atol=1e-4, rtol=0
    )
    # Switched off, the two differ by the output bias.
    off = zero_ablate(neural, small_lists, Neurons(0, range(5))) - zero_ablate(
        neural, small_lists, Mlp(0)
    )
    bias = neural.weights["blocks.0.mlp.b_out"] @ neural.weights["unembed.W_U"]
    torch.testing.assert_close(off, bias.expand_as(off), atol=1e-4, rtol=0)


def test_ablating_no_neuron_changes_nothing(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    before = neural.logits(small_lists)
    assert torch.equal(zero_ablate(neural, small_lists, Neurons(0, [])), before)
    mean_ablate(neural, small_lists, Neurons(0, [2]))
    mean_ablate(neural, small_lists, Mlp(0))
    assert torch.equal(neural.logits(small_lists), before)


@pytest.mark.parametrize("neuron", [-1, 5])
def test_a_neuron_that_is_not_there(
    neural: Problem[SortedList], small_lists: Tensor, neuron: int
) -> None:
    with pytest.raises(IndexError, match=rf"no neuron {neuron}; the MLP has 5, counted from 0"):
        zero_ablate(neural, small_lists, Neurons(0, [1, neuron]))


def test_an_attention_only_model_has_no_mlp_to_ablate(
    small: Problem[SortedList], small_lists: Tensor
) -> None:
    with pytest.raises(ValueError, match="sorted_list: the model is attention-only"):
        mean_ablate(small, small_lists, Mlp(0))
    with pytest.raises(ValueError, match="sorted_list: the model is attention-only"):
        zero_ablate(small, small_lists, Neurons(0, [0]))


def other_lists(problem: Problem[SortedList], tokens: Tensor, seed: int) -> Tensor:
    return problem.task.sample(len(tokens), torch.Generator().manual_seed(seed))


def queries(problem: Problem[SortedList], tokens: Tensor) -> Tensor:
    labels = problem.task.label_positions
    return labels.start + torch.arange(len(tokens)) % (labels.stop - labels.start)


def resampled(
    problem: Problem[SortedList], tokens: Tensor, query: Tensor, donors: dict[int, Tensor]
) -> Tensor:
    by_head = {Head(0, number): donor for number, donor in donors.items()}
    logits = resample_ablate(problem, tokens, by_head, positions=query)
    return logits[torch.arange(len(tokens)), query]


@pytest.mark.parametrize("name", ["problem", "small"])
def test_heads_that_read_their_own_sequence_say_what_they_say(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    # More than one batch.
    tokens = problem.task.sample(600, torch.Generator().manual_seed(4))
    query = queries(problem, tokens)
    own = problem.logits(tokens)[torch.arange(600), query]
    for donors in ({}, {1: tokens}, {0: tokens, 1: tokens.clone()}):
        found = resampled(problem, tokens, query, donors)
        torch.testing.assert_close(found, own, atol=1e-4, rtol=1e-4)
    changed = resampled(problem, tokens, query, {1: other_lists(problem, tokens, 5)})
    assert float((changed - own).abs().max()) > 0.1


@torch.no_grad()
def test_resampled_heads_equal_a_plain_sum(small: Problem[SortedList], small_lists: Tensor) -> None:
    query, rows = queries(small, small_lists), torch.arange(40)
    first, second = (other_lists(small, small_lists, seed) for seed in (5, 6))
    own, one, two = (terms(small, tokens, query) for tokens in (small_lists, first, second))
    resid = own.direct + own.output_bias + one.heads[:, 0].sum(1) + two.heads[:, 1].sum(1)
    found = resampled(small, small_lists, query, {0: first, 1: second})
    # A term that is its own mean is left alone.
    nothing = torch.zeros_like(resid)
    torch.testing.assert_close(
        found, mean_ablate_term(small, resid, nothing, query), atol=1e-4, rtol=1e-4
    )
    alone = resampled(small, small_lists, query, {1: second})
    torch.testing.assert_close(
        alone,
        mean_ablate_term(
            small, own.total() - own.heads[:, 1].sum(1) + two.heads[:, 1].sum(1), nothing, query
        ),
        atol=1e-4,
        rtol=1e-4,
    )
    assert not torch.allclose(found, small.logits(small_lists)[rows, query], atol=0.1)


def test_both_heads_of_one_donor_say_all_that_the_model_says_of_it_but_for_the_token(
    problem: Problem[SortedList],
) -> None:
    # At SEP the direct path is the same in all lists, so nothing is left of the list itself.
    tokens = problem.task.sample(30, torch.Generator().manual_seed(4))
    donors, query = other_lists(problem, tokens, 5), torch.full((30,), 10)
    found = resampled(problem, tokens, query, {0: donors, 1: donors})
    torch.testing.assert_close(found, problem.logits(donors)[:, 10], atol=1e-4, rtol=1e-4)
