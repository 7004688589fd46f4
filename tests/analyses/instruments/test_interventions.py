from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from analyses.instruments import interventions
from analyses.instruments.activations import NEURONS, RESID_MID, RESID_POST, activations
from analyses.instruments.attribution import terms
from analyses.instruments.circuits import direct_path, reads
from analyses.instruments.interventions import (
    ablate_direct_path,
    ablate_mlp,
    ablate_neurons,
    average_positions,
    centre_unembedding,
    centre_writes,
    fix_attention,
    hold_neurons,
    mean_ablate_head,
    mean_ablate_term,
    read_out_mid,
    resample_heads,
)
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.plain_transformer import PlainTransformer

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


class AttentionFixed(PlainTransformer):
    """A plain transformer in which every head looks at what it looks at in the mean."""

    def attention(self, residual: Tensor, block: str) -> Tensor:
        q, k, v = (
            torch.einsum("bpm,hmd->bhpd", residual, self.parameter(f"{block}.attn.W_{part}"))
            + self.parameter(f"{block}.attn.b_{part}").unsqueeze(1)
            for part in "QKV"
        )
        scores = (q @ k.mT / self.sizes.d_head**0.5).masked_fill(
            self.get_buffer("future"), -torch.inf
        )
        mean = scores.softmax(dim=-1).mean(dim=0)
        written = torch.einsum("hqk,bhkd,hdm->bqm", mean, v, self.parameter(f"{block}.attn.W_O"))
        return written + self.parameter(f"{block}.attn.b_O")


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


def same_probabilities(found: Tensor, expected: Tensor) -> None:
    # Folding shifts all logits of a position alike.
    torch.testing.assert_close(
        found.log_softmax(-1), expected.log_softmax(-1), atol=2e-4, rtol=1e-4
    )


