import pytest
import torch
from torch import Tensor

from analyses.instruments.centring import centre_unembedding, centre_writes
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.same import same_probabilities

W_O = "blocks.0.attn.W_O"


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
