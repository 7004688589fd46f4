"""Path patching: what a sender writes reaches a receiver as another sequence has it, and nothing
else changes.

From Goldowsky-Dill et al. (2023) and Wang et al. (2022, appendix B). Two runs do it:

1. Every head's z and every neuron is held at what it is in the sequence itself, but for the
   senders, which write what they write in the other sequence. Everywhere in the residual stream
   stands what stood there, plus the difference that the senders make directly. What receivers
   read of it is recorded.
2. The sequence runs again. Receivers read what was recorded; all behind them runs as it does.

So a receiver reads no change that another receiver makes, but for the logits, which read what
the receivers before them changed, and besides what the senders wrote. The LayerNorm through which a
receiver reads belongs to the receiver: it divides by the scale of the changed stream (`recomputed`)
unless it is `frozen` at the scale of the sequence itself. Frozen, what several senders change in
what a receiver reads adds up.

Neurons with a SoLU share a softmax and a LayerNorm with all others of their layer. These belong to
each neuron: as a receiver it does what it would if the whole MLP read the change, and the others do
what they do.
"""

from collections.abc import Iterable
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from analyses.instruments.activations import (
    BEHIND_SOLU,
    KEYS,
    LN1_SCALE,
    LN2_SCALE,
    LN_FINAL_SCALE,
    NEURONS,
    PRE_ACTIVATIONS,
    QUERIES,
    RESID_POST,
    VALUES,
    Z,
    point,
)
from analyses.instruments.heads import Head
from analyses.instruments.parts import (
    Input,
    Logits,
    Mlp,
    Neurons,
    Receiver,
    Sender,
    check_part,
    listed,
    read_at,
    written_at,
)
from analyses.instruments.patching import patch
from analyses.instruments.positions import Positions, chosen
from analyses.instruments.replacing import (
    Hook,
    Replacement,
    Tokens,
    means,
    others,
    passing,
    put,
    replacing_hooks,
    spread,
)
from models.problem import BATCH, Problem

READ_AT = {"Q": QUERIES, "K": KEYS, "V": VALUES}
LayerNormScale = Literal["recomputed", "frozen"]


