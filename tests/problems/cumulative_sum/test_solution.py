"""What the solution says of directions, neurons and single sequences, on models made by hand."""

from dataclasses import replace
from math import isnan

import pytest
import torch
from torch import Tensor

from analyses.cumulative_sum import certificate, claims, describe, directions, hardest, neurons
from analyses.cumulative_sum.brute_force import judge
from analyses.cumulative_sum.claims import CLAIMS
from analyses.cumulative_sum.formula import formula
from analyses.cumulative_sum.picture import drawn
from analyses.cumulative_sum.seen import ramps, walked
from analyses.cumulative_sum.variants import folded, largest_exchanged, without_mlp
from analyses.evidence.claims import Measurement
from analyses.instruments.ablation import zero_ablate
from analyses.instruments.holding import without_relu
from analyses.instruments.parts import Mlp
from analyses.instruments.statistics import correlation
from models.cumulative_sum.task import NEGATIVE, POSITIVE, ZERO, CumulativeSum
from models.plain import PlainTransformer
from models.problem import Problem
from models.scoring import margins
from tests.problems.cumulative_sum.hand_made import architecture, made_of, random_weights


def averaging(task: CumulativeSum) -> dict[str, Tensor]:
    """A model that does the task as one would by hand, in four dimensions.

    Dimension 0 holds a token's value and 1 what the head writes, the mean; logits are minus
    that, a small constant from dimension 2, and plus that. Neuron 0 fires at positive means and
    raises positive, neuron 1 at negative ones and raises negative, neuron 2 never fires.
    """
    sizes = architecture(task, d_model=4, d_head=1, d_mlp=3)
    weights = {name: torch.zeros_like(t) for name, t in random_weights(sizes, 0, 0.0).items()}
    weights["embed.W_E"][:, 0] = task.values(torch.arange(task.d_vocab)).float()
    weights["embed.W_E"][:, 2] = 1.0
    weights["blocks.0.attn.W_V"][0, 0, 0] = 2.0
    weights["blocks.0.attn.W_O"][0, 0, 1] = 0.5
    weights["blocks.0.mlp.W_in"][1] = torch.tensor([1.0, -1.0, 0.0])
    weights["blocks.0.mlp.b_in"][2] = -1.0
    weights["blocks.0.mlp.W_out"][0, 1] = 3.0
    weights["blocks.0.mlp.W_out"][1, 1] = -3.0
    weights["unembed.W_U"][1] = torch.tensor([-1.0, 0.0, 1.0])
    weights["unembed.W_U"][2] = torch.tensor([0.0, 0.1, 0.0])
    return weights


@pytest.fixture(scope="module")
def by_hand(small: CumulativeSum) -> Problem[CumulativeSum]:
    return made_of(small, averaging(small))


@pytest.fixture(scope="module")
def tokens(small: CumulativeSum) -> Tensor:
    return small.sample(400, torch.Generator().manual_seed(2))


def test_the_model_made_by_hand_does_the_task(by_hand: Problem[CumulativeSum]) -> None:
    assert judge(by_hand, formula(by_hand), 4).wrong == (0, 0, 0, 0)
    found = certificate.KEEPER.derive(by_hand)
    assert found.level == "proved"
    # A sum of 1 among four values is a mean of 1/4, four times as large behind the neurons,
    # against a constant of 1/10.
    assert found.positions[3].smallest_margin == pytest.approx(0.1)
    positive = [hard for hard in found.positions[3].hardest if hard.right == POSITIVE]
    assert positive[0].margin == pytest.approx(4 / 4 - 0.1)


def test_u_is_where_the_head_writes_values(by_hand: Problem[CumulativeSum]) -> None:
    torch.testing.assert_close(directions.u(by_hand), torch.tensor([0.0, 1, 0, 0]).double())
    found = directions.projection(by_hand)
    assert (found.slope, found.start, found.residual) == pytest.approx((1, 0, 0))
    assert found.r == pytest.approx(1)
    # Values -2 to 2, one dimension: the root of 4 + 1 + 0 + 1 + 4.
    singular = directions.singular_values(by_hand)
    assert singular[0] == pytest.approx(10**0.5)
    assert singular[1:].max() == pytest.approx(0)


