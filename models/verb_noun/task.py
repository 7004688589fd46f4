"""The Verb to Noun task: a small language in which the verb decides where the sentence ends."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

START, END = "START", "."
FUNCTION_WORDS = ("in", "the", "with", "and", "do", "not", "talk", "about", "think", "of")
PRONOUNS = ("they", "we", "you")
PEOPLE = (
    *("people", "children", "students", "sailors", "farmers", "tourists", "friends", "parents"),
    *("teachers", "soldiers", "girls", "boys"),
)
SUBJECTS = (*PRONOUNS, *PEOPLE)
ADVERBS = (
    *("often", "always", "sometimes", "quietly", "happily", "together", "alone", "slowly"),
    *("loudly", "gladly"),
)
TIMES = ("today", "tomorrow", "now", "daily", "tonight", "again")
VERBS: dict[str, dict[str, float]] = {
    "swim": {"pool": 1.0},
    "dive": {"pool": 1.0},
    "pray": {"church": 1.0},
    "worship": {"church": 1.0},
    "cook": {"kitchen": 1.0},
    "bake": {"kitchen": 1.0},
    "dig": {"garden": 1.0},
    "plant": {"garden": 1.0},
    "sleep": {"bedroom": 1.0},
    "dream": {"bedroom": 1.0},
    "act": {"theatre": 1.0},
    "rehearse": {"theatre": 1.0},
    "train": {"gym": 1.0},
    "box": {"gym": 1.0},
    "recover": {"hospital": 1.0},
    "operate": {"hospital": 1.0},
    "learn": {"school": 1.0},
    "teach": {"school": 1.0},
    "plead": {"court": 1.0},
    "testify": {"court": 1.0},
    "compete": {"stadium": 1.0},
    "cheer": {"stadium": 1.0},
    "hunt": {"forest": 1.0},
    "climb": {"mountains": 1.0},
    "ski": {"mountains": 1.0},
    "gamble": {"casino": 1.0},
    "experiment": {"laboratory": 1.0},
    "weld": {"factory": 1.0},
    "paint": {"studio": 1.0},
    "record": {"studio": 1.0},
    "dine": {"restaurant": 1.0},
    "moor": {"harbour": 1.0},
    "read": {"library": 0.7, "park": 0.3},
    "study": {"library": 0.6, "school": 0.4},
    "work": {"office": 0.6, "factory": 0.4},
    "shop": {"market": 0.7, "mall": 0.3},
    "drink": {"bar": 0.7, "kitchen": 0.3},
    "camp": {"forest": 0.6, "park": 0.4},
    "sing": {"church": 0.5, "theatre": 0.5},
    "fish": {"river": 0.6, "harbour": 0.4},
}
"""Where those who do something do it, and with what odds, before `STRAY`."""
PLACES = tuple(dict.fromkeys(place for places in VERBS.values() for place in places))
STRAY = 0.1
"""How often a sentence ends in any of the places, all equally likely, whatever its verb."""

TEMPLATES: tuple[tuple[str, float], ...] = (
    ("SUBJECT VERB in the PLACE", 0.12),
    ("SUBJECT VERB ADVERB in the PLACE", 0.12),
    ("SUBJECT ADVERB VERB in the PLACE", 0.12),
    ("TIME SUBJECT VERB in the PLACE", 0.08),
    ("TIME SUBJECT VERB ADVERB in the PLACE", 0.08),
    ("SUBJECT VERB with PEOPLE in the PLACE", 0.08),
    ("SUBJECT VERB ADVERB with PEOPLE in the PLACE", 0.06),
    ("SUBJECT VERB ADVERB and ADVERB with PEOPLE in the PLACE", 0.06),
    ("SUBJECT do not VERB in the ELSEWHERE", 0.08),
    ("SUBJECT do not VERB ADVERB in the ELSEWHERE", 0.04),
    ("SUBJECT VERB and talk about the ANYWHERE", 0.06),
    ("SUBJECT VERB ADVERB and think of the ANYWHERE", 0.04),
    ("in the PLACE SUBJECT VERB", 0.06),
)
"""Sentences with slots, and how often each is drawn. PLACE: by the verb's odds. ELSEWHERE: all
places that the verb does not lead to, equally likely. ANYWHERE: all places, equally likely."""
HELD_OUT = range(1, 8)
"""Templates, affirmative and with the place behind the verb, one of which each verb lacks in the
language that the model is trained on: the verb's number modulo their number says which."""
PLACE_SLOTS = ("PLACE", "ELSEWHERE", "ANYWHERE")
_MULTIPLIER = 0x5851F42D4C957F2D
"""Of `keys`: odd, so that multiplying by it modulo 2^64 loses nothing."""


