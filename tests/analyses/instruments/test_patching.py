"""Patches and ablations of any part of any layer, against identities and against a model that is
run part by part.
"""

from itertools import product

import pytest
import torch
from torch import Tensor

from analyses.instruments import patching, replacing
from analyses.instruments.ablation import (
    ablate_direct_path,
    mean_ablate,
    resample_ablate,
    zero_ablate,
)
from analyses.instruments.heads import Head, heads
from analyses.instruments.holding import average_positions, fix_attention, without_relu
from analyses.instruments.parts import Embedding, Mlp, Neurons, Part, Residual, residuals
from analyses.instruments.patching import patch, patch_each
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.paths import PartByPart, sum_of
from tests.analyses.same import same_probabilities

Model = Problem[SortedList]
EVERYWHERE = torch.ones(12, 7, dtype=torch.bool)
SOME = torch.rand(12, 7, generator=torch.Generator().manual_seed(3)) < 0.6
PARTS: list[tuple[str, list[Part]]] = [
    ("deep", [Head(0, 1)]),
    ("deep", [Head(1, 0)]),
    ("deep", [Head(0, 0), Head(0, 1), Head(1, 1)]),
    ("deep", [Embedding()]),
    ("deep", [Residual(1)]),
    ("deep_linear", [Head(0, 0), Head(1, 0)]),
    ("deep_linear", [Residual(2)]),
    ("deep_neural", [Mlp(0)]),
    ("deep_neural", [Mlp(1), Head(1, 0)]),
    ("deep_neural", [Neurons(0, [0, 3]), Neurons(1, [2])]),
    ("deep_neural", [Residual(1)]),
    ("neural_normalised", [Neurons(0, [1]), Head(0, 0)]),
    ("neural_gelu", [Neurons(0, [1]), Head(0, 0)]),
    ("deep_solu", [Mlp(0)]),
    ("deep_solu", [Neurons(0, [0, 3]), Neurons(1, [2])]),
]


