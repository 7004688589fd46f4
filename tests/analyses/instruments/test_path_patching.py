"""Paths between parts, against identities and against a model that is run part by part."""

from typing import Literal

import pytest
import torch
from torch import Tensor

from analyses.instruments import path_patching, replacing
from analyses.instruments.activations import KEYS, QUERIES, VALUES, activations, point
from analyses.instruments.heads import Head, heads
from analyses.instruments.parts import (
    Embedding,
    Input,
    Logits,
    Mlp,
    Neurons,
    Receiver,
    Sender,
    residuals,
)
from analyses.instruments.patching import patch
from analyses.instruments.path_patching import (
    LayerNormScale,
    direct_effect,
    mean_ablate_path,
    path_patch,
    total_effect,
)
from analyses.instruments.replacing import Hook
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.paths import PartByPart, Reader
from tests.analyses.same import same_probabilities

Model = Problem[SortedList]
ATTENTION_ONLY = ["small", "linear", "deep", "deep_linear"]
WITH_NEURONS = ["neural_normalised", "neural_gelu", "neural_solu", "deep_neural", "deep_solu"]


@pytest.fixture
def both(small: Model) -> tuple[Tensor, Tensor]:
    """Clean sequences and others."""
    tokens, other = (small.task.sample(12, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    return tokens, other


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-3)


def senders_of(problem: Model, layers: int | None = None) -> list[Sender]:
    """All that writes in the first layers."""
    sizes = problem.architecture
    layers = sizes.n_layers if layers is None else layers
    mlps = [] if sizes.attn_only else [Mlp(layer) for layer in range(layers)]
    return [Embedding(), *(head for head in heads(problem) if head.layer < layers), *mlps]


PATHS: list[tuple[str, list[Sender], list[Reader]]] = [
    ("deep", [Embedding()], [Logits()]),
    ("deep", [Embedding()], [Input(Head(0, 1), "K"), Input(Head(1, 0), "Q")]),
    ("deep", [Head(0, 1)], [Input(Head(1, 0), "Q")]),
    ("deep", [Head(0, 1)], [Input(Head(1, 0), "K")]),
    ("deep", [Head(0, 0)], [Input(Head(1, 1), "V"), Input(Head(1, 0), "V")]),
    ("deep", [Head(0, 0), Head(0, 1)], [Input(Head(1, 1), "K"), Logits()]),
    ("deep", [Head(0, 0), Head(1, 1)], [Input(Head(1, 1), "K"), Logits()]),
    ("deep_linear", [Embedding(), Head(0, 1)], [Input(Head(1, 0), "Q"), Logits()]),
    ("deep_neural", [Head(0, 1)], [Mlp(0)]),
    ("deep_neural", [Head(0, 0)], [Neurons(1, [1, 4])]),
    ("deep_neural", [Mlp(0)], [Input(Head(1, 0), "Q"), Input(Head(1, 0), "K")]),
    ("deep_neural", [Neurons(0, [0, 3])], [Input(Head(1, 1), "V"), Mlp(1), Logits()]),
    ("deep_neural", [Embedding(), Neurons(0, [2]), Head(0, 1)], [Mlp(0), Mlp(1)]),
    ("small", [Embedding()], [Input(Head(0, 1), "Q")]),
    ("neural", [Head(0, 1)], [Mlp(0)]),
    ("neural_normalised", [Embedding(), Head(0, 0)], [Neurons(0, [2]), Logits()]),
    ("neural_gelu", [Head(0, 1)], [Neurons(0, [2, 3])]),
    ("neural_solu", [Head(0, 1)], [Mlp(0)]),
    ("deep_solu", [Head(0, 0)], [Neurons(0, [0, 3]), Neurons(1, [1, 4])]),
    ("deep_solu", [Neurons(0, [0, 3]), Embedding()], [Input(Head(1, 1), "V"), Mlp(1), Logits()]),
]


@pytest.mark.parametrize("scale", ["recomputed", "frozen"])
@pytest.mark.parametrize("name, senders, receivers", PATHS)
def test_a_path_equals_a_model_run_part_by_part(
    name: str,
    senders: list[Sender],
    receivers: list[Reader],
    scale: LayerNormScale,
    both: tuple[Tensor, Tensor],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem: Model = request.getfixturevalue(name)
    tokens, other = both
    # More than one batch, the last of which is smaller.
    monkeypatch.setattr(path_patching, "BATCH", 5)
    plain, clean = PartByPart(problem), problem.logits(tokens)
    everywhere = torch.ones_like(tokens, dtype=torch.bool)
    some = torch.rand(tokens.shape, generator=torch.Generator().manual_seed(3)) < 0.6
    for sent, received in ((everywhere, everywhere), (some, some.roll(3, 0) | some)):
        found = path_patch(problem, tokens, other, senders, receivers, sent, received, scale)
        expected = plain.path_patched(
            tokens, other, senders, receivers, sent, received, scale == "frozen"
        )
        same_probabilities(found, expected)
        assert float((found - clean).abs().max()) > 0.05


@pytest.mark.parametrize("kind", ["Q", "K", "V"])
@pytest.mark.parametrize("name", ["deep", "deep_linear", "deep_neural"])
def test_all_senders_give_a_receiver_what_the_other_run_gives_it(
    name: str,
    kind: Literal["Q", "K", "V"],
    both: tuple[Tensor, Tensor],
    request: pytest.FixtureRequest,
) -> None:
    problem: Model = request.getfixturevalue(name)
    tokens, other = both
    for head in heads(problem):
        hook = {"Q": QUERIES, "K": KEYS, "V": VALUES}[kind]
        given = activations(problem, other, hook, head.layer)

        def replace(own: Tensor, hook: object, head: Head = head, given: Tensor = given) -> Tensor:
            edited = own.clone()
            edited[:, :, head.number] = given[:, :, head.number]
            return edited

        hooks: list[Hook] = [(point(problem, hook, head.layer), replace)]
        expected = problem.model.run_with_hooks(tokens, fwd_hooks=hooks)
        senders = senders_of(problem, head.layer)
        close(path_patch(problem, tokens, other, senders, Input(head, kind)), expected)


@pytest.mark.parametrize("name", [*ATTENTION_ONLY, *WITH_NEURONS])
def test_all_senders_give_the_logits_the_other_run(
    name: str, both: tuple[Tensor, Tensor], request: pytest.FixtureRequest
) -> None:
    problem: Model = request.getfixturevalue(name)
    tokens, other = both
    senders = senders_of(problem)
    close(path_patch(problem, tokens, other, senders, Logits()), problem.logits(other))
    # What is the same in both has nothing to say.
    close(path_patch(problem, tokens, tokens, senders, Logits()), problem.logits(tokens))
    # Of one position only, at that position.
    found = path_patch(problem, tokens, other, senders, Logits(), 4, -3)
    close(found[:, 4], problem.logits(other)[:, 4])
    rest = torch.arange(7) != 4
    close(found[:, rest], problem.logits(tokens)[:, rest])


def test_the_embedding_sends_all_that_layer_0_reads(
    deep: Model, both: tuple[Tensor, Tensor]
) -> None:
    tokens, other = both
    found = path_patch(deep, tokens, other, Embedding(), [Head(0, 0), Head(0, 1)])
    # Layer 0 writes what it writes in the other run, and all behind it runs.
    close(found, patch(deep, tokens, other, [Head(0, 0), Head(0, 1)]))
    # A head is its three inputs.
    inputs: list[Receiver] = [
        Input(Head(0, number), kind) for number in (0, 1) for kind in ("Q", "K", "V")
    ]
    assert torch.equal(found, path_patch(deep, tokens, other, [Embedding()], inputs))


def test_a_path_that_does_not_exist_changes_nothing(
    deep: Model, both: tuple[Tensor, Tensor]
) -> None:
    tokens, other = both
    clean = deep.logits(tokens)
    head, query = Head(0, 1), Input(Head(1, 0), "Q")
    # What is written at one position is read at no other without another head.
    close(path_patch(deep, tokens, other, head, query, sent_at=4, received_at=[3, 5]), clean)
    assert float((path_patch(deep, tokens, other, head, query, 4, 4) - clean).abs().max()) > 0.05
    # The past does not hear of what a later key says.
    later = path_patch(deep, tokens, other, head, Input(Head(1, 0), "K"), sent_at=4)
    close(later[:, :4], clean[:, :4])
    # The first position has one key only, so that query and key there decide nothing.
    first = [Input(Head(1, 0), "Q"), Input(Head(1, 0), "K")]
    close(path_patch(deep, tokens, other, head, first)[:, 0], clean[:, 0])


def test_at_one_position_of_each_sequence(deep: Model, both: tuple[Tensor, Tensor]) -> None:
    tokens, other = both
    place = torch.tensor([3, 5]).repeat(6)
    found = path_patch(deep, tokens, other, Head(0, 1), Input(Head(1, 0), "K"), place, place)
    for here in (3, 5):
        each = path_patch(deep, tokens, other, Head(0, 1), Input(Head(1, 0), "K"), here, here)
        close(found[place == here], each[place == here])


@pytest.mark.parametrize("name", ["linear", "deep_linear"])
def test_without_layernorm_direct_effects_add_up(
    name: str, both: tuple[Tensor, Tensor], request: pytest.FixtureRequest
) -> None:
    problem: Model = request.getfixturevalue(name)
    tokens, other = both
    effects = [direct_effect(problem, tokens, other, sender) for sender in senders_of(problem)]
    close(torch.stack(effects).sum(0), problem.logits(other) - problem.logits(tokens))


@pytest.mark.parametrize("name", ["deep", "deep_neural"])
def test_behind_a_frozen_layernorm_direct_effects_add_up(
    name: str, both: tuple[Tensor, Tensor], request: pytest.FixtureRequest
) -> None:
    problem: Model = request.getfixturevalue(name)
    tokens, other = both
    senders = senders_of(problem)
    expected: dict[LayerNormScale, bool] = {"frozen": True, "recomputed": False}
    for scale, add_up in expected.items():
        alone = [direct_effect(problem, tokens, other, each, scale=scale) for each in senders]
        together = direct_effect(problem, tokens, other, senders, scale=scale)
        assert torch.allclose(torch.stack(alone).sum(0), together, atol=2e-3) == add_up


def test_of_the_last_layer_the_direct_effect_is_the_total_one(
    deep: Model, deep_neural: Model, both: tuple[Tensor, Tensor]
) -> None:
    tokens, other = both
    for problem, last in (
        (deep, Head(1, 0)),
        (deep_neural, Mlp(1)),
        (deep_neural, Neurons(1, [2])),
    ):
        total = total_effect(problem, tokens, other, last)
        close(direct_effect(problem, tokens, other, last), total)
        assert float(total.abs().max()) > 0.05
    early = total_effect(deep, tokens, other, Head(0, 0), 2)
    assert float((direct_effect(deep, tokens, other, Head(0, 0), 2) - early).abs().max()) > 0.05
    close(early, patch(deep, tokens, other, Head(0, 0), 2) - deep.logits(tokens))
    # Of the embedding everything.
    whole = total_effect(deep, tokens, other, Embedding())
    close(whole, deep.logits(other) - deep.logits(tokens))


def test_a_path_is_mean_ablated(deep: Model, both: tuple[Tensor, Tensor]) -> None:
    tokens, reference = both
    sender, receiver = Head(0, 1), Input(Head(1, 0), "V")
    found = mean_ablate_path(deep, tokens, sender, receiver, reference)
    # The mean of one sequence is that sequence.
    one = reference[:1]
    close(
        mean_ablate_path(deep, tokens, sender, receiver, one),
        path_patch(deep, tokens, one.expand(12, -1), sender, receiver),
    )
    assert float((found - deep.logits(tokens)).abs().max()) > 0.05


def test_what_is_put_on_a_path_is_the_mean_of_what_reference_inputs_put_there(
    deep_linear: Model, both: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, reference = both
    monkeypatch.setattr(replacing, "BATCH", 5)
    # Without LayerNorm the logits are linear in what the last layer's values read.
    paths: tuple[tuple[Sender, list[Receiver]], ...] = (
        (Head(0, 1), [Input(Head(1, 0), "V")]),
        (Embedding(), [Input(Head(1, 0), "V"), Logits()]),
    )
    for sender, receivers in paths:
        each = [
            path_patch(deep_linear, tokens, row.expand(12, -1), sender, receivers)
            for row in reference
        ]
        found = mean_ablate_path(deep_linear, tokens, sender, receivers, reference)
        close(found, torch.stack(each).mean(0))


@pytest.mark.parametrize(
    "senders, receivers, words",
    [
        ([Head(1, 0)], [Input(Head(0, 1), "Q")], "no path leads from 1.0 to Q of 0.1"),
        ([Head(1, 0)], [Input(Head(1, 1), "V")], "no path leads from 1.0 to V of 1.1"),
        ([Mlp(1)], [Mlp(1)], "no path leads from MLP 1 to MLP 1"),
        ([Mlp(0)], [Mlp(1), Input(Head(0, 1), "K")], "no path leads from MLP 0 to K of 0.1"),
        (
            [Head(0, 0), Neurons(1, [2, 3])],
            [Head(1, 0)],
            "no path leads from neurons 1.2, 1.3 to 1.0",
        ),
        ([], [Logits()], "a path needs a sender and a receiver"),
    ],
)
def test_a_receiver_has_to_come_behind_a_sender(
    deep_neural: Model,
    both: tuple[Tensor, Tensor],
    senders: list[Sender],
    receivers: list[Receiver],
    words: str,
) -> None:
    with pytest.raises(ValueError, match=f"^{words}$"):
        path_patch(deep_neural, *both, senders, receivers)
    with pytest.raises(ValueError, match=f"^{words}$"):
        mean_ablate_path(deep_neural, both[0], senders, receivers)


def test_parts_that_are_not_there(deep: Model, both: tuple[Tensor, Tensor]) -> None:
    with pytest.raises(IndexError, match=r"no head 2\.0"):
        path_patch(deep, *both, Head(2, 0), Logits())
    with pytest.raises(IndexError, match=r"no head 1\.2"):
        path_patch(deep, *both, Embedding(), Input(Head(1, 2), "Q"))
    with pytest.raises(ValueError, match="it has no MLP"):
        path_patch(deep, *both, Embedding(), Mlp(0))
    with pytest.raises(ValueError, match="one for each, of the same length"):
        path_patch(deep, both[0], both[1][:1], Embedding(), Logits())


def test_the_model_is_left_as_it_was(deep: Model, both: tuple[Tensor, Tensor]) -> None:
    before = deep.logits(both[0])
    path_patch(deep, *both, Head(0, 0), [Head(1, 0), Logits()], scale="frozen")
    assert torch.equal(deep.logits(both[0]), before)
    assert len(residuals(deep)) == 3
