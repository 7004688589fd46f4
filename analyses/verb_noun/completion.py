"""Beginnings of sentences, up to where the place follows: what the page asks the model."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from models.problem import Problem
from models.verb_noun.task import HELD_OUT, PLACE_SLOTS, TEMPLATES, VERBS, VerbNoun

Model = Problem[VerbNoun]
ASKED = tuple(HELD_OUT)
"""Templates in which a verb decides the place behind it, one of which was held out of training for
each verb."""


@dataclass(frozen=True)
class Completion:
    """Beginnings of sentences of one template, `[START, word .. "the"]`, as a task of their own.

    The answer is asked for at the last position: the verb's likeliest place.

    >>> asked = Completion(VerbNoun(), template=1)
    >>> asked.verb_at, asked.n_ctx
    (2, 6)
    >>> tokens = asked.sample(1, torch.Generator().manual_seed(0))
    >>> " ".join(asked.vocabulary[token] for token in tokens[0])
    'START they cook always in the'
    >>> asked.vocabulary[asked.answers(tokens)[0, 0]]
    'kitchen'
    """

    language: VerbNoun
    template: int

    @property
    def slots(self) -> list[str]:
        """What stands at each position, in words and names of slots."""
        return ["START", *TEMPLATES[self.template][0].split()][: self.n_ctx]

    @property
    def n_ctx(self) -> int:
        """Length in tokens."""
        slots = TEMPLATES[self.template][0].split()
        return 1 + next(number for number, slot in enumerate(slots) if slot in PLACE_SLOTS)

    @property
    def verb_at(self) -> int:
        """The position of the verb."""
        return self.slots.index("VERB")

    @property
    def label_positions(self) -> slice:
        """The last position."""
        return slice(self.n_ctx - 1, self.n_ctx)

    @property
    def d_vocab(self) -> int:
        """As of the language."""
        return self.language.d_vocab

    @property
    def d_vocab_out(self) -> int:
        """As of the language."""
        return self.language.d_vocab_out

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """As of the language."""
        return self.language.vocabulary

    @property
    def classes(self) -> tuple[str, ...]:
        """As of the language."""
        return self.language.classes

    def sample(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """Draw `n` beginnings, all verbs equally likely."""
        return self.of_verbs(torch.randint(len(VERBS), (n,), generator=generator), generator)

    def of_verbs(
        self, verbs: Int[Tensor, " n"], generator: torch.Generator
    ) -> Int[Tensor, "n n_ctx"]:
        """Draw a beginning for each of some verbs, numbered as in `VERBS`."""
        return self.language.fill(self.template, verbs, generator)[:, : self.n_ctx]

    def verbs(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """The number of each beginning's verb."""
        return (
            (tokens[:, self.verb_at, None] == self.language.verbs.to(tokens.device)).int().argmax(1)
        )

    def answers(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "batch label"]:
        """The verb's likeliest place."""
        return self.language.likeliest.to(tokens.device)[self.verbs(tokens)][:, None]

    def keys(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """As of the language."""
        return self.language.keys(tokens)


@cache
def asking(problem: Model, template: int) -> Problem[Completion]:
    """The same model, asked for the place in one template."""
    asked: Any = replace(problem, task=Completion(problem.task, template))  # pyright: ignore[reportArgumentType]
    return asked