@pytest.fixture(scope="module")
def both() -> tuple[Tensor, Tensor]:
    """Clean sequences and corrupted ones."""
    task = SortedList(list_length=3, max_value=9)
    clean, corrupted = (task.sample(12, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    return clean, corrupted


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-3)


@pytest.mark.parametrize("at", [EVERYWHERE, SOME])
@pytest.mark.parametrize("name, parts", PARTS)
def test_what_is_put_in_place_of_parts_equals_a_model_run_part_by_part(
    name: str,
    parts: list[Part],
    at: Tensor,
    both: tuple[Tensor, Tensor],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem: Model = request.getfixturevalue(name)
    tokens, other = both
    # More than one batch, the last of which is smaller.
    monkeypatch.setattr(replacing, "BATCH", 5)
    plain = PartByPart(problem)
    written, own = plain.writes(other)[0], plain.writes(tokens)[0]
    reference = {part: write.mean(0).expand_as(write) for part, write in written.items()}
    mean = {part: write.mean(0).expand_as(write) for part, write in own.items()}
    # What a head writes whatever it reads stands in the output bias of the folded model, and
    # stays; without LayerNorm nothing is folded.
    zero = {part: torch.zeros_like(write) for part, write in own.items()}
    if problem.architecture.normalization is not None:
        for head in heads(problem):
            v, o, bias = (
                problem.weights[f"blocks.{head.layer}.attn.{name}"][head.number]
                for name in ("W_V", "W_O", "b_V")
            )
            shown = problem.weights[f"blocks.{head.layer}.ln1.b"] @ v + bias
            zero[head] = zero[head] + shown @ o
    # The same of neurons by themselves, whatever the LayerNorm behind a SoLU gives.
    if problem.architecture.act_fn == "solu_ln" and Mlp(0) not in parts:
        for layer, number in product(range(2), range(5)):
            block = f"blocks.{layer}.mlp"
            shift = problem.weights[f"{block}.ln.b"][number]
            write = shift * problem.weights[f"{block}.W_out"][number]
            zero["neuron", layer, number] = write.expand_as(own["neuron", layer, number])
    cases = {
        "other": (patch(problem, tokens, other, parts, at), written),
        "mean": (mean_ablate(problem, tokens, parts, at), mean),
        "reference": (mean_ablate(problem, tokens, parts, at, other), reference),
    }
    if not any(isinstance(part, Residual) for part in parts):
        cases["zero"] = zero_ablate(problem, tokens, parts, at), zero
    for found, values in cases.values():
        same_probabilities(found, plain.replaced(tokens, parts, values, at))
        assert float((found - problem.logits(tokens)).abs().max()) > 0.05


@pytest.mark.parametrize("name", ["small", "neural", "deep", "deep_neural", "deep_solu"])
def test_the_whole_residual_stream_of_the_other_run_is_the_other_run(
    name: str, both: tuple[Tensor, Tensor], request: pytest.FixtureRequest
) -> None:
    problem: Model = request.getfixturevalue(name)
    clean, corrupted = both
    # Either way round.
    for tokens, other in ((clean, corrupted), (corrupted, clean)):
        for stream in residuals(problem):
            close(patch(problem, tokens, other, stream), problem.logits(other))
        everything = [*heads(problem), Embedding()]
        if problem.architecture.attn_only:
            close(patch(problem, tokens, other, everything), problem.logits(other))
        # Behind the last layer each position answers for itself.
        last = patch(problem, tokens, other, residuals(problem)[-1], 3)
        close(last[:, 3], problem.logits(other)[:, 3])
        close(last[:, 4:], problem.logits(tokens)[:, 4:])
        # Nothing is heard before it is said.
        close(patch(problem, tokens, other, Residual(0), 3)[:, :3], problem.logits(tokens)[:, :3])
    close(patch(problem, clean, clean, heads(problem)), problem.logits(clean))


def test_each_part_is_patched_at_each_position(
    deep: Model, both: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patching, "BATCH", 5)
    labels = deep.task.label_positions
    for parts in (residuals(deep), heads(deep)):
        for tokens, other in (both, both[::-1]):
            grid = patch_each(deep, tokens, other, parts)
            assert grid.shape == (len(parts), 7, 12, 3, deep.task.d_vocab_out)
            for row, part in enumerate(parts):
                for position in (0, 4):
                    one = patch(deep, tokens, other, part, position)[:, labels]
                    close(grid[row, position], one)


def test_on_equal_sequences_a_mean_changes_nothing(deep_neural: Model) -> None:
    tokens = deep_neural.task.sample(1, torch.Generator().manual_seed(6)).expand(8, -1)
    parts = [*heads(deep_neural), Mlp(0), Neurons(1, [2]), Residual(1)]
    close(mean_ablate(deep_neural, tokens, parts), deep_neural.logits(tokens))
    close(ablate_direct_path(deep_neural, tokens), deep_neural.logits(tokens))
    close(fix_attention(deep_neural, tokens), deep_neural.logits(tokens))


def test_parts_that_read_different_sequences(deep: Model, both: tuple[Tensor, Tensor]) -> None:
    tokens, first = both
    second = first.roll(1, 0)
    plain = PartByPart(deep)
    one, two = (plain.writes(other)[0] for other in (first, second))
    values = one | {Head(1, 1): two[Head(1, 1)]}
    found = resample_ablate(deep, tokens, {Head(0, 0): first, Head(1, 1): second}, SOME)
    expected = plain.replaced(tokens, [Head(0, 0), Head(1, 1)], values, SOME)
    same_probabilities(found, expected)


@pytest.mark.parametrize("name", ["deep", "deep_neural"])
def test_without_the_direct_path_all_heads_and_mlps_read_the_true_embeddings(
    name: str, both: tuple[Tensor, Tensor], request: pytest.FixtureRequest
) -> None:
    problem: Model = request.getfixturevalue(name)
    plain = PartByPart(problem)
    written, _ = plain.writes(both[0])
    embedded = written[Embedding()]
    stream = sum_of(written) - embedded + embedded.mean(0)
    logits = plain.weight("ln_final.w") * torch.nn.functional.layer_norm(stream, (6,))
    logits = (logits + plain.weight("ln_final.b")) @ plain.weight("unembed.W_U")
    found = ablate_direct_path(problem, both[0])
    same_probabilities(found, logits + plain.weight("unembed.b_U"))


class AttentionFixed(PartByPart):
    """Every head looks at what it looks at in the mean, which the first run takes."""

    def __init__(self, problem: Model) -> None:
        super().__init__(problem)
        self.mean: dict[Head, Tensor] = {}

    def pattern(self, head: Head, q: Tensor, k: Tensor) -> Tensor:
        own = super().pattern(head, q, k)
        if head in self.mean:
            return self.mean[head].expand_as(own)
        self.mean[head] = own.mean(0)
        return own


@pytest.mark.parametrize("name", ["deep", "deep_neural"])
def test_attention_is_fixed_in_every_layer(
    name: str, both: tuple[Tensor, Tensor], request: pytest.FixtureRequest
) -> None:
    problem: Model = request.getfixturevalue(name)
    plain = AttentionFixed(problem)
    _, own = plain.writes(both[0])
    same_probabilities(own, problem.logits(both[0]))
    same_probabilities(fix_attention(problem, both[0]), plain.writes(both[0])[1])


def test_what_means_one_layer_says_so_of_several(
    deep: Model, deep_neural: Model, deep_solu: Model, both: tuple[Tensor, Tensor]
) -> None:
    with pytest.raises(ValueError, match="2 layers; only the heads of the first read"):
        average_positions(deep, both[0], [slice(0, 3)])
    with pytest.raises(ValueError, match="2 layers; say which is meant"):
        without_relu(deep_neural, both[0])
    one, two = (without_relu(deep_neural, both[0], layer) for layer in (0, 1))
    assert float((one - two).abs().max()) > 0.05
    with pytest.raises(ValueError, match="no ReLU to take out; the model has solu_ln"):
        without_relu(deep_solu, both[0], 0)
    with pytest.raises(ValueError, match="no ReLU to take out; the model has no MLP"):
        without_relu(deep, both[0], 0)
    with pytest.raises(IndexError, match=r"no head 2\.0"):
        mean_ablate(deep, both[0], Head(2, 0))
    with pytest.raises(IndexError, match="no layer 2"):
        zero_ablate(deep_neural, both[0], Mlp(2))
    with pytest.raises(IndexError, match="no layer 3"):
        patch(deep, *both, Residual(3))
    with pytest.raises(IndexError, match="no position 7"):
        zero_ablate(deep, both[0], Head(0, 0), 7)
    with pytest.raises(ValueError, match="one for each, of the same length"):
        patch(deep, both[0], both[1][:1], Head(0, 0))


def test_a_model_in_double_precision_is_ablated_in_it(
    deep_neural: Model, both: tuple[Tensor, Tensor]
) -> None:
    with_float = mean_ablate(deep_neural, both[0], [Head(0, 0), Mlp(1)])
    deep_neural.model.double()
    try:
        for found in (
            mean_ablate(deep_neural, both[0], [Head(0, 0), Mlp(1)]),
            zero_ablate(deep_neural, both[0], [Head(0, 0), Mlp(1)]),
            fix_attention(deep_neural, both[0]),
            ablate_direct_path(deep_neural, both[0]),
        ):
            assert found.dtype == torch.float64
        found = mean_ablate(deep_neural, both[0], [Head(0, 0), Mlp(1)])
        close(found.float(), with_float)
    finally:
        deep_neural.model.float()