@torch.no_grad()
@pytest.mark.parametrize("head", [0, 1])
@pytest.mark.parametrize("name", ["problem", "small"])
def test_mean_ablation_of_a_head_equals_a_plain_version(
    name: str, head: int, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(60, torch.Generator().manual_seed(4))
    ablated = mean_ablate_head(problem, tokens, head)
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
        mean_ablate_head(problem, tokens, 0),
        mean_ablate_head(problem, tokens, 1),
        ablate_direct_path(problem, tokens),
    ):
        torch.testing.assert_close(ablated, logits, atol=1e-4, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("name", ["problem", "small", "neural"])
def test_attention_fixed_to_its_mean_equals_a_plain_version(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(60, torch.Generator().manual_seed(4))
    # The mean is that of all batches.
    monkeypatch.setattr(interventions, "BATCH", 25)
    fixed = fix_attention(problem, tokens)
    same_probabilities(fixed, AttentionFixed(problem.weights, problem.architecture)(tokens))
    assert float((fixed - problem.logits(tokens)).abs().max()) > 0.1


@pytest.mark.parametrize("name", ["linear", "neural"])
def test_resid_mid_is_read_out_as_the_model_does(name: str, request: pytest.FixtureRequest) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(20, torch.Generator().manual_seed(4))
    # The linear one has no resid_mid; behind its attention stands what is left.
    name = RESID_MID if problem.architecture.d_mlp else RESID_POST
    mid = activations(problem, tokens, name)[:, -1]
    torch.testing.assert_close(
        read_out_mid(problem, mid), problem.logits(tokens)[:, -1], atol=1e-4, rtol=1e-4
    )


def test_an_mlp_that_reads_through_layernorm_is_refused(
    neural_normalised: Problem[SortedList],
) -> None:
    with pytest.raises(ValueError, match="reads without LayerNorm"):
        read_out_mid(neural_normalised, torch.zeros(2, neural_normalised.architecture.d_model))


def test_an_ablation_leaves_the_model_as_it_was(small: Problem[SortedList]) -> None:
    tokens = small.task.sample(10, torch.Generator().manual_seed(4))
    before = small.logits(tokens)
    mean_ablate_head(small, tokens, 0)
    ablate_direct_path(small, tokens)
    assert torch.equal(small.logits(tokens), before)


def test_without_all_heads_the_direct_path_and_constants_are_left(
    linear: Problem[SortedList],
) -> None:
    tokens = linear.task.sample(30, torch.Generator().manual_seed(4))
    logits = linear.logits(tokens)
    # Without LayerNorm what the heads lose adds up.
    lost = sum(logits - mean_ablate_head(linear, tokens, head) for head in (0, 1))
    rest = logits - lost - direct_path(linear, 1.0)[tokens]
    torch.testing.assert_close(rest, rest[:1].expand_as(rest), atol=1e-4, rtol=0)
    left = mean_ablate_head(linear, tokens, 0) - direct_path(linear, 1.0)[tokens]
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
    ablated = ablate_neurons(problem, tokens, neurons, mean)
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
    same_probabilities(ablate_mlp(problem, tokens, mean), WithoutMLP(problem, mean)(tokens))


def test_the_mean_of_the_mlp_is_that_of_all_its_neurons(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    together = ablate_neurons(neural, small_lists, range(5), mean=True)
    torch.testing.assert_close(together, ablate_mlp(neural, small_lists), atol=1e-4, rtol=0)
    # Switched off, the two differ by the output bias.
    off = ablate_neurons(neural, small_lists, range(5)) - ablate_mlp(neural, small_lists, False)
    bias = neural.weights["blocks.0.mlp.b_out"] @ neural.weights["unembed.W_U"]
    torch.testing.assert_close(off, bias.expand_as(off), atol=1e-4, rtol=0)


def test_ablating_no_neuron_changes_nothing(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    before = neural.logits(small_lists)
    assert torch.equal(ablate_neurons(neural, small_lists, []), before)
    ablate_neurons(neural, small_lists, [2], mean=True)
    ablate_mlp(neural, small_lists)
    assert torch.equal(neural.logits(small_lists), before)


def test_neurons_are_held_at_what_is_given(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    active = activations(neural, small_lists, NEURONS)
    as_they_are = hold_neurons(neural, small_lists, [0, 3], active)
    torch.testing.assert_close(as_they_are, neural.logits(small_lists))
    off = hold_neurons(neural, small_lists, [0, 3], 0 * active)
    assert torch.equal(off, ablate_neurons(neural, small_lists, [0, 3]))
    mean = active.mean(dim=0).expand_as(active)
    held = hold_neurons(neural, small_lists, [1], mean)
    torch.testing.assert_close(held, ablate_neurons(neural, small_lists, [1], mean=True))


@pytest.mark.parametrize("neuron", [-1, 5])
def test_a_neuron_that_is_not_there(
    neural: Problem[SortedList], small_lists: Tensor, neuron: int
) -> None:
    with pytest.raises(IndexError, match=rf"no neuron {neuron}; the MLP has 5, counted from 0"):
        ablate_neurons(neural, small_lists, [1, neuron])


def test_an_attention_only_model_has_no_mlp_to_ablate(
    small: Problem[SortedList], small_lists: Tensor
) -> None:
    with pytest.raises(ValueError, match="sorted_list: the model is attention-only"):
        ablate_mlp(small, small_lists)
    with pytest.raises(IndexError, match="no neuron 0; the MLP has 0"):
        ablate_neurons(small, small_lists, [0])


@pytest.mark.parametrize("name", ["problem", "small", "neural_normalised"])
def test_layernorm_takes_out_what_centring_writes_does(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(60, torch.Generator().manual_seed(4))
    centred = centre_writes(problem)
    same_probabilities(centred.logits(tokens), problem.logits(tokens))
    for part in ("embed.W_E", "pos_embed.W_pos", W_O, "blocks.0.attn.b_O"):
        assert float(problem.weights[part].mean(dim=-1).abs().max()) > 1e-4
        assert float(centred.weights[part].mean(dim=-1).abs().max()) < 1e-6
    assert torch.equal(centred.weights["unembed.W_U"], problem.weights["unembed.W_U"])


def test_without_layernorm_centring_writes_makes_another_model(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    centred = centre_writes(neural)
    changed = centred.logits(small_lists).log_softmax(-1) - neural.logits(small_lists).log_softmax(
        -1
    )
    assert float(changed.abs().max()) > 0.1
    for part in ("mlp.W_out", "mlp.b_out", "attn.W_O"):
        assert float(centred.weights[f"blocks.0.{part}"].mean(dim=-1).abs().max()) < 1e-6


@pytest.mark.parametrize("name", ["small", "neural"])
def test_centring_the_unembedding_changes_no_probability(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    centred = centre_unembedding(problem)
    same_probabilities(centred.logits(small_lists), problem.logits(small_lists))
    mean = centred.logits(small_lists).mean(dim=-1)
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-4, rtol=0)
    assert centred.sha256 is None


def other_lists(problem: Problem[SortedList], tokens: Tensor, seed: int) -> Tensor:
    return problem.task.sample(len(tokens), torch.Generator().manual_seed(seed))


def queries(problem: Problem[SortedList], tokens: Tensor) -> Tensor:
    labels = problem.task.label_positions
    return labels.start + torch.arange(len(tokens)) % (labels.stop - labels.start)


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
        found = resample_heads(problem, tokens, query, donors)
        torch.testing.assert_close(found, own, atol=1e-4, rtol=1e-4)
    changed = resample_heads(problem, tokens, query, {1: other_lists(problem, tokens, 5)})
    assert float((changed - own).abs().max()) > 0.1


@torch.no_grad()
def test_resampled_heads_equal_a_plain_sum(small: Problem[SortedList], small_lists: Tensor) -> None:
    query, rows = queries(small, small_lists), torch.arange(40)
    first, second = (other_lists(small, small_lists, seed) for seed in (5, 6))
    own, one, two = (terms(small, tokens, query) for tokens in (small_lists, first, second))
    resid = own.direct + own.output_bias + one.heads[:, 0].sum(1) + two.heads[:, 1].sum(1)
    found = resample_heads(small, small_lists, query, {0: first, 1: second})
    # A term that is its own mean is left alone.
    nothing = torch.zeros_like(resid)
    torch.testing.assert_close(
        found, mean_ablate_term(small, resid, nothing, query), atol=1e-4, rtol=1e-4
    )
    alone = resample_heads(small, small_lists, query, {1: second})
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
    found = resample_heads(problem, tokens, query, {0: donors, 1: donors})
    torch.testing.assert_close(found, problem.logits(donors)[:, 10], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["problem", "small", "linear"])
def test_the_mean_of_one_position_is_that_position(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(60, torch.Generator().manual_seed(4))
    each = [slice(place, place + 1) for place in range(problem.task.n_ctx)]
    same = average_positions(problem, tokens, each, queries=True)
    torch.testing.assert_close(same, problem.logits(tokens), atol=1e-4, rtol=1e-4)
    half = [slice(0, problem.task.list_length)]
    averaged = average_positions(problem, tokens, half)
    assert float((averaged - problem.logits(tokens)).abs().max()) > 0.01
    # What stands where does not matter any more.
    turned = tokens.clone()
    turned[:, half[0]] = tokens[:, half[0]].flip(1)
    rest = slice(problem.task.list_length, None)
    torch.testing.assert_close(
        average_positions(problem, turned, half)[:, rest], averaged[:, rest], atol=1e-4, rtol=1e-4
    )


@torch.no_grad()
def test_averaged_keys_and_values_are_those_of_what_circuits_read(
    small: Problem[SortedList], small_lists: Tensor
) -> None:
    model, half = small.model, slice(0, 3)
    at_mean = reads(small, half).total()
    own = [reads(small, slice(place, place + 1)).total() for place in range(7)]
    logits = average_positions(small, small_lists, [half])
    for row in (0, 7):
        tokens = small_lists[row]
        read = torch.stack([own[place][tokens[place]] for place in range(7)])
        shown = torch.cat([at_mean[tokens[half]], read[3:]])
        resid = model.W_E[tokens[5]] + model.W_pos[5] + model.b_O[0]
        for head in range(2):
            query = read[5] @ model.W_Q[0, head] + model.b_Q[0, head]
            keys = shown[:6] @ model.W_K[0, head] + model.b_K[0, head]
            values = shown[:6] @ model.W_V[0, head] + model.b_V[0, head]
            attention = (keys @ query / 3**0.5).softmax(dim=0)
            resid = resid + attention @ values @ model.W_O[0, head]
        expected = mean_ablate_term(
            small, resid[None], torch.zeros_like(resid)[None], torch.tensor([5])
        )
        torch.testing.assert_close(logits[row, 5], expected[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["small", "linear"])
def test_a_term_is_replaced_by_its_mean_at_the_same_position(
    name: str, small_lists: Tensor, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    rows = torch.arange(40)
    # Half of them are asked at 3, half at 5.
    query = torch.tensor([3, 5]).repeat(20)
    split = terms(problem, small_lists, query)
    found = mean_ablate_term(problem, split.total(), split.heads[:, 1].sum(dim=1), query)
    for place in (3, 5):
        some = query == place
        ablated = mean_ablate_head(problem, small_lists[some], 1)[:, place]
        torch.testing.assert_close(found[some], ablated, atol=1e-4, rtol=1e-4)
    resid = activations(problem, small_lists, RESID_POST)[rows, query]
    nothing = mean_ablate_term(problem, resid, torch.zeros_like(resid), query)
    own = problem.logits(small_lists)[rows, query]
    torch.testing.assert_close(nothing, own, atol=1e-4, rtol=1e-4)
