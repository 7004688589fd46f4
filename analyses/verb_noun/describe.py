"""Rows of the write-up's tables."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.instruments.attribution import direct_logit_attribution
from analyses.instruments.heads import heads
from analyses.instruments.search import first_of_each
from analyses.verb_noun import claims, knowing, neurons
from analyses.verb_noun.completion import ASKED, Model
from analyses.verb_noun.effects import along, patched
from analyses.verb_noun.hardest import hardest, missed
from analyses.verb_noun.pairs import Effect, Pairs, pairs, share
from analyses.verb_noun.skip_trigrams import verb_to_place
from analyses.write_ups.numerals import fixed, percent
from models.verb_noun.task import PLACES, VERBS

BY_HAND = (
    "they swim in the",
    "they pray in the",
    "today they swim often in the",
    "they swim often and quietly with friends in the",
    "they do not swim in the",
    "they swim and talk about the",
    "they sing in the",
    "they work in the",
    "in the",
    "they swim and pray in the",
    "they swim often and pray in the",
    "they pray often and swim in the",
    "they swim with friends and pray in the",
    "they do not swim and pray in the",
    "swim in the",
)
"""Inside the language, at its edge, and outside."""


def top(probabilities: Float[Tensor, " d_vocab"], words: Sequence[str], n: int = 3) -> str:
    """The likeliest words, with their probabilities.

    >>> top(torch.tensor([0.1, 0.9]), ["pool", "church"], n=1)
    'church 90.0 %'
    """
    found = probabilities.topk(n)
    return ", ".join(
        f"{words[word]} {percent(float(p))}"
        for p, word in zip(found.values, found.indices.tolist(), strict=True)
    )


@torch.no_grad()
def by_hand_rows(problem: Model) -> list[list[str]]:
    """Each prompt with what the model says, and what the language does."""
    rows, words = [], problem.task.vocabulary
    for text in BY_HAND:
        tokens = problem.task.prompt(text).to(problem.device)
        said = problem.logits(tokens)[0, -1].softmax(dim=-1)
        odds = problem.task.odds(tokens)[0, -1]
        outside = bool(odds.isnan().any())
        rows.append([text, top(said, words), "no such sentence" if outside else top(odds, words)])
    return rows


def knowing_rows(problem: Model) -> list[list[str]]:
    """What the model gives each verb's likeliest place, beside the language, by whether verb and
    template met in training and by how many places the verb has.
    """
    found = [knowing.prompts(problem, template) for template in ASKED]
    values = {
        "probability": torch.cat([each.of_place().cpu() for each in found]),
        "odds": torch.cat([each.odds() for each in found]),
        "rank": torch.cat([each.rank().cpu() for each in found]),
    }
    held_out = torch.cat([each.held_out() for each in found])
    several = torch.tensor([len(places) > 1 for places in VERBS.values()])
    two = several[torch.cat([each.verbs for each in found])]
    rows = []
    for met, lacking in (("met in training", False), ("held out", True)):
        for places, more in (("one place", False), ("two places", True)):
            these = (held_out == lacking) & (two == more)
            mean = {name: float(value[these].double().mean()) for name, value in values.items()}
            rows.append(
                [
                    f"{met}, {places}",
                    f"{int(these.sum()):,}",
                    percent(mean["probability"]),
                    percent(mean["odds"]),
                    fixed(mean["rank"], 2),
                ]
            )
    return rows


def hardest_rows(problem: Model, n: int = 4) -> list[list[str]]:
    """The hardest prompts that were found, one of each verb."""
    asked, found = hardest(problem)
    words, rows = asked.task.vocabulary, []
    for chain in first_of_each(asked.task.verbs(found.inputs).tolist(), n):
        tokens, worse = found.inputs[chain], float(found.difficulty[chain])
        said = asked.logits(tokens[None])[0, -1].softmax(dim=-1)
        text = " ".join(words[token] for token in tokens[1:])
        rows.append([text, top(said, words, 2), fixed(worse, 2)])
    return rows


def random_miss(problem: Model) -> float:
    """How far below its odds the likeliest place is in random prompts, nats."""
    asked, _ = hardest(problem)
    tokens = asked.task.sample(1000, torch.Generator().manual_seed(1))
    return float(missed(asked, tokens).mean())


def attribution_rows(problem: Model) -> list[list[str]]:
    """Direct logit attribution of the logit difference, by part; mean over all pairs."""
    sums: dict[str, float] = {}
    count = 0
    for template in ASKED:
        found = pairs(problem, template)
        for name, values in attributed(found).items():
            sums[name] = sums.get(name, 0.0) + float(values.double().sum())
        count += len(found.verbs)
    return [[name, fixed(total / count, 2)] for name, total in sums.items()]


@torch.no_grad()
def attributed(found: Pairs) -> dict[str, Float[Tensor, " pair"]]:
    """What each part adds, directly, to the logit difference of the clean prompts, in logits; and
    their sum, which is the model's.
    """
    parts = direct_logit_attribution(found.problem, found.clean)
    each = {"embedding of the last word": parts.direct}
    each |= {f"head {head}": parts.heads[:, head.number] for head in heads(found.problem)}
    each["MLP"] = parts.neurons.sum(dim=1)
    each["biases"] = parts.output_bias + parts.mlp_bias + parts.bias
    found_each = {name: found.difference(logits) for name, logits in each.items()}
    return found_each | {"sum": torch.stack(list(found_each.values())).sum(dim=0)}


def adds_up(problem: Model) -> float:
    """The largest difference, in logits, between the logit difference of any pair and the sum of
    its parts.
    """
    found = [pairs(problem, template) for template in ASKED]
    return max(
        float((attributed(each)["sum"] - each.clean_difference).abs().max()) for each in found
    )


def way_rows(problem: Model) -> list[list[str]]:
    """What each head restores, in all and along each path, and what all do together."""
    rows = []
    for name, senders in (
        *((f"head {head}", [head]) for head in heads(problem)),
        ("all heads", heads(problem)),
    ):
        effects = [
            lambda found, s=senders: patched(found, s, "denoising"),
            lambda found, s=senders: along(found, s, "direct"),
            lambda found, s=senders: along(found, s, "mlp"),
        ]
        rows.append([name, *(_with_interval(problem, effect) for effect in effects)])
    return rows


def _with_interval(problem: Model, effect: Effect) -> str:
    found = share(problem, effect)
    assert found.interval
    low, high = (fixed(bound, 3) for bound in found.interval)
    return f"{fixed(found.value, 3)} ({low} to {high})"


def trigram_rows(
    problem: Model, verbs: Sequence[str] = ("swim", "pray", "read")
) -> list[list[str]]:
    """The skip trigrams of some verbs: the places that each head raises most."""
    table = verb_to_place(pairs(problem, ASKED[0]).problem)
    rows = []
    for head, of_head in zip(heads(problem), table, strict=True):
        cells = []
        for verb in verbs:
            value, place = of_head[list(VERBS).index(verb)].max(dim=0)
            cells.append(f"{PLACES[int(place)]} {fixed(float(value), 2)}")
        rows.append([f"head {head}", *cells])
    return rows


def neuron_rows(problem: Model, n: int = 8) -> list[list[str]]:
    """The neurons that matter most: the verbs that move them most, and the places that they raise
    most.
    """
    active = neurons.by_verb(problem)
    writes = problem.model.W_out[0] @ problem.model.W_U[:, problem.task.places]
    writes = writes - writes.mean(dim=1, keepdim=True)
    spread = neurons.verbs_of(active)
    rows = []
    for neuron in neurons.ranking(problem)[:n]:
        most = active[:, neuron].topk(3).indices.tolist()
        raised = writes[neuron].topk(2).indices.tolist()
        rows.append(
            [
                f"0.{neuron}",
                ", ".join(list(VERBS)[verb] for verb in most),
                ", ".join(PLACES[place] for place in raised),
                fixed(float(spread[neuron]), 1),
            ]
        )
    return rows


def model_rows(models: dict[str, Model]) -> list[list[str]]:
    """Three models of the same language, side by side."""
    columns = [_of_model(model) for model in models.values()]
    return [[name, *(column[name] for column in columns)] for name in columns[0]]


def _of_model(problem: Model) -> dict[str, str]:
    has_mlp = not problem.architecture.attn_only
    mlp = claims.way(problem, "mlp").value if has_mlp else 0.0
    verbs = neurons.mean_verbs(neurons.by_verb(problem)) if has_mlp else 0.0
    return {
        "gap to the language, nats per sentence": fixed(knowing.gap(problem).value, 3),
        "first choice, pairs seen": percent(knowing.first_choice(problem, held_out=False).value),
        "first choice, pairs held out": percent(knowing.first_choice(problem, held_out=True).value),
        "probability of the place after not": percent(
            knowing.of_place(problem, claims.DENIED).value
        ),
        "most that one head restores": percent(claims.best_head(problem).value),
        "effect through the MLP": percent(mlp) if has_mlp else "no MLP",
        "verbs that a neuron answers to": fixed(verbs, 1) if has_mlp else "no MLP",
        "skip trigrams name its first choice": percent(
            claims.agreed(problem, claims.TRIGRAMS).value
        ),
    }
