"""A problem that trains in a blink, in packages of its own that worker processes find too."""

import textwrap
from pathlib import Path

import pytest

from analyses.seeds.subject import Subject
from models.card import Card, read_card, write_card

TASK = '''
"""Say the last token again."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch

HELD = Path(__file__).with_name("held")


@dataclass(frozen=True)
class Again:
    """Eight tokens."""

    d_vocab: int = 4
    d_vocab_out: int = 4
    n_ctx: int = 8
    vocabulary: tuple[str, ...] = ("a", "b", "c", "d")
    classes: tuple[str, ...] = ("a", "b", "c", "d")

    @property
    def label_positions(self):
        """The last."""
        return slice(-1, None)

    def sample(self, n, generator):
        """Random tokens; training from a seed that is held waits, once."""
        held = HELD / str(generator.initial_seed())
        if held.exists() and not (taken := held.with_suffix(".taken")).exists():
            import os

            taken.write_text(str(os.getpid()))
            time.sleep(60)
        return torch.randint(self.d_vocab, (n, self.n_ctx), generator=generator)

    def answers(self, tokens):
        """The last token."""
        return tokens[:, -1:]

    def keys(self, tokens):
        """Base four."""
        return (tokens * self.d_vocab ** torch.arange(self.n_ctx)).sum(dim=1)


def task():
    """The one there is."""
    return Again()
'''
CLAIMS = '''
"""What is said of it."""

from analyses.evidence.answers import answers
from analyses.evidence.claims import Claim, Measurement


def right(problem):
    """Right answers."""
    return answers(problem, problem.fresh(100, 5)).accuracy()


def wrong_shape(problem):
    """Fails on every model."""
    raise ValueError("no such head")


def stated(name, measure, **others):
    """A claim."""
    return Claim(name, "It does.", "share", "", "exhaustive", "at least", 0.9, measure, **others)


CLAIMS = [
    stated("right", right),
    stated("raises", wrong_shape),
    stated("infinite", lambda problem: Measurement(float("inf"), 1)),
    stated("of_the_task", right, of_task=True),
]
'''
RECIPE = {"n_sequences": 256, "epochs": 4, "batch_size": 32, "lr": 0.03, "lr_final": 0.003}
SIZES = {"n_heads": 1, "d_model": 8, "d_head": 4, "d_vocab": 4, "d_vocab_out": 4, "n_ctx": 8}


def tiny(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """Write it to a folder where Python looks for modules.

    Its packages carry the folder's name, so that no test imports those of another.
    """
    name = folder.name.lower().replace("-", "_")
    subject = Subject("tiny", f"models_{name}", f"analyses_{name}")
    models, analyses = (folder / package for package in (subject.models, subject.analyses))
    (models / "tiny").mkdir(parents=True)
    (analyses / "tiny").mkdir(parents=True)
    (models / "tiny" / "task.py").write_text(textwrap.dedent(TASK))
    (analyses / "tiny" / "claims.py").write_text(textwrap.dedent(CLAIMS))
    write_card(card(), models)
    monkeypatch.syspath_prepend(folder)
    return subject


def card(**recipe: object) -> Card:
    """Its card, with some of the recipe changed."""
    october = read_card("sorted_list")
    training = october.training.model_copy(update=RECIPE | recipe)
    sizes = october.architecture.model_copy(update=SIZES)
    assert october.expected is not None
    expected = october.expected.model_copy(update={"accuracy": 1.0})
    given = {"slug": "tiny", "architecture": sizes, "training": training, "expected": expected}
    return october.model_copy(update=given)
