"""Patching, against runs by hand in which what parts write is put in place."""

from typing import Literal

import pytest
import torch
from torch import Tensor

from analyses.instruments.heads import Head
from analyses.instruments.parts import Mlp, Neurons, Residual
from analyses.verb_noun.completion import ASKED
from analyses.verb_noun.effects import along, attention, grid, patched, rows
from analyses.verb_noun.pairs import Pairs, pairs
from models.problem import Problem
from models.verb_noun.task import VerbNoun
from tests.problems.verb_noun.by_hand import ByHand, Run
from tests.problems.verb_noun.conftest import near

Small = Problem[VerbNoun]
TEMPLATE = ASKED[1]


def by_hand(found: Pairs, direction: str) -> tuple[ByHand, Tensor, Run, Run]:
    """The sequences that run, and both runs: theirs, and that from which something is put in."""
    hand = ByHand(found.problem)
    base, other = found.corrupted, found.clean
    if direction == "noising":
        base, other = other, base
    return hand, base, hand.run(base), hand.run(other)


def effect(found: Pairs, direction: str, logits: Tensor) -> Tensor:
    return found.restored(logits) if direction == "denoising" else found.broken(logits)


def mixed(own: Tensor, other: Tensor, at: int | None) -> Tensor:
    """One's own, but for what the other has at a position, or everywhere."""
    found = own.clone()
    where = slice(None) if at is None else at
    found[:, where] = other[:, where]
    return found


@pytest.mark.parametrize("direction", ["denoising", "noising"])
@pytest.mark.parametrize("at", [None, 5])
def test_patching_by_hand(
    small: Small, direction: Literal["denoising", "noising"], at: int | None
) -> None:
    found = pairs(small, TEMPLATE)
    hand, base, own, other = by_hand(found, direction)

    before = hand.run(base, before=mixed(own.before, other.before, at))
    expected = effect(found, direction, before.logits)
    near(patched(found, Residual(0), direction, at), expected)

    for chosen in ([0], [2], [0, 2]):
        written = own.written.clone()
        changed = mixed(own.written, other.written, at)
        written[:, :, chosen] = changed[:, :, chosen]
        expected = effect(found, direction, hand.run(base, written=written).logits)
        near(patched(found, [Head(0, n) for n in chosen], direction, at), expected)

    if own.active is None or other.active is None or own.mlp is None or other.mlp is None:
        return
    expected = effect(found, direction, hand.run(base, mlp=mixed(own.mlp, other.mlp, at)).logits)
    near(patched(found, Mlp(0), direction, at), expected)
    active = own.active.clone()
    active[..., [1, 5]] = mixed(own.active, other.active, at)[..., [1, 5]]
    expected = effect(found, direction, hand.run(base, active=active).logits)
    near(patched(found, Neurons(0, [1, 5]), direction, at), expected)


@pytest.mark.parametrize("senders", [[0], [1, 2], [0, 1, 2]])
def test_paths_by_hand(small: Small, senders: list[int]) -> None:
    found = pairs(small, TEMPLATE)
    hand, base, own, other = by_hand(found, "denoising")
    heads = [Head(0, number) for number in senders]
    written = own.written.clone()
    written[:, :, senders] = other.written[:, :, senders]
    difference = (written - own.written).sum(dim=2)
    # Past the MLP: it writes what it wrote.
    direct = hand.run(base, besides=difference)
    near(along(found, heads, "direct"), found.restored(direct.logits))
    if small.architecture.attn_only:
        near(along(found, heads, "direct"), patched(found, heads, "denoising"))
        with pytest.raises(ValueError, match="attention-only"):
            along(found, heads, "mlp")
        return
    # Through it: it alone reads the difference.
    through = hand.run(base, read=hand.middle(own) + difference)
    near(along(found, heads, "mlp"), found.restored(through.logits))


def test_what_a_grid_of_one_layer_has_to_be(small: Small) -> None:
    found = pairs(small, TEMPLATE)
    verb, last = found.problem.task.verb_at, found.problem.task.n_ctx - 1
    whole = found.whole().mean()
    table = dict(zip(rows(found), grid(found, "denoising", "logit difference"), strict=True))
    heads = [f"head 0.{number}" for number in range(3)]
    mlp = [] if small.architecture.attn_only else ["MLP output"]
    assert [*table] == ["residual stream", "attention output", *mlp, *heads]
    # The prompts differ at the verb alone, and nothing but attention carries that on.
    near(table["residual stream"], torch.eye(last + 1)[verb], 2e-3)
    near(table["attention output"], torch.eye(last + 1)[last], 2e-3)
    for name in (*mlp, *heads):
        near(table[name][:-1], torch.zeros(last), 2e-3)
    for number, name in enumerate(heads):
        expected = patched(found, Head(0, number), "denoising").mean() / whole
        near(table[name][-1], expected, 2e-3)


def test_a_grid_of_probabilities_by_hand(small: Small) -> None:
    found = pairs(small, TEMPLATE)
    verb, last = found.problem.task.verb_at, found.problem.task.n_ctx - 1
    table = dict(zip(rows(found), grid(found, "noising", "probability"), strict=True))
    hand, base, own, other = by_hand(found, "noising")
    right = found.problem.task.answers(found.clean)

    def mean(run: Run) -> Tensor:
        return run.logits[:, -1].softmax(-1).gather(1, right).mean()

    near(table["residual stream"], torch.eye(last + 1)[verb], 2e-3)
    near(table["attention output"], torch.eye(last + 1)[last], 2e-3)
    for number in range(3):
        written = own.written.clone()
        written[:, -1, number] = other.written[:, -1, number]
        moved = mean(hand.run(base, written=written)) - mean(own)
        # The whole may be small, so that its parts are compared, and not their ratios.
        near(table[f"head 0.{number}"][-1] * (mean(other) - mean(own)), moved, 1e-5)


def test_noising_a_pair_is_denoising_it_the_other_way_round(small: Small) -> None:
    found = pairs(small, TEMPLATE)
    back = Pairs(found.problem, found.verbs.flip(1), found.corrupted, found.clean)
    near(back.whole(), found.whole())
    for part in (Head(0, 1), Residual(0), attention(found)):
        near(patched(back, part, "noising"), patched(found, part, "denoising"))
    near(patched(found, attention(found), "denoising"), found.whole())
