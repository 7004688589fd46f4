"""What the write-up is measured on, and all single changes."""

import pytest
import torch

from analyses.palindromes import samples
from analyses.palindromes.at_end import above_at_end
from analyses.palindromes.changes import above, changed, single_changes
from models.palindromes.task import Palindromes
from models.problem import Problem
from tests.problems.palindromes.small import every, made

Small = Problem[Palindromes]


def test_samples_are_of_the_kind_that_they_say(small: Small) -> None:
    task = small.task
    assert task.answers(samples.palindromes(small)).all()
    assert not task.answers(samples.others(small)).any()
    for changes in (1, 2, 3):
        differs = task.differs(samples.with_changes(small, changes))
        assert differs.sum(dim=1).unique().tolist() == [changes]


def test_what_was_seen_late_is_measured_on_other_sequences(small: Small) -> None:
    seen, unseen = (samples.evaluation(small, seed) for seed in (samples.SEED, samples.UNSEEN))
    assert (seen[:100] != unseen[:100]).any(dim=1).sum() > 90
    changed = samples.changed_at(small, 5, samples.UNSEEN)
    place = (changed != samples.palindromes(small, samples.UNSEEN)).nonzero()[:, 1]
    assert place.unique().tolist() == [5]


def test_one_place_is_changed_to_every_other_value(small: Small) -> None:
    whole = samples.palindromes(small)
    for number, place in enumerate(small.task.places):
        tokens = samples.changed_at(small, place)
        assert (tokens != whole).nonzero()[:, 1].unique().tolist() == [place]
        assert small.task.differs(tokens)[:, number].all()
        steps = (tokens - whole)[:, place] % 4
        assert steps.unique().tolist() == [1, 2, 3]


def test_single_changes_are_those_of_a_plain_loop(small: Small) -> None:
    task, contexts = small.task, samples.palindromes(small)[:2]
    found = single_changes(small)
    sequences = list(changed(small))
    for row, context in enumerate(contexts):
        for number, place in enumerate(task.places):
            for value in range(4):
                for step in (1, 2, 3):
                    tokens = context.clone()
                    tokens[task.mirror(place)] = value
                    tokens[place] = (value + step) % 4
                    assert torch.equal(sequences[number][row, value, step - 1], tokens)
                    no, yes = small.logits(tokens[None])[0, -1]
                    margin = found.margin[row, number, value, step - 1]
                    torch.testing.assert_close(margin, no - yes, atol=1e-4, rtol=1e-4)
                    assert found.fooled()[row, number, value, step - 1] == (yes > no)


def test_what_is_computed_at_end_alone_is_what_the_model_says(small: Small) -> None:
    tokens = every(small.task)
    found = above_at_end(small, tokens)
    torch.testing.assert_close(found, above(small, tokens), atol=1e-4, rtol=1e-4)


def test_so_it_is_of_the_committed_model(palindromes: Small) -> None:
    tokens = palindromes.fresh(300, seed=1)
    found = above_at_end(palindromes, tokens)
    torch.testing.assert_close(found, above(palindromes, tokens), atol=5e-4, rtol=0)


def test_of_another_depth_it_is_not_computed() -> None:
    deeper = made(Palindromes(length=4, max_value=2), n_layers=3)
    with pytest.raises(ValueError, match=r"model of two layers .*; use Problem\.logits"):
        above_at_end(deeper, every(deeper.task))
