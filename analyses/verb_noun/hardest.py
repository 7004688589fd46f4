"""Prompts that the model finds hardest, by search inside the language."""

from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.search import Climb, climb
from analyses.verb_noun.completion import ASKED, Completion, Model, asking
from analyses.verb_noun.skip_trigrams import may_stand
from models.problem import Problem

CHAINS, STEPS = 64, 60
SEED = 2303


@cache
def hardest(problem: Model) -> tuple[Problem[Completion], Climb]:
    """Climbs through prompts of the longest template asked: where the model gives the verb's
    likeliest place the least of what the language gives it.
    """
    asked = asking(problem, ASKED[-1])
    generator = torch.Generator().manual_seed(SEED)
    start = asked.task.sample(CHAINS, generator)
    choices = [may_stand(asked, slot) for slot in asked.task.slots]
    free = torch.tensor([p for p, words in enumerate(choices) if len(words) > 1])

    def propose(tokens: Int[Tensor, "chain pos"]) -> Int[Tensor, "chain pos"]:
        changed = tokens.clone()
        at = free[torch.randint(len(free), (len(tokens),), generator=generator)].tolist()
        for row, position in enumerate(at):
            words = choices[position]
            drawn = int(torch.randint(len(words), (1,), generator=generator))
            changed[row, position] = words[drawn]
        return changed

    return asked, climb(start, propose, lambda tokens: missed(asked, tokens), STEPS)


@torch.no_grad()
def missed(asked: Problem[Completion], tokens: Int[Tensor, "chain pos"]) -> Float[Tensor, " chain"]:
    """By how many nats the likeliest place's log probability is below its log odds."""
    tokens = tokens.to(asked.device)
    said = asked.logits(tokens)[:, -1].log_softmax(dim=-1)
    odds = asked.task.language.place_odds[asked.task.verbs(tokens).cpu()].max(dim=1).values
    return odds.log().to(said) - said.gather(1, asked.task.answers(tokens)).squeeze(1)
