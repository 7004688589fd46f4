"""Neurons, one by one, from the weights as trained."""

import math

import pytest
import torch
from torch import Tensor

from analyses.instruments.parts import Mlp
from analyses.verb_noun import knowing, neurons
from analyses.verb_noun.completion import ASKED
from analyses.verb_noun.effects import patched
from analyses.verb_noun.pairs import Pairs, pairs
from models.problem import Problem
from models.verb_noun.task import VerbNoun
from tests.problems.verb_noun.by_hand import ByHand
from tests.problems.verb_noun.conftest import near

Small = Problem[VerbNoun]
N = 12
"""Neurons."""


def active(hand: ByHand, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Neurons at the last position as trained, without the bias of a SoLU's LayerNorm; and the
    final scale.
    """
    run = hand.run(tokens)
    assert run.active is not None
    found = run.active[:, -1]
    if hand.sizes.act_fn == "solu_ln":
        found = found - hand.of("blocks.0.mlp.ln.b")
    return found, run.scale[:, -1]


def added(found: Pairs) -> Tensor:
    """What each neuron adds to the effect, pair by pair and neuron by neuron."""
    hand, asked = ByHand(found.problem), found.problem.task
    (clean, one), (corrupted, two) = (active(hand, t) for t in (found.clean, found.corrupted))
    writes = hand.of("blocks.0.mlp.W_out")
    each = torch.zeros(len(found.clean), N, dtype=torch.float64)
    right, other = (asked.answers(t)[:, 0] for t in (found.clean, found.corrupted))
    for neuron in range(N):
        logits = hand.reads(writes[neuron])
        for pair in range(len(found.clean)):
            change = clean[pair, neuron] / one[pair] - corrupted[pair, neuron] / two[pair]
            each[pair, neuron] = change * (logits[right[pair]] - logits[other[pair]])
    return each


def test_what_neurons_add(with_mlp: Small) -> None:
    found = pairs(with_mlp, ASKED[0])
    expected = added(found)
    near(neurons.contributions(found), expected)
    # Together they are what the MLP adds itself but for its bias, each run by its own scale.
    hand, asked = ByHand(with_mlp), found.problem.task
    bias = hand.of("blocks.0.mlp.b_out")
    if with_mlp.architecture.act_fn == "solu_ln":
        bias = bias + hand.of("blocks.0.mlp.ln.b") @ hand.of("blocks.0.mlp.W_out")
    whole = []
    for tokens in (found.clean, found.corrupted):
        run = hand.run(tokens)
        assert run.mlp is not None
        logits = hand.reads(run.mlp[:, -1] - bias) / run.scale[:, -1:]
        right, other = (asked.answers(t) for t in (found.clean, found.corrupted))
        whole.append((logits.gather(1, right) - logits.gather(1, other))[:, 0])
    near(neurons.all_share(found), whole[0] - whole[1])
    for k in (1, 4, N):
        largest = [sum(sorted(row, reverse=True)[:k]) for row in expected.tolist()]
        near(neurons.top_share(found, k), torch.tensor(largest))
    near(neurons.fixed_share(found, [2, 0]), expected[:, 0] + expected[:, 2])
    # Random directions add up to the same, and each to something else.
    turned = neurons.contributions(found, turned=True)
    near(turned.sum(dim=1), expected.sum(dim=1))
    assert not torch.allclose(turned.double(), expected, atol=1e-3)
    largest = turned.sort(dim=1, descending=True).values[:, :2].sum(dim=1)
    near(neurons.top_share(found, 2, turned=True), largest)


def test_directions_are_at_right_angles() -> None:
    basis = neurons.directions(7)
    near(basis @ basis.T, torch.eye(7))


def test_neurons_are_ranked_by_the_size_of_what_they_add(with_mlp: Small) -> None:
    sizes = sum(added(pairs(with_mlp, template)).abs().mean(dim=0) for template in ASKED)
    assert isinstance(sizes, Tensor)
    ranking = neurons.ranking(with_mlp)
    assert sorted(ranking) == [*range(N)]
    assert [*ranking] == sizes.argsort(descending=True).tolist()
    found = pairs(with_mlp, ASKED[3])
    hand = ByHand(with_mlp)
    own, other = (hand.run(t) for t in (found.corrupted, found.clean))
    assert own.active is not None and other.active is not None
    changed = own.active.clone()
    changed[..., [*ranking[:4]]] = other.active[..., [*ranking[:4]]]
    part = found.restored(hand.run(found.corrupted, active=changed).logits).mean()
    first, everything = neurons.restored_by_first(with_mlp, [4, N], ASKED[3])
    assert first == pytest.approx(float(part / found.whole().mean()), rel=1e-3, abs=1e-4)
    mlp = patched(found, Mlp(0), "denoising").mean() / found.whole().mean()
    assert everything == pytest.approx(float(mlp), rel=1e-3, abs=1e-4)


def test_activations_by_verb(with_mlp: Small) -> None:
    sums = torch.zeros(40, N, dtype=torch.float64)
    scale = torch.ones(N)
    if with_mlp.architecture.act_fn == "solu_ln":
        scale = ByHand(with_mlp).of("blocks.0.mlp.ln.w")
    for template in ASKED:
        given = knowing.prompts(with_mlp, template)
        found, _ = active(ByHand(with_mlp), given.tokens)
        for verb, row in zip(given.verbs.tolist(), found / scale, strict=True):
            sums[verb] += row / (2 * len(ASKED))
    near(neurons.by_verb(with_mlp), sums - sums.min(dim=0).values)


def test_to_how_many_verbs_a_neuron_answers() -> None:
    one, alike, two = torch.zeros(40), torch.full((40,), 0.3), torch.zeros(40)
    one[7], two[3], two[8] = 2.0, 5.0, 5.0
    none = torch.zeros(40)
    found = neurons.verbs_of(torch.stack([one, alike, two, none], dim=1))
    near(found, torch.tensor([1.0, 40, 2, 1]))
    # Each counted by how much verbs move it: 2, 12 and 10.
    mean = (2 * 1 + 12 * 40 + 10 * 2) / 24
    assert neurons.mean_verbs(torch.stack([one, alike, two, none], dim=1)) == pytest.approx(mean)
    uneven = torch.tensor([[0.5], [0.25], [0.25]])
    entropy = 0.5 * math.log(2) + 0.5 * math.log(4)
    near(neurons.verbs_of(uneven), torch.tensor([math.exp(entropy)]))


def test_random_directions_keep_how_far_verbs_are_apart() -> None:
    given = torch.rand(40, 25, generator=torch.Generator().manual_seed(3)) ** 8
    found = neurons.mixed(given)
    near(torch.cdist(found.double(), found.double()), torch.cdist(given.double(), given.double()))
    assert not found.min(dim=0).values.any()
    assert neurons.mean_verbs(found) > neurons.mean_verbs(given)
