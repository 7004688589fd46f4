from collections.abc import Callable, Iterator
from math import exp, log

import pytest
import torch
from torch import Tensor

from analyses.evidence.claims import UNTRAINED, Measurement
from analyses.instruments.heads import Head
from analyses.sorted_list import claims, samples, triples
from analyses.sorted_list.claims import CLAIMS
from analyses.sorted_list.steps import Steps
from analyses.write_ups.notebook import ROOT
from analyses.write_ups.results import Results
from models.problem import Problem
from models.sorted_list.task import SortedList

BY_NAME = {claim.name: claim for claim in CLAIMS}


SMALL = {"N_LISTS": 300, "N_PATTERNS": 300, "N_RESAMPLED": 30, "N_FAMILY": 300, "PER_TRIPLE": 4}


@pytest.fixture(scope="module")
def measured(untrained: Problem[SortedList]) -> Iterator[dict[str, Measurement]]:
    """What the claims measure on an untrained model, on small samples."""
    with pytest.MonkeyPatch.context() as patch:
        for name, size in SMALL.items():
            patch.setattr(samples, name, size)
        # An object of its own: nothing was measured of it on other samples.
        model = Problem(**vars(untrained))
        yield {claim.name: claim.measure(model) for claim in CLAIMS}


def test_every_claim_is_a_sentence_about_a_named_quantity() -> None:
    assert len(BY_NAME) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.name.replace("_", "a").isalpha()
        assert claim.sentence[0].isupper()
        assert claim.sentence.endswith(".")
        assert claim.quantity.strip()
        assert all(control.what.strip() for control in claim.controls)


def test_claims_about_samples_and_only_these_have_intervals(
    measured: dict[str, Measurement],
) -> None:
    for claim in CLAIMS:
        assert (measured[claim.name].interval is not None) == (claim.evidence == "sampled")


def test_no_claim_holds_of_an_untrained_model(measured: dict[str, Measurement]) -> None:
    controlled = [claim for claim in CLAIMS if UNTRAINED in claim.controls]
    assert len(controlled) > len(CLAIMS) / 2
    assert not [claim.name for claim in controlled if claim.satisfied_by(measured[claim.name])]


def test_every_claim_has_a_control_that_comes_nearer_than_an_untrained_model() -> None:
    assert not [claim.name for claim in CLAIMS if claim.controls == (UNTRAINED,)]


def test_the_committed_findings_are_those_of_these_claims() -> None:
    found = Results.read(ROOT / "analyses" / "sorted_list" / "results.json").claims
    for claim, finding in zip(CLAIMS, found, strict=True):
        assert (finding.name, finding.sentence) == (claim.name, claim.sentence)
        assert (finding.threshold, finding.comparison) == (claim.threshold, claim.comparison)
        assert finding.verdict == ("refuted" if claim.refuted else "holds")
        assert finding.complaint() is None


@pytest.mark.parametrize("name", ["every_value_copied", "ranges_divided", "position_shuns_zero"])
def test_what_was_committed_is_measured_again(problem: Problem[SortedList], name: str) -> None:
    found = Results.read(ROOT / "analyses" / "sorted_list" / "results.json").claims
    (finding,) = (finding for finding in found if finding.name == name)
    measured = BY_NAME[name].measure(problem)
    assert (measured.value, measured.n) == (pytest.approx(finding.value, abs=2e-3), finding.n)


def planted(
    monkeypatch: pytest.MonkeyPatch,
    score: Callable[[int, int, int], float],
    copier: Callable[[int], int],
) -> None:
    """Give the model QK scores `score(head, query, key)` and heads that copy each value."""
    qk = torch.tensor([[[score(h, q, k) for k in range(51)] for q in range(51)] for h in (0, 1)])
    heads = torch.tensor([copier(value) for value in range(51)])
    diagonal = torch.stack([(heads == head).float().diag() for head in (0, 1)])
    monkeypatch.setattr(claims, "value_qk", lambda _: qk.float())
    monkeypatch.setattr(claims, "value_ov", lambda _: diagonal)


def tidy(head: int, query: int, key: int) -> float:
    """The head that copies the next value looks for the smallest value above the query.

    What a query scores itself, which is neither above nor below, would spoil any mean.
    """
    if key == query:
        return 1e6
    if head != (query + 1) % 2:
        return float(key)
    return float(-key if key > query else -1000)


def value_mod_2(value: int) -> int:
    return value % 2


