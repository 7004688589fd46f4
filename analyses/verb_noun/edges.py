"""Sentences at the edges of the language, and beyond: two verbs, longer ways, other places."""

from functools import cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.evidence.claims import Measurement
from analyses.verb_noun.completion import Completion, Model
from analyses.verb_noun.knowing import is_likeliest
from models.problem import Problem
from models.verb_noun.task import ADVERBS, SUBJECTS, VERBS, VerbNoun

SEED = 2302
UNSEEN = 2026
"""Seed of prompts for what was claimed after it had been seen on others."""
CONTEXTS = 8
"""Prompts of each verb."""
PAIRS = 400
"""Of two verbs in one sentence."""
Prompt = Int[Tensor, "prompt pos"]


def of_slots(
    problem: Model, slots: str, verbs: Int[Tensor, "prompt slot"], generator: torch.Generator
) -> Prompt:
    """Prompts out of words and slots, also such as no sentence of the language begins with.

    Args:
        problem: whose words they are.
        slots: such as `SUBJECT VERB and VERB in the`.
        verbs: numbers of the verbs, in order, for each prompt.
        generator: of subjects and adverbs.
    """
    task, columns, used = problem.task, [torch.full((len(verbs),), 0)], 0
    for slot in slots.split():
        if slot == "VERB":
            columns.append(task.verbs[verbs[:, used]])
            used += 1
            continue
        words = {"SUBJECT": SUBJECTS, "ADVERB": ADVERBS}.get(slot, (slot,))
        drawn = torch.randint(len(words), (len(verbs),), generator=generator)
        columns.append(torch.tensor([task.token(word) for word in words])[drawn])
    return torch.stack(columns, dim=1).to(problem.device)


@torch.no_grad()
def places_said(problem: Model, tokens: Prompt) -> Float[Tensor, "prompt place"]:
    """The probabilities of all places after each prompt, in order of `PLACES`."""
    return problem.logits(tokens)[:, -1].softmax(dim=-1)[:, problem.task.places]


TWO_VERBS = "SUBJECT VERB ADVERB and VERB in the"
AT_ONCE = "SUBJECT VERB and VERB in the"
"""The same with *and* behind the verb, where the language has *and talk about*."""
IN_A_ROW = "SUBJECT VERB VERB in the"
"""Both where sentences of the language have their verb."""
LATER_ONLY = "SUBJECT ADVERB ADVERB and VERB in the"
"""An adverb for the earlier verb: whether the later one is read where it stands."""
FAR = "SUBJECT VERB ADVERB ADVERB ADVERB in the"
"""More adverbs than the language has behind a verb; other words stand as far from it."""
FURTHER = "SUBJECT VERB ADVERB and ADVERB and ADVERB with friends in the"
"""Further from the verb, and further from START, than any place ever stood."""


@cache
def two_verbs(
    problem: Model, seed: int = SEED, slots: str = TWO_VERBS
) -> tuple[Int[Tensor, "prompt 2"], Float[Tensor, "prompt place"]]:
    """Two random verbs with different places in one sentence, and what the model says of places.

    Where the slots have one verb only, that is the later, and the earlier is in no prompt.
    """
    generator = torch.Generator().manual_seed(seed)
    verbs = of_different_places(problem.task, PAIRS, generator)
    shown = verbs[:, -slots.split().count("VERB") :]
    return verbs, places_said(problem, of_slots(problem, slots, shown, generator)).cpu()


def of_both(
    problem: Model, seed: int = SEED, slots: str = TWO_VERBS
) -> tuple[Float[Tensor, " prompt"], Float[Tensor, " prompt"]]:
    """The probabilities of the earlier verb's likeliest place and of the later one's."""
    verbs, said = two_verbs(problem, seed, slots)
    earlier, later = said.gather(1, problem.task.place_odds.argmax(dim=1)[verbs]).unbind(dim=1)
    return earlier, later


def later_decides(problem: Model) -> Measurement:
    """How often the later of two verbs' place is likelier than the earlier's."""
    earlier, later = of_both(problem)
    return Measurement.share((later > earlier).tolist())


def earlier_decides(problem: Model, slots: str = TWO_VERBS) -> Measurement:
    """How often the earlier's is, in prompts drawn for this."""
    earlier, later = of_both(problem, UNSEEN, slots)
    return Measurement.share((earlier > later).tolist())


def far_is_first(problem: Model, slots: str = FAR) -> Measurement:
    """How often the verb's likeliest place is the first choice of all words from further away than
    with adverbs between it ever stood; all verbs, in some contexts each.
    """
    verbs = torch.arange(len(VERBS)).repeat(CONTEXTS)
    generator = torch.Generator().manual_seed(SEED)
    logits = problem.logits(of_slots(problem, slots, verbs[:, None], generator))
    first = logits[:, -1].argmax(dim=-1).cpu()
    return Measurement.share(is_likeliest(problem.task, verbs, first).tolist())


@cache
def second_verbs(asked: Problem[Completion], n: int, seed: int = SEED) -> Prompt:
    """Prompts of a template with two adverbs, the second replaced by a verb whose likeliest place
    is another than that of the first.
    """
    generator = torch.Generator().manual_seed(seed)
    verbs = of_different_places(asked.task.language, n, generator)
    tokens = asked.task.of_verbs(verbs[:, 0], generator)
    tokens[:, _second_at(asked)] = asked.task.language.verbs[verbs[:, 1]]
    return tokens.to(asked.device)


def _second_at(asked: Problem[Completion]) -> int:
    return len(asked.task.slots) - 1 - asked.task.slots[::-1].index("ADVERB")


def place_of_second(asked: Problem[Completion], tokens: Prompt) -> Int[Tensor, " prompt"]:
    """The second verb's likeliest place, a token."""
    language = asked.task.language
    second = tokens[:, _second_at(asked), None].cpu()
    return language.likeliest[(second == language.verbs).int().argmax(dim=1)].to(tokens.device)


def of_different_places(
    language: VerbNoun, n: int, generator: torch.Generator
) -> Int[Tensor, "n 2"]:
    """Random pairs of verbs whose likeliest places differ."""
    verbs = torch.randint(len(VERBS), (4 * n, 2), generator=generator)
    differ = language.likeliest[verbs[:, 0]] != language.likeliest[verbs[:, 1]]
    return verbs[differ][:n]
