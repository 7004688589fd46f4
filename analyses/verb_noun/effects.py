"""Which parts carry the verb to the place: activation patching and path patching over all pairs."""

from collections.abc import Iterable, Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from analyses.instruments.heads import Head, heads
from analyses.instruments.parts import Logits, Mlp, Part, Residual, Sender
from analyses.instruments.patching import patch
from analyses.instruments.path_patching import path_patch
from analyses.verb_noun.pairs import Pairs

Direction = Literal["denoising", "noising"]


def patched(
    found: Pairs, parts: Part | Iterable[Part], direction: Direction, at: int | None = None
) -> Float[Tensor, " pair"]:
    """What it does, in logits, to put what parts write in one run into the other.

    Args:
        found: clean and corrupted prompts.
        parts: whose activations are put in place.
        direction: `denoising` runs the corrupted prompt and puts in what parts write in the clean
            one; `noising` the other way round.
        at: the only position at which that is done; None: everywhere.
    """
    where = None if at is None else [at]
    if direction == "denoising":
        return found.restored(patch(found.problem, found.corrupted, found.clean, parts, where))
    return found.broken(patch(found.problem, found.clean, found.corrupted, parts, where))


def along(
    found: Pairs, senders: Sender | Iterable[Sender], way: Literal["direct", "mlp"]
) -> Float[Tensor, " pair"]:
    """Denoising along one path: what senders write in the clean prompt reaches the logits of the
    corrupted one directly, past the MLP, or only through the MLP.
    """
    receiver = Logits() if way == "direct" else Mlp(0)
    return found.restored(
        path_patch(found.problem, found.corrupted, found.clean, senders, receiver)
    )


def attention(found: Pairs) -> list[Head]:
    """All heads, whose sum is the attention output."""
    return heads(found.problem)


@torch.no_grad()
def grid(
    found: Pairs, direction: Direction, metric: Literal["logit difference", "probability"]
) -> Float[Tensor, "part pos"]:
    """The part of the verb's whole effect that each part has at each position, as a ratio of means
    over pairs; rows are those of `rows`.

    Of the probability of the clean prompt's place, the whole effect is by how much the clean
    prompt's run gives it more than the corrupted one's.
    """
    measure = found.difference if metric == "logit difference" else found.probability
    into, out_of = (found.corrupted, found.clean)
    if direction == "noising":
        into, out_of = out_of, into
    before, after = (measure(found.problem.logits(tokens)).mean() for tokens in (into, out_of))
    cells = [
        [
            measure(patch(found.problem, into, out_of, parts, [at])).mean()
            for at in range(found.problem.task.n_ctx)
        ]
        for parts in rows(found).values()
    ]
    return (torch.stack([torch.stack(row) for row in cells]) - before) / (after - before)


def rows(found: Pairs) -> dict[str, Sequence[Part]]:
    """The rows of `grid`."""
    each: dict[str, Sequence[Part]] = {f"head {head}": [head] for head in attention(found)}
    mlp: dict[str, Sequence[Part]] = (
        {} if found.problem.architecture.attn_only else {"MLP output": [Mlp(0)]}
    )
    return {"residual stream": [Residual(0)], "attention output": attention(found), **mlp, **each}