def test_along_u_stands_the_mean(by_hand: Problem[CumulativeSum], tokens: Tensor) -> None:
    found = directions.places(by_hand, tokens, torch.Generator().manual_seed(0))
    torch.testing.assert_close(found.along_u, found.sum.double() / found.position)
    torch.testing.assert_close(found.mean.double(), found.along_u)
    assert found.position.unique().tolist() == [1, 2, 3, 4]
    assert correlation(found.along_u.tolist(), found.mean.tolist()) == pytest.approx(1)
    assert correlation(found.along_u.tolist(), found.sum.double().tolist()) < 0.99


def test_cosines_by_hand(by_hand: Problem[CumulativeSum]) -> None:
    found = directions.cosines(by_hand)
    assert found.u_classes == pytest.approx((-1, 0, 1))
    assert (found.u_signs, found.positive_negative) == pytest.approx((1, -1))
    assert (found.u_zero, found.negative_zero, found.zero_positive) == pytest.approx((0, 0, 0))


class TestSides:
    """Which neurons serve which side; published write-ups have had it the wrong way round."""

    def test_a_neuron_is_on_the_side_that_it_fires_at(
        self, by_hand: Problem[CumulativeSum], tokens: Tensor
    ) -> None:
        assert neurons.live(by_hand, tokens).tolist() == [True, True, False]
        assert neurons.sides(by_hand, tokens) == ([1], [0])
        assert neurons.sides(by_hand, tokens).of(1) == [0]
        assert neurons.sides(by_hand, tokens).of(-1) == [1]

    def test_what_it_writes_does_not_decide_its_side(
        self, small: CumulativeSum, tokens: Tensor
    ) -> None:
        weights = averaging(small)
        weights["blocks.0.mlp.W_out"] *= -1
        turned = made_of(small, weights)
        assert neurons.sides(turned, tokens) == ([1], [0])
        assert neurons.serve_their_side(turned, tokens) == [False, False]

    def test_what_it_reads_decides(self, small: CumulativeSum, tokens: Tensor) -> None:
        weights = averaging(small)
        weights["blocks.0.mlp.W_in"] *= -1
        assert neurons.sides(made_of(small, weights), tokens) == ([0], [1])

    def test_a_neuron_that_fires_at_positive_sums_raises_positive(
        self,
        by_hand: Problem[CumulativeSum],
        problem: Problem[CumulativeSum],
        tokens: Tensor,
    ) -> None:
        assert neurons.serve_their_side(by_hand, tokens) == [True, True]
        assert claims.serve_their_side(problem).value == 1.0
        # Once more from the committed model's activations alone, without the code under test.
        given = problem.fresh(300, 11)
        _, cache = problem.model.run_with_cache(given)
        active = cache["blocks.0.mlp.hook_post"]
        signs = problem.task.sums(given).sign()
        at_positive, at_negative = active[signs > 0].mean(dim=0), active[signs < 0].mean(dim=0)
        lifts = (problem.model.W_out[0] @ problem.model.W_U)[:, [NEGATIVE, POSITIVE]]
        assert ((at_positive > at_negative) == (lifts[:, 1] > lifts[:, 0])).all()
        assert 0 < int((at_positive > at_negative).sum()) < 8


def test_without_its_relu_the_model_is_linear(
    by_hand: Problem[CumulativeSum], tokens: Tensor
) -> None:
    """Both neurons then read the mean everywhere, and the gain is 1 + 3 + 3."""
    mean = by_hand.task.sums(tokens) / torch.arange(1, 5)
    expected = torch.stack([-7 * mean, torch.full_like(mean, 0.1), 7 * mean], dim=-1)
    torch.testing.assert_close(without_relu(by_hand, tokens), expected)


