"""Layer 1: what it reads, what it adds, and which ways a difference takes."""

import torch

from analyses.instruments.ablation import mean_ablate, zero_ablate
from analyses.instruments.activations import ATTN_OUT, PATTERN, Z, activations, point
from analyses.instruments.attribution import direct_logit_attribution
from analyses.instruments.heads import Head, heads
from analyses.palindromes import paths, samples, telling
from analyses.palindromes.changes import above
from models.palindromes.task import NO, YES, Palindromes
from models.problem import Problem

Small = Problem[Palindromes]
HEAD = Head(0, 1)


def test_readers_are_the_heads_of_the_last_layer(small: Small) -> None:
    assert telling.readers(small) == [Head(1, 0), Head(1, 1)]


def test_what_is_paid_is_read_off_the_pattern(small: Small) -> None:
    whole = samples.palindromes(small)
    for number, place in enumerate(small.task.places):
        tokens = samples.changed_at(small, place)
        paid = activations(small, tokens, PATTERN, 1)[:, :, -1, place].mean(dim=0)
        torch.testing.assert_close(telling.paid_to_change(small)[number], paid)
        paid = activations(small, whole, PATTERN, 1)[:, :, -1, place].mean(dim=0)
        torch.testing.assert_close(telling.paid_when_equal(small)[number], paid)


def test_directions_are_differences_of_means(small: Small) -> None:
    tokens = samples.evaluation(small)
    z = activations(small, tokens, Z, 0)[:, :, HEAD.number]
    differs, high = small.task.differs(tokens), tokens > 1
    different = telling.directions(small, HEAD, tokens)
    halves = telling.halves_apart(small, HEAD, tokens)
    for number, place in enumerate(small.task.places):
        written = z[:, place] @ small.model.W_O[0, HEAD.number]
        for found, mask in ((different, differs[:, number]), (halves, high[:, place])):
            expected = written[mask].mean(dim=0) - written[~mask].mean(dim=0)
            torch.testing.assert_close(found[number], expected, atol=1e-4, rtol=1e-4)
    shared = telling.shared_direction(small, HEAD)
    torch.testing.assert_close(shared, different.mean(dim=0), atol=1e-5, rtol=1e-4)


def test_cosines_by_hand(small: Small) -> None:
    # Two at right angles, and one between them.
    found = torch.tensor([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
    half = 0.5**0.5
    expected = torch.tensor([[1, 0, half], [0, 1, half], [half, half, 1]])
    torch.testing.assert_close(telling.alike(found), expected)
    assert abs(telling.mean_alike(found) - 2 * half / 3) < 1e-6
    query = telling.end_query(small, Head(1, 0))
    w = small.model.W_K[1, 0]
    # The direction whose key is the query itself, as d_head is below d_model.
    direction = query @ torch.linalg.pinv(w)
    assert abs(telling.met(small, Head(1, 0), direction) - 1) < 1e-4
    both = telling.met_by_each(small, Head(1, 0), torch.stack([direction, -2 * direction]))
    torch.testing.assert_close(both, torch.tensor([1.0, -1.0]), atol=1e-4, rtol=0)


def test_what_is_moved_adds_up_to_what_the_readers_add(small: Small) -> None:
    def added(tokens: torch.Tensor) -> torch.Tensor:
        logits = direct_logit_attribution(small, tokens).heads[:, 2:, -1].sum(dim=1)
        return logits[:, YES] - logits[:, NO]

    assert heads(small)[2:] == telling.readers(small)
    for place in small.task.places:
        expected = added(samples.changed_at(small, place)) - added(samples.palindromes(small))
        found = telling.moved(small, place).sum(dim=1)
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-4)


def test_pairs_are_palindromes_and_their_changes(small: Small) -> None:
    whole, changed = paths.pairs(small)
    assert len(whole) == len(changed) == 3 * paths.PER_PLACE
    differs = small.task.differs(changed)
    assert differs.sum(dim=1).unique().tolist() == [1]
    assert differs.sum(dim=0).tolist() == [paths.PER_PLACE] * 3
    assert ((whole != changed).sum(dim=1) == 1).all()


def test_all_that_is_lost_is_what_the_change_takes_off(small: Small) -> None:
    whole, changed = paths.pairs(small)
    lost, in_all = paths.effect(small, HEAD, ("K", "V"))
    expected = above(small, whole) - above(small, changed)
    torch.testing.assert_close(torch.tensor(in_all), expected, atol=1e-4, rtol=1e-4)
    assert len(lost) == len(in_all)
    assert lost != paths.effect(small, HEAD, ("K",))[0]


def test_what_reaches_all_inputs_is_what_the_last_layer_then_adds(small: Small) -> None:
    whole, changed = paths.pairs(small)
    z = activations(small, changed, Z, 0)
    written = []

    def send(found: torch.Tensor, hook: object) -> torch.Tensor:
        found = found.clone()
        found[:, :, HEAD.number] = z[:, :, HEAD.number]
        return found

    def note(found: torch.Tensor, hook: object) -> None:
        written.append(found)

    def replay(found: torch.Tensor, hook: object) -> torch.Tensor:
        return written[0]

    last = point(small, ATTN_OUT, 1)
    small.model.run_with_hooks(whole, fwd_hooks=[(point(small, Z, 0), send), (last, note)])
    logits = small.model.run_with_hooks(whole, fwd_hooks=[(last, replay)])
    expected = above(small, whole) - (logits[:, -1, YES] - logits[:, -1, NO])
    found = torch.tensor(paths.effect(small, HEAD, ("Q", "K", "V"))[0])
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-4)
    assert found.abs().max() > 0.01


def test_what_is_left_is_that_of_an_ablated_run(small: Small) -> None:
    tokens = samples.evaluation(small)
    sign = torch.where(small.task.answers(tokens)[:, 0] == YES, 1.0, -1.0)
    other = small.fresh(len(tokens), paths.OTHER_SEED)
    runs = {
        "mean": mean_ablate(small, tokens, HEAD),
        "zero": zero_ablate(small, tokens, HEAD),
        "other mean": mean_ablate(small, tokens, HEAD, reference=other),
    }
    for how, logits in runs.items():
        found, before = paths.left(small, HEAD, how)
        margin = sign * (logits[:, -1, YES] - logits[:, -1, NO])
        torch.testing.assert_close(torch.tensor(found), margin, atol=1e-4, rtol=1e-4)
        own = sign * above(small, tokens)
        torch.testing.assert_close(torch.tensor(before), own, atol=1e-4, rtol=1e-4)