def path_patch(
    problem: Problem[Any],
    tokens: Tokens,
    other: Int[Tensor, "other n_ctx"],
    senders: Sender | Iterable[Sender],
    receivers: Receiver | Iterable[Receiver],
    sent_at: Positions | None = None,
    received_at: Positions | None = None,
    scale: LayerNormScale = "recomputed",
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """The logits of `tokens` when receivers read of senders what those write in `other`.

    Args:
        problem: whose model is run.
        tokens: what it reads.
        other: the sequences that the senders read instead, one for each.
        senders: one or several, such as `Head(0, 1)` or `Embedding()`.
        receivers: one or several, such as `Input(Head(1, 0), "K")` or `Logits()`.
        sent_at: positions at which senders write what they write there; None: everywhere.
        received_at: positions at which receivers read that, whose query, key or value changes;
            None: everywhere.
        scale: what the LayerNorm of a receiver divides by.

    Raises:
        IndexError: if the model does not have one of them, or sequences such a position.
        ValueError: if a sender comes before no receiver, or a receiver behind no sender; if the
            model has no MLP, and one of them belongs to it; or if there is not one other sequence
            for each, of the same length.
    """
    check_paths(problem, senders := listed(senders), receivers := listed(receivers))
    written = others(problem, tokens, other, senders, sent_at)
    return _along(problem, tokens, written, receivers, received_at, scale)


def mean_ablate_path(
    problem: Problem[Any],
    tokens: Tokens,
    senders: Sender | Iterable[Sender],
    receivers: Receiver | Iterable[Receiver],
    reference: Int[Tensor, "reference n_ctx"] | None = None,
    sent_at: Positions | None = None,
    received_at: Positions | None = None,
    scale: LayerNormScale = "recomputed",
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """The logits when receivers read of senders the mean of what those write in reference inputs,
    position by position; None: in `tokens`.

    The rest is as in `path_patch`.
    """
    check_paths(problem, senders := listed(senders), receivers := listed(receivers))
    written = means(problem, tokens, senders, sent_at, reference)
    return _along(problem, tokens, written, receivers, received_at, scale)


def direct_effect(
    problem: Problem[Any],
    tokens: Tokens,
    other: Int[Tensor, "other n_ctx"],
    senders: Sender | Iterable[Sender],
    sent_at: Positions | None = None,
    scale: LayerNormScale = "recomputed",
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """By how much the logits change if only they see that senders write what they write in
    `other`: `path_patch` to the logits, less the logits.
    """
    patched = path_patch(problem, tokens, other, senders, Logits(), sent_at, scale=scale)
    return patched - problem.logits(tokens)


def total_effect(
    problem: Problem[Any],
    tokens: Tokens,
    other: Int[Tensor, "other n_ctx"],
    senders: Sender | Iterable[Sender],
    sent_at: Positions | None = None,
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """By how much the logits change if senders write what they write in `other` and all behind
    them runs: `patch`, less the logits.
    """
    return patch(problem, tokens, other, senders, sent_at) - problem.logits(tokens)


def check_paths(problem: Problem[Any], senders: list[Sender], receivers: list[Receiver]) -> None:
    """See to it that each sender is followed by a receiver, and each receiver preceded by a sender.

    Raises:
        ValueError: if one is not; if there is none; or if one belongs to an MLP that the model does
            not have.
        IndexError: if the model does not have one of them.
    """
    if not senders or not receivers:
        raise ValueError("a path needs a sender and a receiver")
    for part in (*senders, *receivers):
        check_part(problem, part)
    written = {str(sender): written_at(sender) for sender in senders}
    read = {str(receiver): read_at(problem, receiver) for receiver in receivers}
    for receiver, place in read.items():
        if place <= min(written.values()):
            raise ValueError(f"no path leads from {', '.join(written)} to {receiver}")
    for sender, place in written.items():
        if place >= max(read.values()):
            raise ValueError(f"no path leads from {sender} to {', '.join(read)}")


@torch.no_grad()
def _along(
    problem: Problem[Any],
    tokens: Tokens,
    written: Replacement,
    receivers: list[Receiver],
    received_at: Positions | None,
    scale: LayerNormScale,
) -> Float[Tensor, "batch pos d_vocab_out"]:
    tokens = tokens.to(problem.device)
    at = chosen(received_at, tokens)
    read = _read(problem, receivers)
    held = _held(problem)
    scales = _scales(problem) if scale == "frozen" else []
    final = [point(problem, RESID_POST, problem.architecture.n_layers - 1)]
    final = final if Logits() in receivers else []
    logits: list[Tensor] = []
    for rows in torch.arange(len(tokens), device=problem.device).split(BATCH):
        own = passing(problem, tokens[rows], [*held, *scales, *final])
        hooks: list[Hook] = [(name, _hold(own[name])) for name in (*held, *scales)]
        hooks += written.hooks(rows)
        recorded = passing(problem, tokens[rows], [*read, *final], hooks)
        replayed = replacing_hooks(read, recorded, at[rows])
        for name in final:
            change = (recorded[name] - own[name]) * spread(at[rows], 1)
            replayed.append((name, _add(change)))
        if final and LN_FINAL_SCALE in scales:
            replayed.append((LN_FINAL_SCALE, put(own[LN_FINAL_SCALE], spread(at[rows], 1))))
        logits.append(problem.model.run_with_hooks(tokens[rows], fwd_hooks=replayed))
    return torch.cat(logits)


def _hold(value: Tensor) -> Any:
    return lambda passing, hook: value


def _add(change: Tensor) -> Any:
    return lambda passing, hook: passing + change


def _held(problem: Problem[Any]) -> list[str]:
    names = [Z] if problem.architecture.attn_only else [Z, NEURONS]
    layers = range(problem.architecture.n_layers)
    return [point(problem, name, layer) for layer in layers for name in names]


def _scales(problem: Problem[Any]) -> list[str]:
    sizes = problem.architecture
    if sizes.normalization is None:
        return []
    names = [LN1_SCALE] if sizes.attn_only else [LN1_SCALE, LN2_SCALE]
    layers = range(sizes.n_layers)
    return [LN_FINAL_SCALE, *(point(problem, name, layer) for layer in layers for name in names)]


def _read(problem: Problem[Any], receivers: list[Receiver]) -> dict[str, Bool[Tensor, "..."]]:
    """By hook point, which of what passes there at one position receivers compute from what they
    read. What the logits read is no part's own.
    """
    sizes, found = problem.architecture, dict[str, Tensor]()
    of_neurons = BEHIND_SOLU if sizes.act_fn == "solu_ln" else PRE_ACTIVATIONS

    def mark(name: str, layer: int, *shape: int) -> Tensor:
        empty = torch.zeros(*shape, dtype=torch.bool, device=problem.device)
        return found.setdefault(point(problem, name, layer), empty)

    for receiver in receivers:
        match receiver:
            case Head():
                for name in READ_AT.values():
                    mark(name, receiver.layer, sizes.n_heads, 1)[receiver.number] = True
            case Input(head, kind):
                mark(READ_AT[kind], head.layer, sizes.n_heads, 1)[head.number] = True
            case Mlp(layer):
                mark(of_neurons, layer, sizes.d_mlp or 0)[:] = True
            case Neurons(layer, numbers):
                mark(of_neurons, layer, sizes.d_mlp or 0)[list(numbers)] = True
            case Logits():
                pass
    return found