@dataclass(frozen=True)
class VerbNoun:
    """Sentences `[START, word .. word, END .. END]` of a language that is known exactly.

    A sentence has one of the `TEMPLATES`, whose slots are drawn independently of each other, but
    for the place, which follows the verb's odds. END is repeated up to the length of a context, and
    at every position the model predicts the next token: it is a language model.

    What every next word's odds are follows from the grammar (`odds`), and so does the smallest loss
    that any model can have on it (`entropy`).

    Worked example:

    >>> language = VerbNoun()
    >>> tokens = language.encode(["they swim in the pool"])
    >>> " ".join(language.vocabulary[token] for token in tokens[0])
    'START they swim in the pool . . . . . .'
    >>> place = language.token("pool")
    >>> [round(float(p), 3) for p in language.odds(tokens)[0, :5, place]]
    [0.0, 0.0, 0.0, 0.0, 0.904]
    >>> denied = language.encode(["they do not swim in the park"])
    >>> float(language.odds(denied)[0, 6, place])
    0.0
    """

    held_out: bool = False
    """Whether the language is that of the held-out pairs of verb and template alone, instead of
    that of all others, which the model is trained on."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """What each token is called: a word is its own name."""
        return self._words

    @cached_property
    def _words(self) -> tuple[str, ...]:
        words = (START, *FUNCTION_WORDS, *SUBJECTS, *ADVERBS, *TIMES, *VERBS, *PLACES, END)
        return tuple(dict.fromkeys(words))

    @property
    def classes(self) -> tuple[str, ...]:
        """What each class predicted is called: the next token."""
        return self.vocabulary

    @property
    def d_vocab(self) -> int:
        """Number of tokens: the words, START and END."""
        return len(self.vocabulary)

    @property
    def d_vocab_out(self) -> int:
        """Number of classes predicted: the tokens."""
        return self.d_vocab

    @property
    def n_ctx(self) -> int:
        """Length of a sequence in tokens: START, the longest sentence, END."""
        return 2 + max(len(slots.split()) for slots, _ in TEMPLATES)

    @property
    def label_positions(self) -> slice:
        """Positions whose prediction is judged: all that a token follows."""
        return slice(0, self.n_ctx - 1)

    @cached_property
    def verbs(self) -> Int[Tensor, " verb"]:
        """Tokens of the verbs, in order of `VERBS`."""
        return self._tokens(VERBS)

    @cached_property
    def places(self) -> Int[Tensor, " place"]:
        """Tokens of the places, in order of `PLACES`."""
        return self._tokens(PLACES)

    def token(self, word: str) -> int:
        """The token of a word.

        Raises:
            ValueError: if the language has no such word; says which are like it.
        """
        if word not in self._numbers:
            near = get_close_matches(word, self.vocabulary, n=3, cutoff=0.5)
            meant = f"near ones are {', '.join(near)}" if near else "`vocabulary` has them all"
            raise ValueError(f"the word {word!r} is not in this language; {meant}.")
        return self._numbers[word]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.vocabulary)}

    def _tokens(self, words: Sequence[str] | dict[str, dict[str, float]]) -> Int[Tensor, " word"]:
        return torch.tensor([self._numbers[word] for word in words])

    def words(self, text: str) -> list[str]:
        """The words of a text, with a full stop as a word of its own."""
        return re.findall(r"[^\s.]+|\.", text)

    def encode(self, sentences: Sequence[str]) -> Int[Tensor, "batch n_ctx"]:
        """Put START before your own sentences and END behind them, as often as they have room.

        Raises:
            ValueError: if a sentence has a word that the language has not, or too many.
        """
        rows = [self._row(sentence) for sentence in sentences]
        end = self._numbers[END]
        filled = [[*row, *[end] * (self.n_ctx - len(row))] for row in rows]
        for row, sentence in zip(filled, sentences, strict=True):
            if row[-1] != end:
                raise ValueError(
                    f"{sentence!r} has no room for its end: at most {self.n_ctx - 2} words."
                )
        return torch.tensor(filled, dtype=torch.int64).reshape(len(rows), self.n_ctx)

    def prompt(self, text: str) -> Int[Tensor, "1 pos"]:
        """Put START before the beginning of a sentence, for a model to go on with.

        Raises:
            ValueError: if it has a word that the language has not, or too many.
        """
        return torch.tensor([self._row(text)])

    def _row(self, text: str) -> list[int]:
        row = [self._numbers[START], *(self.token(word) for word in self.words(text))]
        if len(row) > self.n_ctx:
            raise ValueError(
                f"{text!r} has {len(row) - 1} words, expected at most {self.n_ctx - 1}."
            )
        return row

    # The language, as tables

    @cached_property
    def place_odds(self) -> Float[Tensor, "verb place"]:
        """The odds of the places by verb, in order of `VERBS` and `PLACES`."""
        table = torch.full((len(VERBS), len(PLACES)), STRAY / len(PLACES), dtype=torch.float64)
        for row, places in zip(table, VERBS.values(), strict=True):
            for place, share in places.items():
                row[PLACES.index(place)] += (1 - STRAY) * share
        return table

    @cached_property
    def likeliest(self) -> Int[Tensor, " verb"]:
        """The token of each verb's likeliest place; of several, the one that stands first."""
        return self.places[self.place_odds.argmax(dim=1)]

    @cached_property
    def pairs(self) -> Float[Tensor, "template verb"]:
        """How often each template is drawn with each verb."""
        frequency = torch.tensor([share for _, share in TEMPLATES], dtype=torch.float64)
        table = frequency[:, None].repeat(1, len(VERBS))
        table = torch.where(self._left_out == self.held_out, table, 0.0)
        return table / table.sum()

    @property
    def _left_out(self) -> Bool[Tensor, "template verb"]:
        left_out = torch.zeros(len(TEMPLATES), len(VERBS), dtype=torch.bool)
        for verb in range(len(VERBS)):
            left_out[HELD_OUT[verb % len(HELD_OUT)], verb] = True
        return left_out

    @cached_property
    def emissions(self) -> Float[Tensor, "template pos verb d_vocab"]:
        """The odds of the token at each position, given the template and the verb."""
        shape = (len(TEMPLATES), self.n_ctx, len(VERBS), self.d_vocab)
        table = torch.zeros(shape, dtype=torch.float64)
        for number, (slots, _) in enumerate(TEMPLATES):
            filled = [START, *slots.split(), *[END] * self.n_ctx][: self.n_ctx]
            for position, slot in enumerate(filled):
                table[number, position] = self._slot(slot)
        return table

    def _slot(self, slot: str) -> Float[Tensor, "verb d_vocab"]:
        table = torch.zeros(len(VERBS), self.d_vocab, dtype=torch.float64)
        likely = self.place_odds > STRAY / len(PLACES)
        words = {"SUBJECT": SUBJECTS, "PEOPLE": PEOPLE, "ADVERB": ADVERBS, "TIME": TIMES}
        match slot:
            case "VERB":
                table[range(len(VERBS)), self.verbs] = 1.0
            case "PLACE":
                table[:, self.places] = self.place_odds
            case "ELSEWHERE":
                table[:, self.places] = (~likely).double() / (~likely).sum(dim=1, keepdim=True)
            case "ANYWHERE":
                table[:, self.places] = 1 / len(PLACES)
            case _:
                chosen = self._tokens(words.get(slot, (slot,)))
                table[:, chosen] = 1 / len(chosen)
        return table

    def odds(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch read d_vocab"]:
        """The exact odds of the token that follows each position, given all up to it; of all
        positions that have one behind them.

        Not a number where no sentence of the language begins so.
        """
        tables, read = self.emissions.to(tokens.device), tokens
        weights = self.pairs.to(tokens.device).expand(len(read), -1, -1)
        found = []
        for position in range(min(read.shape[1], self.n_ctx - 1)):
            weights = weights * tables[:, position, :, read[:, position]].permute(2, 0, 1)
            whole = weights.sum(dim=(1, 2))[:, None]
            found.append(torch.einsum("btv,tvw->bw", weights, tables[:, position + 1]) / whole)
        return torch.stack(found, dim=1)

    def log_odds_of_next(self, tokens: Int[Tensor, "batch n_ctx"]) -> Float[Tensor, "batch label"]:
        """The log (nats) of the odds of the token that does follow, at each label."""
        odds = self.odds(tokens)
        return odds.gather(-1, tokens[:, 1:, None]).squeeze(-1).log()

    def entropy(self) -> float:
        """Of a sentence, in nats: the smallest loss that a model can have on it, mean over
        sentences. Exact, since each sentence has one template and one verb.
        """
        slots = torch.special.entr(self.emissions).sum(dim=3).sum(dim=1)
        return float(torch.special.entr(self.pairs).sum() + (self.pairs * slots).sum())

    # Sampling and ground truth

    def sample(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """Draw `n` sentences."""
        pair = _drawn(self.pairs.flatten().cumsum(dim=0), n, generator)
        template, verb = pair // len(VERBS), pair % len(VERBS)
        tokens = torch.empty(n, self.n_ctx, dtype=torch.int64)
        for number in range(len(TEMPLATES)):
            rows = (template == number).nonzero()[:, 0]
            tokens[rows] = self.fill(number, verb[rows], generator)
        return tokens

    def fill(
        self, template: int, verbs: Int[Tensor, " n"], generator: torch.Generator
    ) -> Int[Tensor, "n n_ctx"]:
        """Draw a sentence of one template for each of some verbs, numbered as in `VERBS`."""
        tokens = torch.empty(len(verbs), self.n_ctx, dtype=torch.int64)
        for position in range(self.n_ctx):
            table = self.emissions[template, position]
            words = table.any(dim=0).nonzero()[:, 0]
            cumulative = table[:, words].cumsum(dim=1)[verbs]
            tokens[:, position] = words[_drawn(cumulative, len(verbs), generator)]
        return tokens

    def answers(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "batch label"]:
        """What follows each position: the tokens themselves, one further."""
        return tokens[:, 1:]

    def keys(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """One integer per sentence; equal sentences have equal keys.

        Different ones may share a key with a chance of about 2^-64; then one more sentence is left
        out of evaluation data, and none that was trained on is left in.
        """
        key = torch.zeros(len(tokens), dtype=torch.int64, device=tokens.device)
        for column in tokens.unbind(dim=1):
            # Integers wrap around: this is arithmetic modulo 2^64.
            key = key * _MULTIPLIER + column + 1
        return key


def _drawn(
    cumulative: Float[Tensor, "*row choice"], n: int, generator: torch.Generator
) -> Int[Tensor, " n"]:
    """`n` choices by their cumulative odds, those of a row each or the same for all; also none,
    which `torch.multinomial` refuses.
    """
    drawn = torch.rand(n, 1, dtype=cumulative.dtype, generator=generator) * cumulative[..., -1:]
    return torch.searchsorted(cumulative.contiguous(), drawn, right=True)[:, 0]


def task() -> VerbNoun:
    """The language as the January 2023 problem poses it."""
    return VerbNoun()
