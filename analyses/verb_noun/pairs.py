"""Pairs of prompts that differ in the verb alone, both of which the model gets right.

What a pair is patched from is always said: the *clean* prompt is the one whose place counts
positive in the logit difference, the *corrupted* one has another verb, and its place counts
negative. Every pair of verbs with different places is there, in one of the templates and one
random context, and either way round, so each verb is clean in some pairs and corrupted in others.

Over all of them, it makes no difference to a *logit difference* which way one patches: breaking the
pair (swim, pray) is restoring the pair (pray, swim). Probabilities of the right place tell the two
directions apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import combinations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.evidence.claims import Measurement
from analyses.instruments.statistics import ratio_terms
from analyses.verb_noun.completion import ASKED, Completion, Model, asking
from models.problem import Problem
from models.verb_noun.task import VERBS

SEED = 2301
UNSEEN = 2026
"""Seed of contexts for what was claimed after it had been seen in others."""
Logits = Float[Tensor, "pair pos d_vocab_out"]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Prompts of one template, pairwise the same but for the verb."""

    problem: Problem[Completion]
    verbs: Int[Tensor, "pair 2"]
    """Numbers of the clean and of the corrupted prompt's verb, as in `VERBS`."""
    clean: Int[Tensor, "pair n_ctx"]
    corrupted: Int[Tensor, "pair n_ctx"]

    def difference(self, logits: Logits) -> Float[Tensor, " pair"]:
        """The logit of the clean prompt's place less that of the corrupted one's."""
        asked = self.problem.task
        rows = torch.arange(len(self.clean), device=logits.device)
        right, other = (asked.answers(tokens)[:, 0] for tokens in (self.clean, self.corrupted))
        return logits[rows, -1, right] - logits[rows, -1, other]

    @cached_property
    def clean_difference(self) -> Float[Tensor, " pair"]:
        """That of the clean prompt."""
        return self.difference(self.problem.logits(self.clean))

    @cached_property
    def corrupted_difference(self) -> Float[Tensor, " pair"]:
        """That of the corrupted prompt."""
        return self.difference(self.problem.logits(self.corrupted))

    def whole(self) -> Float[Tensor, " pair"]:
        """By how much the logit differences of the clean and the corrupted prompt differ."""
        return self.clean_difference - self.corrupted_difference

    def restored(self, logits: Logits) -> Float[Tensor, " pair"]:
        """Denoising: by how much the logit difference of the corrupted prompt has risen."""
        return self.difference(logits) - self.corrupted_difference

    def probability(self, logits: Logits) -> Float[Tensor, " pair"]:
        """That the clean prompt's place is given."""
        right = self.problem.task.answers(self.clean)
        return logits[:, -1].softmax(dim=-1).gather(1, right).squeeze(1)

    def broken(self, logits: Logits) -> Float[Tensor, " pair"]:
        """Noising: by how much the logit difference of the clean prompt has fallen."""
        return self.clean_difference - self.difference(logits)


@cache
def pairs(problem: Model, template: int, seed: int = SEED) -> Pairs:
    """The ordered pairs of verbs with different places that fall to a template, in one random
    context each, without those of which the model gets a prompt wrong: its first choice has to be
    the verb's likeliest place.
    """
    asked = asking(problem, template)
    likeliest = problem.task.likeliest
    both = [
        (one, other)
        for one, other in combinations(range(len(VERBS)), 2)
        if likeliest[one] != likeliest[other] and ASKED[(one + other) % len(ASKED)] == template
    ]
    verbs = torch.tensor(both)
    generator = torch.Generator().manual_seed(seed + template)
    clean = asked.task.of_verbs(verbs[:, 0], generator)
    corrupted = clean.clone()
    corrupted[:, asked.task.verb_at] = problem.task.verbs[verbs[:, 1]]
    # Either way round in the same context.
    verbs, clean, corrupted = (
        torch.cat(ways) for ways in ((verbs, verbs.flip(1)), (clean, corrupted), (corrupted, clean))
    )
    clean, corrupted = clean.to(problem.device), corrupted.to(problem.device)
    right = (_right(asked, clean) & _right(asked, corrupted)).cpu()
    return Pairs(asked, verbs[right], clean[right], corrupted[right])


def _right(
    asked: Problem[Completion], tokens: Int[Tensor, "batch n_ctx"]
) -> Bool[Tensor, " batch"]:
    first = asked.logits(tokens)[:, -1].argmax(dim=-1)
    return first == asked.task.answers(tokens)[:, 0]


Effect = Callable[[Pairs], Float[Tensor, " pair"]]
"""What some intervention does to each pair, in logits, such as `Pairs.restored` of it."""


def share(
    problem: Model, effect: Effect, seed: int = SEED, of: Effect = Pairs.whole
) -> Measurement:
    """The part of the whole effect of the verb, or of another one, that an intervention has, over
    all pairs; each clean verb is a case, though pairs have their corrupted verbs in common as well.
    """
    part, whole = _sums(problem, effect, seed), _sums(problem, of, seed)
    present = whole.nonzero()[:, 0]
    return Measurement.mean(ratio_terms(part[present].tolist(), whole[present].tolist()))


def _sums(problem: Model, effect: Effect, seed: int) -> Float[Tensor, " verb"]:
    sums = torch.zeros(len(VERBS), dtype=torch.float64)
    for template in ASKED:
        found = pairs(problem, template, seed)
        sums.index_add_(0, found.verbs[:, 0], effect(found).cpu().double())
    return sums
