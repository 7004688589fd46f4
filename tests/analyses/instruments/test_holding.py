import pytest
import torch
from torch import Tensor

from analyses.instruments import holding
from analyses.instruments.ablation import mean_ablate, zero_ablate
from analyses.instruments.activations import NEURONS, activations
from analyses.instruments.circuits import reads
from analyses.instruments.holding import average_positions, fix_attention, hold_neurons
from analyses.instruments.parts import Neurons
from analyses.instruments.read_out import mean_ablate_term
from models.plain import PlainTransformer
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.same import same_probabilities


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


@torch.no_grad()
@pytest.mark.parametrize("name", ["problem", "small", "neural"])
def test_attention_fixed_to_its_mean_equals_a_plain_version(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem: Problem[SortedList] = request.getfixturevalue(name)
    tokens = problem.task.sample(60, torch.Generator().manual_seed(4))
    # The mean is that of all batches.
    monkeypatch.setattr(holding, "BATCH", 25)
    fixed = fix_attention(problem, tokens)
    same_probabilities(fixed, AttentionFixed(problem.weights, problem.architecture)(tokens))
    assert float((fixed - problem.logits(tokens)).abs().max()) > 0.1


def test_neurons_are_held_at_what_is_given(
    neural: Problem[SortedList], small_lists: Tensor
) -> None:
    active = activations(neural, small_lists, NEURONS)
    as_they_are = hold_neurons(neural, small_lists, Neurons(0, [0, 3]), active)
    torch.testing.assert_close(as_they_are, neural.logits(small_lists))
    off = hold_neurons(neural, small_lists, Neurons(0, [0, 3]), 0 * active)
    assert torch.equal(off, zero_ablate(neural, small_lists, Neurons(0, [0, 3])))
    mean = active.mean(dim=0).expand_as(active)
    held = hold_neurons(neural, small_lists, Neurons(0, [1]), mean)
    torch.testing.assert_close(held, mean_ablate(neural, small_lists, Neurons(0, [1])))


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
