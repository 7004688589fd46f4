"""How far a language model of the hub completes the language's sentences."""

from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table

from analyses.verb_noun.lexicon import Lexicon, Pair
from models.problem import Problem


class Guess(NamedTuple):
    """What a model makes of a sentence that ends in a place."""

    pair: Pair
    probability: float
    """Of the place."""
    rank: int
    """Of the place among all tokens, from 1."""


def guesses(problem: Problem[Any], lexicon: Lexicon) -> list[Guess]:
    """For each pair, what the model makes of "they VERB in the"."""
    if not lexicon.pairs:
        return []
    prompts = [lexicon.prompt(lexicon.sentence(pair.verb)) for pair in lexicon.pairs]
    log_probs = problem.logits(torch.cat(prompts))[:, -1].log_softmax(dim=-1).cpu()
    places = torch.tensor([lexicon.tokens[pair.place] for pair in lexicon.pairs])
    of_place = log_probs.gather(-1, places[:, None])
    ranks = (log_probs > of_place).sum(dim=-1) + 1
    rows = zip(lexicon.pairs, of_place[:, 0].exp().tolist(), ranks.tolist(), strict=True)
    return [Guess(*row) for row in rows]


def show(problem: Problem[Any], console: Console) -> None:
    """Print what the model makes of each pair, how many it gets right, and the words left out."""
    lexicon = Lexicon.of(problem.task)
    table = Table("prompt", "place", "probability", "rank")
    found = guesses(problem, lexicon)
    for guess in found:
        shown = f"{guess.probability:.3f}", f"{guess.rank:,}"
        table.add_row(lexicon.sentence(guess.pair.verb), guess.pair.place, *shown)
    console.print(table)
    right = sum(guess.rank == 1 for guess in found)
    console.print(f"{right} of {len(found)} places are at rank 1.")
    if lexicon.left_out:
        console.print(f"Left out, as they are not one token: {', '.join(lexicon.left_out)}.")