@pytest.mark.parametrize(
    ("measure", "share", "n"),
    [
        # Queries 3 to 47 have three values on both sides.
        (lambda p: claims.prefers_above_to_below(p), 1.0, 45),
        # The other head prefers larger keys, so those above too.
        (lambda p: claims.prefers_above_to_below(p, other=True), 1.0, 45),
        # All around the value is the same to one ten larger, and falls to one ten smaller.
        (lambda p: claims.prefers_above_to_below(p, asker=10), 0.0, 38),
        (lambda p: claims.prefers_above_to_below(p, asker=-10), 0.0, 38),
        # Queries 0 to 40 have ten values above.
        (lambda p: claims.prefers_near_to_far(p), 1.0, 41),
        (lambda p: claims.prefers_near_to_far(p, asker=10), 0.0, 41),
        (lambda p: claims.orders_above(p), 1.0, 41 * 45),
        (lambda p: claims.orders_above(p, other=True), 0.0, 41 * 45),
    ],
)
def test_shares_of_tidy_staircases(
    problem: Problem[SortedList],
    monkeypatch: pytest.MonkeyPatch,
    measure: Callable[[Problem[SortedList]], Measurement],
    share: float,
    n: int,
) -> None:
    planted(monkeypatch, tidy, value_mod_2)
    assert measure(problem) == Measurement(share, n)


@pytest.mark.parametrize(
    "measure", [claims.prefers_above_to_below, claims.prefers_near_to_far, claims.orders_above]
)
def test_a_head_that_looks_the_other_way_has_no_share(
    problem: Problem[SortedList],
    monkeypatch: pytest.MonkeyPatch,
    measure: Callable[[Problem[SortedList]], Measurement],
) -> None:
    planted(monkeypatch, lambda h, q, k: -tidy(h, q, k), value_mod_2)
    assert measure(problem).value == 0.0


def test_changes_of_the_copying_head_are_counted(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, tidy, lambda value: int(10 <= value < 20 or value == 50))
    assert claims.head_changes(problem) == Measurement(3.0, 50)
    assert claims.values_copied(problem) == Measurement(1.0, 51)


