from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from analyses.claims import Measurement
from analyses.notebook import ROOT
from analyses.results import Results
from analyses.sorted_list import claims
from analyses.sorted_list.claims import CLAIMS
from models.problem import Problem
from models.sorted_list.task import SortedList

BY_NAME = {claim.name: claim for claim in CLAIMS}


@pytest.fixture(scope="module")
def few() -> Callable[[Problem[SortedList]], Problem[SortedList]]:
    """Nothing measured yet: the same model as an object of its own."""
    return lambda problem: Problem(**vars(problem))


@pytest.fixture
def small_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"N_PATTERNS": 300, "N_FAMILY": 300, "PER_TRIPLE": 4}.items():
        monkeypatch.setattr(claims, name, size)


def test_every_claim_is_a_sentence_about_a_named_quantity() -> None:
    assert len(BY_NAME) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.name.replace("_", "a").isalpha()
        assert claim.sentence[0].isupper()
        assert claim.sentence.endswith(".")
        assert claim.quantity.strip()
        assert all(control.what.strip() for control in claim.controls)


def test_claims_about_samples_and_only_these_have_intervals(
    small_samples: None,
    untrained: Problem[SortedList],
    few: Callable[[Problem[SortedList]], Problem[SortedList]],
) -> None:
    model = few(untrained)
    for claim in CLAIMS:
        assert (claim.measure(model).interval is not None) == (claim.evidence == "sampled")


def test_no_claim_holds_of_an_untrained_model(
    small_samples: None,
    untrained: Problem[SortedList],
    few: Callable[[Problem[SortedList]], Problem[SortedList]],
) -> None:
    model = few(untrained)
    verdicts = {claim.name: claim.check(model).verdict for claim in CLAIMS}
    assert "holds" not in verdicts.values()


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
    monkeypatch.setattr(claims, "full_qk", lambda *_: qk.float())
    monkeypatch.setattr(claims, "full_ov", lambda *_: diagonal)


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
        # Queries 0 to 40 have ten values above.
        (lambda p: claims.prefers_near_to_far(p), 1.0, 41),
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
    monkeypatch.setattr(claims, "full_ov", lambda *_: ov)
    assert claims.values_copied(problem).value == pytest.approx(50 / 51)


def test_zero_is_compared_with_all_other_values(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = torch.zeros(2, 21, 52)
    rows[:, 10, 0] = torch.tensor([4.0, 3.0])
    rows[:, 11:20, 0] = -5.0
    rows[1, 15, 0] = -2.0
    # The unsorted half, the last token and SEP as a key do not count.
    rows[:, :10, 0] = rows[:, 20, 0] = 99
    rows[..., 51] = 99
    monkeypatch.setattr(claims, "position_qk", lambda *_: rows)
    assert claims.zero_at_sep(problem) == Measurement(3.0, 2)
    assert claims.zero_after_sep(problem) == Measurement(-2.0, 18)


def test_a_label_counts_if_some_head_looks_at_its_answer(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = claims.evaluation(problem, claims.N_PATTERNS)
    # One head always looks at the first sorted value, the other at the second.
    seen = torch.zeros(len(tokens), 2, 10, 21)
    seen[:, 0, :, 11] = seen[:, 1, :, 12] = 1
    monkeypatch.setattr(claims, "label_patterns", lambda *_: seen)
    assert claims.finds_answer(problem, slice(0, 1)).value == 1.0
    assert claims.finds_answer(problem, slice(1, None)).value == pytest.approx(1 / 9)
    assert claims.finds_answer(problem, slice(2, None)).value == 0.0


def test_the_cheaper_head_decides_what_can_be_spared(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = {0: Measurement(2.5, 10), 1: Measurement(1.5, 10)}
    monkeypatch.setattr(claims, "ablation_cost", lambda _, head: costs[head])
    assert claims.least_ablation_cost(problem) is costs[1]


def test_evaluation_lists_are_fresh_and_the_same_for_every_model(
    problem: Problem[SortedList], untrained: Problem[SortedList]
) -> None:
    from models.training import training_sequences

    tokens = claims.evaluation(problem)
    assert torch.equal(tokens, claims.evaluation(untrained))
    assert tokens.shape == (claims.N_LISTS, 21)
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
