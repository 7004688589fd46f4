"""The table "verb ... the -> place", read off the QK and OV circuits of each head.

A skip trigram (Elhage et al. 2021): a head attends from the last word to an earlier one, and raises
what goes with that. In one layer this is exact but for LayerNorm's final scale, and for the MLP,
which is left out: that is what the table is to be compared with.
"""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.instruments.circuits import reads, typical_final_scale, w_ov
from analyses.verb_noun.completion import Completion
from models.problem import Problem
from models.verb_noun.task import ADVERBS, PEOPLE, SUBJECTS, TIMES, VERBS

SLOTS = {"SUBJECT": SUBJECTS, "PEOPLE": PEOPLE, "ADVERB": ADVERBS, "TIME": TIMES}


class Table(NamedTuple):
    """What heads make of each token at each position, as they look from the last position."""

    asks: Float[Tensor, "head pos token"]
    """Attention scores."""
    moves: Float[Tensor, "head pos token d_model"]
    """What they write if they look there alone, in units of the residual stream."""
    rest: Float[Tensor, " d_model"]
    """The residual stream at the last position without what they write."""
    scale: float
    """A typical one of the final LayerNorm."""


@cache
@torch.no_grad()
def table(asked: Problem[Completion]) -> Table:
    """Read it off the weights; the final scale is that of sampled prompts.

    Raises:
        ValueError: if the model has several layers.
    """
    model, last = asked.model, asked.task.n_ctx - 1
    if asked.architecture.n_layers > 1:
        raise ValueError(f"{asked.card.slug}: a later layer reads more than the embeddings")
    the = asked.task.language.token("the")
    inputs = [reads(asked, p).total() for p in range(asked.task.n_ctx)]
    read = torch.stack(inputs)
    query = inputs[last][the] @ model.W_Q[0] + model.b_Q[0]
    keys = torch.einsum("ptm,hmd->hptd", read, model.W_K[0]) + model.b_K[0][:, None, None]
    asks = torch.einsum("hd,hptd->hpt", query, keys) / model.cfg.d_head**0.5
    moves = torch.einsum("ptm,hmn->hptn", read, w_ov(asked, 0))
    bias = torch.einsum("hd,hdm->m", model.b_V[0], model.W_O[0]) + model.b_O[0]
    generator = torch.Generator().manual_seed(last)
    sampled = asked.task.sample(200, generator).to(asked.device)
    rest = model.W_E[the] + model.W_pos[last] + bias
    return Table(asks, moves, rest, typical_final_scale(asked, sampled))


@torch.no_grad()
def attention_on(asked: Problem[Completion]) -> Float[Tensor, "head pos token"]:
    """The attention that each word at each position would get beside words that ask for as much as
    is usual at the others: the mean over those that may stand there.
    """
    found, slots = table(asked), asked.task.slots
    weights = found.asks.exp()
    usual = torch.stack(
        [weights[:, p, may_stand(asked, slot)].mean(dim=1) for p, slot in enumerate(slots)], dim=1
    )
    others = usual.sum(dim=1, keepdim=True) - usual
    return weights / (weights + others[:, :, None])


def may_stand(asked: Problem[Completion], slot: str) -> list[int]:
    """The tokens that a slot may hold."""
    words = VERBS if slot == "VERB" else SLOTS.get(slot, (slot,))
    return [asked.task.language.token(word) for word in words]


@torch.no_grad()
def verb_to_place(asked: Problem[Completion]) -> Float[Tensor, "head verb place"]:
    """The skip trigrams themselves: what each head adds to the logit of each place for each verb,
    the MLP left out; less the mean over verbs, which says nothing of the verb.
    """
    task, found = asked.task, table(asked)
    at, verbs = task.verb_at, task.language.verbs
    seen = attention_on(asked)[:, at, verbs, None] * found.moves[:, at, verbs]
    logits = seen / found.scale @ asked.model.W_U[:, task.language.places]
    return logits - logits.mean(dim=1, keepdim=True)