class TestVariants:
    def test_what_a_neuron_does_at_zero_is_what_it_does_there(
        self, problem: Problem[CumulativeSum]
    ) -> None:
        given = problem.fresh(500, 3)
        zero = problem.task.sums(given) == 0
        found = neurons.at_zero(problem, given)[zero]
        active = neurons.fired(problem, given)[zero].double()
        # Tokens are off the straight line by a hundredth or two.
        torch.testing.assert_close(found, active, atol=0.02, rtol=0)
        assert (found > 0).all()

    def test_folded_it_is_the_model_without_its_relu(self, problem: Problem[CumulativeSum]) -> None:
        given = problem.fresh(200, 4)
        found = folded(problem)
        assert not found.weights["blocks.0.mlp.W_out"].any()
        expected = without_relu(problem, given)
        torch.testing.assert_close(found.logits(given), expected, atol=2e-4, rtol=1e-5)

    def test_only_neurons_that_fire_at_zero_are_folded(
        self, small: CumulativeSum, tokens: Tensor
    ) -> None:
        weights = averaging(small)
        # Both then fire at zero; the third does not, and would lower zero if it were folded.
        weights["blocks.0.mlp.b_in"][:2] = 0.01
        weights["blocks.0.mlp.W_out"][2, 2] = 1.0
        mean = small.sums(tokens) / torch.arange(1, 5)
        found = folded(made_of(small, weights)).logits(tokens)
        # Of the first two, constants cancel.
        expected = torch.stack([-7 * mean, torch.full_like(mean, 0.1), 7 * mean], dim=-1)
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)

    def test_without_its_mlp_nothing_is_added(self, problem: Problem[CumulativeSum]) -> None:
        given = problem.fresh(50, 4)
        expected = zero_ablate(problem, given, Mlp(0))
        torch.testing.assert_close(without_mlp(problem).logits(given), expected)

    def test_the_two_largest_values_are_exchanged(self, problem: Problem[CumulativeSum]) -> None:
        one, other = problem.task.encode([[5, 4] + [0] * 18, [4, 5] + [0] * 18]).split(1)
        found = largest_exchanged(problem)
        assert torch.equal(found.logits(one), problem.logits(other))


class TestDescriptions:
    def test_scores_by_hand(self, small: CumulativeSum) -> None:
        tokens = small.encode([[1, -1, -1, 2], [0, 0, 0, 0]])
        always_zero = torch.zeros(2, 4, 3)
        always_zero[..., ZERO] = 1.0
        found = describe.score(small, always_zero, tokens)
        assert found.by_sign == (0.0, 1.0, 0.0)
        assert found.accuracy == 5 / 8
        assert found.said == (0.0, 1.0, 0.0)
        assert found.cells()[1:] == ["62.5 %", "0 %", "100 %", "0 %"]

    def test_responses_are_the_model_where_a_sequence_has_that_mean(
        self, problem: Problem[CumulativeSum]
    ) -> None:
        tokens = problem.task.encode([[1] * 19 + [0], [-2] * 19 + [0], [0] * 20])
        plain = PlainTransformer(problem.weights, problem.architecture).double()
        with torch.no_grad():
            expected = plain(tokens)[:, -1]
        means = torch.tensor([19 / 20, -38 / 20, 0.0], dtype=torch.float64)
        found = describe.responses(problem, means, 20)
        # Logits reach 20 here, and the lines fit what tokens write to a hundredth or two.
        torch.testing.assert_close(found.logits, expected, atol=0.1, rtol=0)
        assert (found.activations >= 0).all()

    def test_slopes_and_switch_points_by_hand(self, by_hand: Problem[CumulativeSum]) -> None:
        found = describe.slopes(by_hand, POSITIVE, ZERO)
        # Around zero one neuron or the other is on: 1 without, 1 + 3 with them.
        assert found == pytest.approx((1, 4))
        assert describe.switch_points(by_hand)[:2].tolist() == pytest.approx([0, 0])

    def test_smallest_margins_are_those_of_brute_force(
        self, by_hand: Problem[CumulativeSum]
    ) -> None:
        found = describe.smallest_margins(by_hand, (-1, 0, 8))
        assert found[0] == pytest.approx([0.1] * 4)
        assert found[-1] == pytest.approx([4 / n - 0.1 for n in range(1, 5)])
        # Four values of 2 make the only sum of 8.
        assert [isnan(margin) for margin in found[8]] == [True, True, True, False]

    def test_sequences_are_shown_where_they_are_hardest(
        self, by_hand: Problem[CumulativeSum], small: CumulativeSum
    ) -> None:
        rows = describe.sequence_rows(by_hand, small.encode([[2, -1, 0, -1]]))
        # Means 2, 1/2, 1/3, 0: the last is a zero.
        assert rows == [["+2, -1, 0, -1", "4", "0", "0.100"]]


def test_the_search_finds_the_hardest_sequence_of_all(by_hand: Problem[CumulativeSum]) -> None:
    found = hardest.search(by_hand, 8, 40, torch.Generator().manual_seed(0))
    assert (found.best.diff() >= 0).all()
    assert -found.difficulty[0] == pytest.approx(0.1)
    again = margins(by_hand.task, by_hand.logits(found.inputs), found.inputs).amin(dim=1)
    torch.testing.assert_close(again, -found.difficulty)


