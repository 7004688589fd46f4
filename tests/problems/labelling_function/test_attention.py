"""Attention at Z in closed form against the model with hooks, and what is measured of it."""

import pytest
import torch
from torch import Tensor

from analyses.instruments import attention
from analyses.instruments.ablation import mean_ablate
from analyses.instruments.activations import PATTERN, RESID_MID, activations, point
from analyses.instruments.heads import Head
from analyses.labelling_function import at_z
from analyses.labelling_function.attention import fixed, heads, readable
from analyses.labelling_function.attention.claims import CLAIMS, other_queries
from analyses.labelling_function.points import every, red_over_blue
from models.labelling_function.task import SIDE, LabellingFunction
from models.problem import Problem
from tests.problems.labelling_function.small_model import looking_nowhere, small_model

Model = Problem[LabellingFunction]


@pytest.fixture(scope="module")
def problem() -> Model:
    return small_model(d_mlp=6)


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)


SOME = slice(None, None, 61)
"""Points on which the model itself is run: of every row, and of every column, some."""


def test_attention_in_closed_form_is_the_models(problem: Model) -> None:
    tokens = every(problem)[SOME]
    close(at_z.pattern(problem)[SOME], attention.patterns(problem, tokens)[:, :, -1])
    close(at_z.resid(problem)[SOME], activations(problem, tokens, RESID_MID)[:, -1])
    logits = problem.logits(tokens)[:, -1]
    behind = at_z.difference_behind(problem, at_z.resid(problem))
    close(behind.flatten()[SOME], logits[:, 1] - logits[:, 0])


def test_attention_at_its_mean_is_that_of_the_model_with_hooks(problem: Model) -> None:
    mean = at_z.pattern(problem).mean(dim=0)

    def replace(pattern: Tensor, hook: object) -> Tensor:
        pattern[:, :, -1] = mean
        return pattern

    tokens = every(problem)[SOME]
    logits = problem.model.run_with_hooks(tokens, fwd_hooks=[(point(problem, PATTERN), replace)])[
        :, -1
    ]
    by_hooks = logits[:, 1] - logits[:, 0]
    close(fixed.at_mean(problem).flatten()[SOME], by_hooks)
    before = at_z.difference_behind(problem, at_z.resid(problem)).flatten()[SOME]
    assert float((by_hooks - before).abs().max()) > 0.1


def test_a_head_without_is_mean_ablated(problem: Model) -> None:
    by_hooks = red_over_blue(mean_ablate(problem, every(problem), Head(0, 1)))
    close(heads.without(problem, (1,)), by_hooks)
    close(heads.without(problem, ()), at_z.difference_behind(problem, at_z.resid(problem)))


def test_only_what_is_fixed_is_fixed(problem: Model) -> None:
    of_point = at_z.pattern(problem)
    only = fixed.same_for_all(at_z.mean_pattern(problem)).clone()
    only[:, 1] = of_point[:, 1]
    close(fixed.free_alone(problem, 1), at_z.difference_with(problem, only))
    # Averaged over Y, a pattern is the same along a row.
    plane = of_point.reshape(SIDE, SIDE, 2, 3)
    by_x = plane.mean(dim=1, keepdim=True)
    expected = at_z.difference_with(problem, by_x.expand_as(plane).reshape(-1, 2, 3))
    close(fixed.averaged_over(problem, at_z.Y), expected)
    assert float((fixed.averaged_over(problem, at_z.X) - expected).abs().max()) > 0.1


def test_attention_that_never_varies_may_be_fixed() -> None:
    still = looking_nowhere(small_model(d_mlp=6))
    as_it_is = at_z.difference_behind(still, at_z.resid(still))
    close(fixed.at_mean(still), as_it_is)
    close(fixed.at_another_heads_mean(still), as_it_is)
    close(fixed.even(still), as_it_is)


def test_what_heads_bring_adds_up(problem: Model) -> None:
    shares = heads.brought(problem)
    torch.testing.assert_close(shares.sum(dim=0), torch.ones(2).double())
    name = "blocks.0.attn.W_O"
    mute = problem.weights[name].clone()
    mute[0] = 0
    alone = problem.with_weights(dict(problem.weights) | {name: mute})
    torch.testing.assert_close(heads.brought(alone)[1], torch.ones(2).double())
    assert heads.carrier(alone, at_z.Y) == 1


def test_heads_are_ordered_by_their_attention_to_y(problem: Model) -> None:
    order = heads.to_y(problem)
    mean = at_z.mean_pattern(problem)[:, at_z.Y]
    assert sorted(order) == [0, 1]
    assert mean[order[0]] >= mean[order[1]]
    assert heads.other_pairs(problem) == []


def test_heads_alike_are_found_as_planted() -> None:
    score = torch.tensor([[1.0, 2, 3, 4], [2, 4, 6, 9], [4, 3, 2, 1], [1, 0, 0, 1]])
    assert heads.alike(score, 0.9) == [(0, 1)]


def test_streaks_and_flicker_are_counted_by_row() -> None:
    rows = torch.full((SIDE, SIDE), -1.0)
    rows[0, 5:] = 1
    rows[1, 5:7] = 1
    assert heads.of_one_colour(rows) == pytest.approx((SIDE - 2) / SIDE)
    assert heads.flicker(rows) == pytest.approx(3 / SIDE)


def test_other_queries_are_as_long_as_the_one_at_z(problem: Model) -> None:
    asked = at_z.query(problem)
    assert len(other_queries(problem)) == 100
    for other in other_queries(problem)[:5]:
        torch.testing.assert_close(other.norm(dim=-1), asked.norm(dim=-1))
        assert not torch.allclose(other, asked)


def test_half_of_the_points_are_learned_from() -> None:
    chosen = readable.learned_from(101, 4)
    assert int(chosen.sum()) == 50
    assert torch.equal(chosen, readable.learned_from(101, 4))
    assert not torch.equal(chosen, readable.learned_from(101, 5))


def test_a_number_that_stands_in_the_stream_is_read_and_a_shuffled_one_is_not(
    monkeypatch: pytest.MonkeyPatch, problem: Model
) -> None:
    generator = torch.Generator().manual_seed(6)
    codes = torch.randn(SIDE, 20, generator=generator)
    tokens = every(problem)
    stream = codes[tokens[:, 0]] + 0.01 * torch.randn(len(tokens), 20, generator=generator)
    monkeypatch.setattr(readable, "resid", lambda problem: stream)
    read = readable.held_out_accuracy.__wrapped__
    assert read(problem, at_z.X, 1e-3) == 1.0
    assert read(problem, at_z.X, 1e-3, True) < 0.03


def test_claims_have_names_of_their_own() -> None:
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)
