"""How well a model knows the language, beside the language's own odds."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

from analyses.evidence.claims import Measurement
from analyses.verb_noun.completion import ASKED, Completion, Model, asking
from models.problem import Problem
from models.verb_noun.task import HELD_OUT, PLACES, TEMPLATES, VERBS, VerbNoun

N_SENTENCES = 1_000
"""Fresh sentences on which the gap to the best possible loss is taken."""
CONTEXTS = 8
"""Prompts of each verb in each template."""
SEED = 2301


@cache
def evaluation(problem: Model) -> Int[Tensor, "sentence n_ctx"]:
    """Sentences that the model was not trained on, the same for every model."""
    return problem.fresh(N_SENTENCES, SEED)


@cache
@torch.no_grad()
def gaps(problem: Model) -> Float[Tensor, "sentence label"]:
    """`lost` over the evaluation sentences."""
    return lost(problem, evaluation(problem))


@torch.no_grad()
def lost(problem: Model, tokens: Int[Tensor, "sentence n_ctx"]) -> Float[Tensor, "sentence label"]:
    """By how much the log probability (nats) of each next word is below the log of its odds."""
    said = problem.logits(tokens)[:, :-1].double().log_softmax(dim=-1)
    given = said.gather(-1, tokens[:, 1:, None]).squeeze(-1)
    return problem.task.log_odds_of_next(tokens) - given


def gap(problem: Model) -> Measurement:
    """Of a whole sentence, nats; mean over sentences that were left out of training. These are the
    rarer ones: over all of the language, where the mean would estimate the Kullback-Leibler
    divergence of model from language, those that it was trained on count as well.
    """
    return Measurement.mean(gaps(problem).sum(dim=1).tolist())


@torch.no_grad()
def gap_over_all(problem: Model) -> Measurement:
    """The same over sentences as the language has them, of which many were trained on: this does
    estimate the divergence.
    """
    tokens = problem.task.sample(N_SENTENCES, torch.Generator().manual_seed(SEED))
    return Measurement.mean(lost(problem, tokens.to(problem.device)).sum(dim=1).tolist())


def gap_without_verbs(problem: Model) -> Measurement:
    """The same of one that knows all but which verb goes with which place: at the place it gives
    all places the same odds.
    """
    tokens = evaluation(problem)
    follows = torch.isin(tokens[:, 1:], problem.task.places.to(tokens.device))
    odds = problem.task.log_odds_of_next(tokens)
    evenly = odds + torch.tensor(float(len(PLACES))).log()
    return Measurement.mean(torch.where(follows, evenly, 0.0).sum(dim=1).tolist())


class Prompts(NamedTuple):
    """Prompts of one template with all verbs, and what a model says of the places behind them."""

    asked: Problem[Completion]
    tokens: Int[Tensor, "prompt n_ctx"]
    verbs: Int[Tensor, " prompt"]
    """Numbers, as in `VERBS`."""
    said: Float[Tensor, "prompt d_vocab"]
    """Probabilities."""

    def held_out(self) -> Bool[Tensor, " prompt"]:
        """Whether verb and template were never together in training."""
        lacking = torch.tensor([HELD_OUT[verb % len(HELD_OUT)] for verb in self.verbs.tolist()])
        return lacking == self.asked.task.template

    def of_place(self) -> Float[Tensor, " prompt"]:
        """The probability of the verb's likeliest place."""
        answers = self.asked.task.answers(self.tokens)
        return self.said.gather(1, answers).squeeze(1)

    def odds(self) -> Float[Tensor, " prompt"]:
        """What the language gives that place."""
        return self.asked.task.language.place_odds.max(dim=1).values[self.verbs]

    def rank(self) -> Int[Tensor, " prompt"]:
        """Its rank among all words, 1 for the first choice."""
        return 1 + (self.said > self.of_place()[:, None]).sum(dim=1)

    def is_first(self) -> Bool[Tensor, " prompt"]:
        """Whether the first choice is the likeliest place: see `is_likeliest`."""
        return is_likeliest(self.asked.task.language, self.verbs, self.said.argmax(dim=1).cpu())


def is_likeliest(
    language: VerbNoun, verbs: Int[Tensor, " prompt"], words: Int[Tensor, " prompt"]
) -> Bool[Tensor, " prompt"]:
    """Whether each word is its verb's likeliest place, or one of two that are as likely."""
    odds = language.place_odds[verbs]
    best = odds == odds.max(dim=1, keepdim=True).values
    return (best & (language.places == words[:, None])).any(dim=1)


@cache
@torch.no_grad()
def prompts(problem: Model, template: int) -> Prompts:
    """Some prompts of each verb, the same for every model."""
    asked = asking(problem, template)
    verbs = torch.arange(len(VERBS)).repeat(CONTEXTS)
    generator = torch.Generator().manual_seed(SEED + 100 + template)
    tokens = asked.task.of_verbs(verbs, generator).to(problem.device)
    return Prompts(asked, tokens, verbs, asked.logits(tokens)[:, -1].softmax(dim=-1))


def first_choice(problem: Model, held_out: bool) -> Measurement:
    """How often the first choice is the verb's likeliest place, of pairs of verb and template that
    were held out, or of all others. All pairs are there; what is sampled is the other words.
    """
    first: list[bool] = []
    for template in ASKED:
        found = prompts(problem, template)
        first += found.is_first()[found.held_out() == held_out].tolist()
    return Measurement.share(first)


def by_verb(values: Shaped[Tensor, "prompt template"]) -> Shaped[Tensor, "verb asked"]:
    """What was found of each prompt, a row for each verb."""
    return values.unflatten(0, (CONTEXTS, len(VERBS))).transpose(0, 1).flatten(1)


def of_place(problem: Model, templates: Sequence[int]) -> Measurement:
    """The probability of the verb's likeliest place, mean over verbs."""
    found = [prompts(problem, template).of_place().cpu() for template in templates]
    return Measurement.mean(by_verb(torch.stack(found, dim=1)).double().mean(dim=1).tolist())


def odds_missed(problem: Model, certain: bool = False, alike: bool = False) -> Measurement:
    """How far the probability of the likeliest place is from its odds, for verbs with two places;
    mean over prompts.

    Args:
        problem: whose model is asked.
        certain: what one would miss that is sure of the likeliest place.
        alike: what one would miss that gives it the same probability after each of these verbs,
            the mean of their odds.
    """
    odds = problem.task.place_odds.max(dim=1).values
    two = torch.tensor([len(places) == 2 for places in VERBS.values()])
    missed: list[float] = []
    for template in ASKED:
        found = prompts(problem, template)
        said = found.of_place().cpu().double()
        if certain:
            said = torch.ones_like(said)
        elif alike:
            said = torch.full_like(said, float(odds[two].mean()))
        missed += (said - odds[found.verbs]).abs()[two[found.verbs]].tolist()
    return Measurement.mean(missed)


def templates_with(words: str) -> list[int]:
    """The numbers of the templates in which words stand."""
    return [number for number, (slots, _) in enumerate(TEMPLATES) if words in slots]