def test_a_value_is_copied_if_some_head_raises_its_logit_most(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    ov = torch.eye(51).repeat(2, 1, 1)
    ov[0, 5, 6] = ov[1, 5, 7] = 2  # Nobody copies 5,
    ov[0, 9, 6] = 2  # but one head still copies 9.
    monkeypatch.setattr(claims, "value_ov", lambda _: ov)
    assert claims.values_copied(problem).value == pytest.approx(50 / 51)


def test_zero_is_compared_with_all_other_values(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    # By head, label, query and key: what all keys get alike does not count.
    rows = torch.full((2, 10, 51, 51), 7.0)
    rows[:, 0, :, 0] += torch.tensor([4.0, 3.0])[:, None]
    rows[:, 1:, :, 0] -= 5.0
    rows[1, 5, 30, 0] += 3.0
    monkeypatch.setattr(claims, "position_part", lambda _: rows)
    for label, value, n in ((0, 3.0, 2), (1, -5.0, 102)):
        found = claims.zero_at(problem, label)
        assert (found.value, found.n) == (pytest.approx(value), n)
    after = claims.zero_after_sep(problem)
    assert (after.value, after.n) == (pytest.approx(-2.0), 918)
    # Another value is compared with 0 and the rest.
    assert claims.middle_after_sep(problem).value == pytest.approx(0.1)


def looking(monkeypatch: pytest.MonkeyPatch, problem: Problem[SortedList]) -> None:
    """One head always looks at the first sorted value, the other at the second."""
    tokens = claims.evaluation(problem, samples.N_PATTERNS)
    looked = problem.task.answers(tokens)[:, :2, None].expand(-1, -1, 10)
    monkeypatch.setattr(claims, "seen", lambda _: looked)


def test_a_label_counts_if_some_head_looks_at_its_answer(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    looking(monkeypatch, problem)
    assert claims.finds(problem, slice(0, 1)).value == 1.0
    assert claims.finds(problem, slice(1, None)).value == pytest.approx(1 / 9)
    assert claims.finds(problem, slice(2, None)).value == 0.0
    # The value behind the answer of SEP is that of b1, and behind that of b1 nobody looks.
    assert claims.finds(problem, slice(0, 1), ahead=1).value == 1.0
    assert claims.finds(problem, slice(1, -1), ahead=1).value == 0.0
    assert claims.smallest_at(problem, 4).value == 1.0


def test_the_copier_looks_if_the_head_that_copies_the_answer_does(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    looking(monkeypatch, problem)
    # The second head copies all values, so it looks at b1's answer, the first at SEP's alone.
    planted(monkeypatch, tidy, lambda value: 1)
    monkeypatch.setattr(claims, "looks", claims.looks.__wrapped__)
    assert claims.copier_looks(problem).value == pytest.approx(1 / 9)
    assert claims.copier_looks(problem, copier=False).value == 0.0
    planted(monkeypatch, tidy, lambda value: 0)
    assert claims.copier_looks(problem).value == 0.0
    assert claims.copier_looks(problem, copier=False).value == pytest.approx(1 / 9)


def test_the_cheaper_head_decides_what_can_be_spared(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = {Head(0, 0): Measurement(2.5, 10), Head(0, 1): Measurement(1.5, 10)}
    monkeypatch.setattr(claims, "mean_ablate", lambda _, tokens, head: head)
    monkeypatch.setattr(claims, "cost_of", lambda _, head: costs[head])
    assert claims.least_ablation_cost(problem) is costs[Head(0, 1)]


def test_the_loss_recovered_is_all_or_nothing_for_the_list_itself_and_for_chance(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = problem.task.answers(claims.evaluation(problem, samples.N_RESAMPLED))
    right = torch.nn.functional.one_hot(answers, 52).float()
    by_kind = {None: 4 * right, "alike": 4 * right, "random": 0 * right, "asked alike": right}
    monkeypatch.setattr(claims, "resampled", lambda _, kind, others: by_kind[kind])
    assert claims.loss_recovered(problem, "alike").value == pytest.approx(1.0)
    assert claims.loss_recovered(problem, "random").value == pytest.approx(0.0)
    # With a lead of 1 and of 4 logits over the 51 others.
    some, all_there_is = (log(52) - log(1 + 51 * exp(-lead)) for lead in (1, 4))
    found = claims.loss_recovered(problem, "asked alike").value
    assert found == pytest.approx(some / all_there_is)


def test_mistakes_are_counted_by_step(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    query = torch.tensor([[0, 2, 30], [1, 2, 3]]).repeat(40, 1)
    answer = torch.tensor([[2, 30, 31], [2, 3, 40]]).repeat(40, 1)
    named = answer.clone()
    named[0] = torch.tensor([2, 29, 30])
    named[1] = torch.tensor([2, 3, 3])
    named[3] = torch.tensor([3, 3, 3])
    found = Steps(query, answer, named)
    monkeypatch.setattr(claims, "sorted_steps", lambda _: found)
    # Of three first mistakes two are at steps of 28 and 37, and one, at a step of 1, is short.
    assert claims.mistakes_at_long_steps(problem).value == pytest.approx(2 / 3)
    assert claims.mistakes_name_members(problem).value == pytest.approx(2 / 3)
    assert claims.short_steps_wrong(problem).value == pytest.approx((1 / 2 + 1 / 2) / 80)
    # Each list has one long step, right in all but three lists.
    assert claims.long_steps(problem).value == pytest.approx((39 + 38) / 3 / 80)


def test_parts_of_the_puzzle_are_shares_of_puzzling_lists(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    puzzling = torch.tensor([True, True, False, True] * 20)
    given = torch.zeros(80, 6)
    given[:, triples.THIS] = torch.tensor([1.0, -1, 100, 3]).repeat(20)
    given[:, triples.DIRECT] = torch.tensor([1.0, 4, 100, 1]).repeat(20)

    class Effects:
        def puzzling(self) -> Tensor:
            return puzzling

    monkeypatch.setattr(claims, "puzzle", lambda _: Effects())
    monkeypatch.setattr(triples, "favours", lambda *_: given)
    head: Callable[[Problem[SortedList]], Tensor] = lambda _: torch.zeros(80, dtype=torch.int64)  # noqa: E731
    share = claims.share_of_margin(triples.THIS, head=head)(problem)
    assert (share.value, share.n) == (pytest.approx(3 / 9), 60)
    both = claims.share_of_margin(triples.THIS, triples.DIRECT, head=head)(problem)
    assert both.value == pytest.approx(1.0)
    assert claims.favours_y(triples.THIS, head=head)(problem).value == pytest.approx(2 / 3)
    assert claims.favours_y(triples.THIS, triples.DIRECT, head=head)(problem).value == 1.0
    lost = torch.tensor([True, False, True, True] * 20)
    monkeypatch.setattr(triples, "right_without", lambda *a: lost if a[-1] else ~lost | puzzling)
    assert claims.right_without(triples.THIS, head=head)(problem).value == pytest.approx(2 / 3)


def test_evaluation_lists_are_fresh_and_the_same_for_every_model(
    problem: Problem[SortedList], untrained: Problem[SortedList]
) -> None:
    from models.training import training_sequences

    tokens = claims.evaluation(problem)
    assert torch.equal(tokens, claims.evaluation(untrained))
    assert tokens.shape == (samples.N_LISTS, 21)
    seen = set(problem.task.keys(training_sequences(problem.task, problem.card.training)).tolist())
    assert seen.isdisjoint(problem.task.keys(tokens).tolist())


def test_accuracy_and_loss_are_means_over_lists(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    correct: Tensor = torch.ones(40, 10, dtype=torch.bool)
    correct[:10] = False
    correct[10, :5] = False
    log_probs = torch.full((40, 10), -0.25)
    monkeypatch.setattr(claims, "answered", lambda _: claims.Answers(correct, log_probs))
    assert claims.accuracy(problem).value == pytest.approx((29 + 0.5) / 40)
    loss = claims.mean_loss(problem)
    assert (loss.value, loss.n) == (pytest.approx(0.25), 40)
