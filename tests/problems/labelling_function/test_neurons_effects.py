"""Effects of neurons against attribution and hooks; families against maps painted by hand."""

import pytest
import torch

from analyses.instruments.activations import RESID_MID, activations
from analyses.instruments.attribution import direct_logit_attribution
from analyses.labelling_function.at_z import resid
from analyses.labelling_function.neurons.effects import (
    effects,
    norms,
    rest,
    strengths,
    whole,
)
from analyses.labelling_function.neurons.families import FAMILIES, families, painted, shares
from models.labelling_function.task import BLUE, RED, SIDE, LabellingFunction
from models.problem import Problem
from tests.problems.labelling_function.small_model import small_model


@pytest.fixture(scope="module")
def small() -> Problem[LabellingFunction]:
    return small_model()


def test_the_residual_stream_is_that_of_the_hook(small: Problem[LabellingFunction]) -> None:
    tokens = small.task.encode([[0, 0], [112, 3], [41, 112], [7, 7]])
    expected = activations(small, tokens, RESID_MID)[:, 2]
    found = resid(small)[SIDE * tokens[:, 0] + tokens[:, 1]]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_effects_and_rest_are_those_of_attribution(small: Problem[LabellingFunction]) -> None:
    generator = torch.Generator().manual_seed(5)
    tokens = small.task.sample(200, generator)
    parts = direct_logit_attribution(small, tokens)
    x, y = tokens[:, 0], tokens[:, 1]

    def red_less_blue(logits: torch.Tensor) -> torch.Tensor:
        return logits[..., RED] - logits[..., BLUE]

    neurons = red_less_blue(parts.neurons[:, :, 2])
    torch.testing.assert_close(effects(small)[:, x, y].T, neurons, atol=1e-5, rtol=1e-5)
    others = parts.direct + parts.heads.sum(dim=1) + parts.output_bias + parts.mlp_bias
    others = others[:, 2] + parts.bias
    torch.testing.assert_close(rest(small)[x, y], red_less_blue(others), atol=1e-4, rtol=1e-4)
    logits = red_less_blue(small.logits(tokens)[:, 2])
    torch.testing.assert_close(whole(small)[x, y], logits, atol=1e-4, rtol=1e-4)


def test_strengths_and_norms_are_of_the_whole_map(small: Problem[LabellingFunction]) -> None:
    one = effects(small)[4].flatten().tolist()
    assert strengths(small)[4] == pytest.approx(max(map(abs, one)))
    mean_square = sum(value * value for value in one) / len(one)
    assert norms(small)[4] == pytest.approx(mean_square**0.5, rel=1e-5)


def a_map(colour: float, left: float, right: float, rows: range = range(40, 60)) -> torch.Tensor:
    """Some rows painted, evenly from one value at the left end to another at the right."""
    painted_map = torch.zeros(SIDE, SIDE)
    painted_map[list(rows)] = colour * torch.linspace(left, right, SIDE)
    return painted_map


@pytest.mark.parametrize(
    ("colour", "left", "right", "expected"),
    [
        (1.0, 0.0, 2.0, "red right"),
        (1.0, 1.0, 1.2, "red all"),
        (-1.0, 1.2, 1.0, "blue all"),
        (-1.0, 1.0, 0.0, "blue left"),
        (-1.0, 0.1, 1.0, "blue right"),
        (1.0, 3.0, 1.0, "red left"),
        # Not twice as large.
        (1.0, 1.9, 1.0, "red all"),
    ],
)
def test_what_is_painted_by_hand(colour: float, left: float, right: float, expected: str) -> None:
    maps = a_map(colour, left, right)[None]
    assert FAMILIES[int(painted(maps))] == expected
    assert shares(maps).amax() == pytest.approx(1.0)


def test_most_of_the_effect_decides() -> None:
    # Twenty rows to the right at 1 against ten rows all over at 3, of which both ends count.
    both = a_map(1.0, 0.0, 1.0, range(20, 40)) + a_map(1.0, 3.0, 3.0, range(50, 60))
    assert FAMILIES[int(painted(both[None]))] == "red all"
    assert shares(both[None])[0, 2] > 0.7


def test_no_effect_belongs_nowhere() -> None:
    assert shares(torch.zeros(1, SIDE, SIDE)).sum() == 0


def test_every_strong_neuron_is_in_one_family(small: Problem[LabellingFunction]) -> None:
    found = families(small, least=0.1)
    assert list(found) == list(FAMILIES)
    members = [neuron for of in found.values() for neuron in of]
    strong = (strengths(small) > 0.1).nonzero().flatten().tolist()
    assert sorted(members) == strong
    for of in found.values():
        assert of == sorted(of, key=lambda neuron: -float(strengths(small)[neuron]))
