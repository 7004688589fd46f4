"""Claims about Palindromes: that each can be measured, and what their measurements say by hand."""

import pytest
import torch

from analyses.evidence.claims import UNTRAINED, Claim, Measurement
from analyses.instruments.heads import Head
from analyses.palindromes import claims, near
from analyses.palindromes.changes import SingleChanges, changed, single_changes
from analyses.palindromes.claims import CLAIMS
from analyses.palindromes.explanations import BY_PLACE, TASK
from analyses.palindromes.samples import palindromes as whole
from models.palindromes.task import Palindromes
from models.problem import Problem

Small = Problem[Palindromes]


@pytest.fixture(scope="module")
def measured(few: None, palindromes: Small) -> dict[str, Measurement]:
    """What the claims measure on an untrained model of the same shape, on small samples."""
    model = palindromes.untrained(7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "single_changes", drawn)
        patch.setattr(near, "trained", lambda problem: problem)
        return {claim.name: claim.measure(model) for claim in CLAIMS if not takes_long(claim)}


def drawn(problem: Small) -> SingleChanges:
    """As many single changes as there are, with answers drawn at random."""
    margin = torch.randn(32, 10, 31, 30, generator=torch.Generator().manual_seed(1))
    return SingleChanges(margin)


def takes_long(claim: Claim) -> bool:
    """Those that go through all single changes once more."""
    return claim.name in ("values_beat_task", "values_foresee_mistakes")


def test_every_claim_is_a_sentence_about_a_named_quantity() -> None:
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.sentence[0].isupper()
        assert claim.sentence.endswith(".")
        assert claim.quantity.strip()
        assert all(control.what.strip() for control in claim.controls)


def test_every_claim_can_be_measured(measured: dict[str, Measurement]) -> None:
    assert len(measured) == len(CLAIMS) - 2
    for claim in CLAIMS:
        if claim.name in measured:
            assert measured[claim.name].is_finite(), claim.name
            interval = measured[claim.name].interval
            assert (interval is not None) == (claim.evidence == "sampled"), claim.name


def test_what_is_controlled_with_an_untrained_model_is_not_true_of_it(
    measured: dict[str, Measurement],
) -> None:
    controlled = [c for c in CLAIMS if UNTRAINED in c.controls and not c.refuted]
    assert len(controlled) > 5
    assert not [c.name for c in controlled if c.satisfied_by(measured[c.name])]


def test_the_two_values_of_each_pair_are_exchanged() -> None:
    cases = torch.arange(2 * 4 * 3).reshape(2, 4, 3)
    found = claims._exchanged(cases)
    for value in range(4):
        for step in (1, 2, 3):
            other = (value + step) % 4
            back = (value - other) % 4
            assert torch.equal(found[:, value, step - 1], cases[:, other, back - 1])
    assert torch.equal(claims._exchanged(found), cases)


def test_the_least_place_is_that_with_the_least_mean() -> None:
    paid = torch.tensor([[0.9, 0.1], [0.7, 0.3], [0.0, 0.8]]).repeat(10, 1)
    asked = torch.tensor([[True, True], [True, True], [False, True]]).repeat(10, 1)
    assert claims.least_over_places(paid, asked).value == pytest.approx(0.4)
    assert claims.least_over_places(paid, asked).n == 30


def test_the_worst_tenth_is_chosen_in_one_half_and_tested_in_the_other(
    monkeypatch: pytest.MonkeyPatch, small: Small
) -> None:
    # One place, four values, three steps: of twelve cases a tenth is one. It always fools; of the
    # others one does, in the second half of the contexts.
    margin = torch.ones(40, 1, 4, 3)
    margin[:, 0, 2, 1] = -1
    margin[20:, 0, 0, 0] = -1
    monkeypatch.setattr(claims, "single_changes", lambda problem: SingleChanges(margin))
    # Chosen in the first half: one of two in the second. Chosen in the second, where both fool
    # alike: the first of them, which in the first half does not.
    assert claims.worst_cases(small).value == pytest.approx(20 / 60)
    # 2 and then 0 exchanged is 0 and then 2, 0 and then 1 is 1 and then 0: neither fools.
    assert claims.worst_cases(small, exchanged=True).value == pytest.approx(0.0)
    assert claims.most_fooled(small).value == pytest.approx(1.5 / 12)


def test_what_an_explanation_says_of_single_changes_is_in_their_order(small: Small) -> None:
    assert not claims.said_fooled(small, TASK).any()
    said = claims.said_fooled(small, BY_PLACE)
    assert said.shape == single_changes(small).fooled().shape
    program = BY_PLACE.program(small)
    for number, cases in enumerate(changed(small)):
        expected = program(cases[3, 2])[:, 0] == 1
        assert torch.equal(said[3, number, 2], expected)
    agreed = (said == single_changes(small).fooled()).double().mean()
    found = claims.changes_agreed(small, BY_PLACE)
    assert (found.value, found.n) == (pytest.approx(float(agreed)), 32)


def test_own_values_and_mirrors_that_score_most_by_hand(
    monkeypatch: pytest.MonkeyPatch, small: Small
) -> None:
    tokens = torch.eye(4).repeat(3, 1, 1)
    tokens[0, 0] = torch.tensor([0.0, 1, 0, 0])
    positions = torch.zeros(3, 7)
    for number, mirror in enumerate((3, 2, 0)):
        positions[number, mirror] = 1
    parts = claims.parts(small, Head(0, 0))._replace(tokens=tokens, positions=positions)
    monkeypatch.setattr(claims, "parts", lambda problem, head: parts)
    assert claims.own_value_scores_most(small, Head(0, 0)).value == pytest.approx(11 / 12)
    assert claims.mirror_scores_most(small, Head(0, 0)).value == pytest.approx(2 / 3)
    assert claims.mirror_scores_most(small, Head(0, 0), -1).value == pytest.approx(1 / 3)


def test_the_committed_model_is_measured_as_the_claims_say(palindromes: Small) -> None:
    by_name = {claim.name: claim for claim in CLAIMS}
    for name in ("tokens_match", "positions_mirror", "always_apart"):
        found = by_name[name].check(palindromes)
        assert found.complaint() is None
    assert len(whole(palindromes)) > 0
