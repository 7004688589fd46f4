"""How the model finds the place, as programs: by the task, by skip trigrams, and by the MLP too."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import gelu, layer_norm

from analyses.evidence.explanations import (
    Explanation,
    Logits,
    Program,
    Tables,
    Tokens,
    kept,
    knowing_the_task,
)
from analyses.instruments.heads import heads
from analyses.verb_noun.completion import Completion
from analyses.verb_noun.skip_trigrams import table, verb_to_place
from models.problem import Problem

STEP = 0.02
"""Of what is written down, in logits, scores or units of the residual stream."""
FINE_STEP = 0.005
"""Of the program with neurons, where errors of many weights add up."""
Asked = Problem[Completion]


def look(
    tokens: Tokens, tables: Tables, averaged: int | None
) -> Float[Tensor, "batch head written"]:
    """What each head writes at the last position by its table; of one, if so wished, the mean over
    sequences.
    """
    at = torch.arange(tokens.shape[1], device=tokens.device)
    attention = tables["asks"][:, at, tokens].softmax(dim=2)
    written = torch.einsum("hbp,hbpn->bhn", attention, tables["moves"][:, at, tokens])
    if averaged is not None:
        written[:, averaged] = written[:, averaged].mean(dim=0)
    return written


def by_verb(asked: Asked) -> Program:
    """The program that looks at the verb alone, as skip trigrams do."""
    at, first = asked.task.verb_at, int(asked.task.language.verbs[0])
    names = [str(head) for head in heads(asked)]

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return under(tokens, tables, "")

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        each = tables["trigrams"][:, tokens[:, at] - first]
        if intervention in names:
            each[names.index(intervention)] = 0
        return placed(each.sum(dim=0) + tables["usual"], tables)

    usual = _usual(asked)
    found = {"trigrams": kept(verb_to_place(asked), STEP), "usual": kept(usual, STEP)}
    return Program(predict, found | _places(asked), (placed, under), under)


def placed(said: Float[Tensor, "batch place"], tables: Tables) -> Logits:
    """Logits of places as logits of all words, of which no other is ever chosen."""
    whole = said.new_full((len(said), 1, int(tables["words"])), -1e3)
    whole[:, 0, tables["places"]] = said
    return whole


def _places(asked: Asked) -> dict[str, Tensor]:
    language = asked.task.language
    places = language.places.to(asked.device)
    return {"places": places, "words": torch.tensor(language.d_vocab)}


def _usual(asked: Asked) -> Float[Tensor, " place"]:
    """What the last word itself says of places, the MLP left out."""
    found, places = table(asked), asked.task.language.places
    return found.rest / found.scale @ asked.model.W_U[:, places] + asked.model.b_U[places]


def by_words(asked: Asked) -> Program:
    """The program in which heads look at all words, and the MLP does nothing."""
    names = [str(head) for head in heads(asked)]
    found, places = table(asked), asked.task.language.places

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return under(tokens, tables, "")

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        averaged = names.index(intervention) if intervention in names else None
        return placed(look(tokens, tables, averaged).sum(dim=1) + tables["usual"], tables)

    moves = found.moves / found.scale @ asked.model.W_U[:, places]
    tables = {"asks": found.asks, "moves": moves, "usual": _usual(asked)}
    kept_tables = {name: kept(values, STEP) for name, values in tables.items()}
    return Program(predict, kept_tables | _places(asked), (look, placed, under), under)


def with_neurons(asked: Asked) -> Program:
    """The program in which heads look at all words, and the neurons read what they write."""
    names, found, model = [str(head) for head in heads(asked)], table(asked), asked.model
    solu = asked.architecture.act_fn == "solu_ln"

    def predict(tokens: Tokens, tables: Tables) -> Logits:
        return under(tokens, tables, "")

    def under(tokens: Tokens, tables: Tables, intervention: str) -> Logits:
        averaged = names.index(intervention) if intervention in names else None
        stream = look(tokens, tables, averaged).sum(dim=1) + tables["rest"]
        before = layer_norm(stream, stream.shape[1:]) @ tables["reads"] + tables["shift"]
        if solu:
            after = layer_norm(before * before.softmax(dim=1), before.shape[1:])
        else:
            after = gelu(before)
        stream = stream + after @ tables["writes"] + tables["offset"]
        said = layer_norm(stream, stream.shape[1:]) @ tables["unembed"]
        return placed(said + tables["bias"], tables)

    places = asked.task.language.places
    tables = {
        "asks": found.asks,
        "moves": found.moves,
        "rest": found.rest,
        "reads": model.W_in[0],
        "shift": model.b_in[0],
        "writes": model.W_out[0],
        "offset": model.b_out[0],
        "unembed": model.W_U[:, places],
        "bias": model.b_U[places],
    }
    kept_tables = {name: kept(values, FINE_STEP) for name, values in tables.items()}
    return Program(predict, kept_tables | _places(asked), (look, placed, under), under)


TASK = Explanation("task", "It says the verb's likeliest place.", knowing_the_task)
TRIGRAMS = Explanation(
    "trigrams",
    "Each head looks at the verb and raises its place: a table of skip trigrams, without the MLP.",
    by_verb,
)
WORDS = Explanation(
    "words",
    "Each head looks at all words, as its QK circuit has it, and adds what its OV circuit makes of "
    "them, without the MLP.",
    by_words,
)
EXPLANATIONS = [TASK, TRIGRAMS, WORDS]
"""For a model without an MLP."""
NEURONS = Explanation(
    "neurons",
    "The neurons read what heads write, and say the place.",
    with_neurons,
)
