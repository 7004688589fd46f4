"""Which of the language's words a model knows as one token: all of its own, or a tokenizer's."""

from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Int
from torch import Tensor

from models.task import Worded
from models.verb_noun.task import PLACES, VERBS, VerbNoun


class Pair(NamedTuple):
    """A verb and one of the places that it leads to."""

    verb: str
    place: str


@dataclass(frozen=True)
class Lexicon:
    """The pairs of verb and place that a model can be asked for, and how to ask it.

    >>> lexicon = Lexicon.of(VerbNoun())
    >>> lexicon.pairs[0], lexicon.left_out
    (Pair(verb='swim', place='pool'), ())
    >>> lexicon.sentence("swim")
    'they swim in the'
    """

    task: Worded
    tokens: dict[str, int]
    """Of the verbs and places that are one token."""
    subject: str
    """Who does it; the first word of a sentence."""

    @classmethod
    def of(cls, task: Worded) -> "Lexicon":
        """What the tokens of a task are good for: those of our language, or of any text."""
        found: dict[str, int] = {}
        for word in (*VERBS, *PLACES):
            try:
                found[word] = task.token(word)
            except ValueError:
                continue
        # Text has capitals; the language, whose words are all that it is made of, has none.
        return cls(task, found, "they" if isinstance(task, VerbNoun) else "They")

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs both of whose words are one token, in order of `VERBS`."""
        return tuple(pair for pair in _all() if {*pair} <= self.tokens.keys())

    @property
    def left_out(self) -> tuple[str, ...]:
        """The verbs and places that are several tokens."""
        words = dict.fromkeys((*VERBS, *PLACES))
        return tuple(word for word in words if word not in self.tokens)

    def sentence(self, verb: str) -> str:
        """The beginning of a sentence that ends in a place."""
        return f"{self.subject} {verb} in the"

    def prompt(self, text: str) -> Int[Tensor, "1 pos"]:
        """The beginning of a sentence as tokens, with what stands before all sentences.

        Raises:
            ValueError: if it has too many words, or one that is not the language's.
        """
        return self.task.prompt(text)

    def name(self, token: int) -> str:
        """What a token stands for; in text, with the space before a word."""
        return self.task.vocabulary[token]


def _all() -> list[Pair]:
    return [Pair(verb, place) for verb, places in VERBS.items() for place in places]
