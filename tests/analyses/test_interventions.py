import pytest
import torch
from torch import Tensor

from analyses.circuits import Scales, direct_path
from analyses.interventions import ablate_direct_path, mean_ablate_head
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
    rest = logits - lost - direct_path(linear, Scales(1.0, 1.0))[tokens]
    torch.testing.assert_close(rest, rest[:1].expand_as(rest), atol=1e-4, rtol=0)
    left = mean_ablate_head(linear, tokens, 0) - direct_path(linear, Scales(1.0, 1.0))[tokens]
    assert float((left - left[:1]).abs().max()) > 0.1


def test_without_layernorm_the_direct_path_loses_what_it_adds_beyond_its_mean(
    linear: Problem[SortedList],
) -> None:
    tokens = linear.task.sample(30, torch.Generator().manual_seed(4))
    direct = direct_path(linear, Scales(1.0, 1.0))[tokens]
    lost = linear.logits(tokens) - ablate_direct_path(linear, tokens)
    torch.testing.assert_close(lost, direct - direct.mean(dim=0), atol=1e-4, rtol=0)