def test_the_picture_has_a_dot_for_every_prediction(by_hand: Problem[CumulativeSum]) -> None:
    given = by_hand.task.sample(5, torch.Generator().manual_seed(0))
    found = walked(by_hand.task.sums(given), by_hand.logits(given).softmax(dim=-1))
    svg = drawn(found)
    assert svg.count("h0") == 5 * 4
    assert svg.startswith("<svg") and svg.endswith("</svg>")


def test_a_small_picture_has_a_ramp_for_every_neuron_that_fires(
    by_hand: Problem[CumulativeSum],
) -> None:
    # Neuron 0 reads the mean, neuron 1 minus the mean, and neuron 2 never fires.
    assert ramps(by_hand) == [[0.0, 1.0, 6.0], [0.0, -1.0, -6.0], [-1.0, 0.0, 0.0]]
    given = [[0.0, 2.0, 3.0], [0.5, -1.0, -3.0], [-1.0, 0.0, 5.0], [2.0, 1.0, 0.5]]
    # At a mean of 1 the first adds 6, and 0 at 0. The second adds 4.5 at -1, downwards, and 0 at
    # 0.5. The third never fires. The last adds 0.5 at -1 and 1.5 at 1. 6 reaches the edge, 50.
    svg = drawn({"neurons": given}, small=True)
    assert 'd="M50 50L100 0M0 46L100 38" stroke="var(--mim-positive)"' in svg
    assert 'd="M75 50L0 88" stroke="var(--mim-negative)"' in svg


def test_claims_are_named_once_and_say_whether_they_are_refuted() -> None:
    names = [claim.name for claim in CLAIMS]
    assert len(names) == len(set(names)) == 37
    assert [claim.name for claim in CLAIMS if claim.refuted] == [
        "own_side_needed",
        "zero_needs_both_mean",
    ]


class TestVerdict:
    """What the page may say of a model, whichever it is."""

    def test_of_a_model_that_is_proved(self, by_hand: Problem[CumulativeSum]) -> None:
        found = certificate.KEEPER.derive(by_hand)
        assert describe.verdict(found) == "the model answers all correctly, at every position"
        assert describe.verdict_in_short(0) == "proved right on every sequence"
        rows = describe.enumerated_rows(by_hand.task, found)
        assert rows[0] == ["1", "5", "0", "0.100", "none", "0", "zero"]
        assert [row[0] for row in rows] == ["1", "2", "3", "4"]
        assert describe.smallest_margin(by_hand) == pytest.approx(0.1)

    def test_of_one_that_is_not_nothing_is_said_of_wrong_answers(
        self, untrained: Problem[CumulativeSum], small: CumulativeSum
    ) -> None:
        found = certificate.KEEPER.derive(replace(untrained, task=CumulativeSum(length=3)))
        assert found.level == "not proved"
        assert "not proved right at their last position" in describe.verdict(found)
        assert "wrong" not in describe.verdict(found)
        assert describe.verdict_in_short(1200) == "not proved right on 1,200 sequences"


def test_a_run_that_goes_astray_is_what_is_reported(
    problem: Problem[CumulativeSum], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three seeds the worst counts."""
    losses = iter([0.01, 0.05, 0.02])
    found = claims.extreme(lambda _: Measurement(next(losses), 1), 0.0, max)(problem)
    assert found.value == 0.05
    assert len(claims.runs(problem, 0.01)) == len(claims.runs(problem, 0.0)) == 3
    assert claims.runs(problem, 0.01)[0] is problem


def test_zero_said_for_each_that_is_right(
    by_hand: Problem[CumulativeSum], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = by_hand.task
    tokens = task.encode([[0, 0, 1, 1], [1, 1, -1, -1]] * 20)
    monkeypatch.setattr(claims, "evaluation", lambda *_: tokens)
    logits = torch.zeros(40, 4, 3)
    logits[:, :3, ZERO] = 1.0
    logits[:, 3:, POSITIVE] = 1.0
    # Six of eight said, three of eight so.
    found = claims.zero_said(by_hand, logits)
    assert found.value == pytest.approx(2)
    assert found.interval is not None
    assert found.interval.low < 2 < found.interval.high
