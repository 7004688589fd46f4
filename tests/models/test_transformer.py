import pytest
import torch

from models import checkpoint
from models.card import Activation, Architecture, Card
from models.checkpoint import NamedWeights
from models.plain import PlainTransformer
from models.problem import Problem
from models.transformer import fold, initialise, with_weights

CPU = torch.device("cpu")


def test_logits_equal_those_of_a_plain_rebuild(problem: Problem) -> None:
    plain = PlainTransformer(problem.weights, problem.architecture)
    as_trained = with_weights(problem.architecture, problem.weights, CPU, "committed")
    tokens = problem.fresh(200, seed=3)
    with torch.no_grad():
        torch.testing.assert_close(as_trained(tokens), plain(tokens), atol=1e-4, rtol=0)


def test_folding_keeps_the_probabilities(problem: Problem) -> None:
    plain = PlainTransformer(problem.weights, problem.architecture)
    tokens = problem.fresh(200, seed=4)
    with torch.no_grad():
        expected = plain(tokens).log_softmax(dim=-1)
    torch.testing.assert_close(problem.logits(tokens).log_softmax(-1), expected, atol=2e-4, rtol=0)


def any_weights(architecture: Architecture, generator: torch.Generator) -> NamedWeights:
    """Random weights and, since zero ones would hide what is left out, biases and scales."""
    model = initialise(architecture, 9, CPU)
    weights = checkpoint.named(model.state_dict(), architecture.n_heads)
    return {
        name: tensor + 0.1 * torch.randn(tensor.shape, generator=generator)
        for name, tensor in weights.items()
    }


@pytest.mark.parametrize("normalization", ["LN", None])
@pytest.mark.parametrize("act_fn", [None, "relu", "gelu", "solu_ln"])
@pytest.mark.parametrize("n_layers", [1, 2])
def test_any_shape_equals_its_plain_rebuild(
    small_card: Card, n_layers: int, act_fn: Activation | None, normalization: str | None
) -> None:
    architecture = small_card.architecture.model_copy(
        update={"n_layers": n_layers, "d_mlp": 5, "normalization": normalization}
    ).with_activation(act_fn)
    generator = torch.Generator().manual_seed(11)
    weights = any_weights(architecture, generator)
    model = with_weights(architecture, weights, CPU, "random weights")
    tokens = torch.randint(architecture.d_vocab, (20, architecture.n_ctx), generator=generator)
    plain = PlainTransformer(weights, architecture)
    with torch.no_grad():
        expected = plain(tokens)
        torch.testing.assert_close(model(tokens), expected, atol=1e-4, rtol=0)
        # Folding may shift all logits of a position alike; probabilities stay.
        folded = fold(model)(tokens)
    torch.testing.assert_close(folded.log_softmax(-1), expected.log_softmax(-1), atol=1e-4, rtol=0)
    # Written and read again, it is the same model.
    left = checkpoint.named(with_weights(architecture, weights, CPU, "").state_dict(), 2)
    assert left.keys() == weights.keys()
    assert all(torch.equal(left[name], weights[name]) for name in weights)
    assert checkpoint.architecture_of(left, architecture, "random weights") == architecture


@pytest.mark.parametrize("normalization", ["LN", None])
def test_a_neuron_with_a_solu_writes_what_it_was_trained_to_write(
    small_card: Card, normalization: str | None
) -> None:
    architecture = small_card.architecture.model_copy(
        update={"d_mlp": 5, "act_fn": "solu_ln", "normalization": normalization}
    )
    weights = any_weights(architecture, torch.Generator().manual_seed(12))
    model = fold(with_weights(architecture, weights, CPU, "random weights"))
    out = weights["blocks.0.mlp.W_out"]
    if normalization:
        out = out * weights["blocks.0.mlp.ln.w"][:, None]
        out = out - out.mean(dim=1, keepdim=True)
    torch.testing.assert_close(model.W_out[0].detach(), out)


def test_without_layernorm_folding_leaves_every_weight_as_trained(small_card: Card) -> None:
    architecture = small_card.architecture.model_copy(
        update={"d_mlp": 5, "act_fn": "relu", "normalization": None}
    )
    weights = any_weights(architecture, torch.Generator().manual_seed(12))
    model = fold(with_weights(architecture, weights, CPU, "random weights"))
    left = checkpoint.named(model.state_dict(), architecture.n_heads)
    assert left.keys() == weights.keys()
    for name, tensor in weights.items():
        assert torch.equal(left[name], tensor), name
    assert checkpoint.architecture_of(left, architecture, "random weights") == architecture


def test_the_same_seed_gives_the_same_weights(small_card: Card) -> None:
    first, same, other = (
        initialise(small_card.architecture, seed, CPU).state_dict() for seed in (1, 1, 2)
    )
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
