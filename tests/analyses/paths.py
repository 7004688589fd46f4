"""Path patching once more: a plain transformer part by part, each reading a sum of writes.

No hooks, no recorded activations and no folded weights: what the instruments are held against.
"""

from collections.abc import Callable, Mapping
from math import sqrt

import torch
from torch import Tensor

from analyses.instruments.heads import Head
from analyses.instruments.parts import Embedding, Input, Logits, Mlp, Neurons, Residual, Sender
from models.plain import EPS, PlainTransformer
from models.problem import Problem
from models.sorted_list.task import SortedList

Reader = Input | Mlp | Neurons | Logits
Writes = dict[object, Tensor]
"""By part, what it writes, in the order in which they do; the MLP of a layer neuron by neuron."""


class PartByPart:
    """A model as a list of parts that each write, and read the sum of what is written so far."""

    def __init__(self, problem: Problem[SortedList]) -> None:
        self.plain = PlainTransformer(problem.weights, problem.architecture)
        self.sizes = problem.architecture

    def weight(self, name: str, *index: int) -> Tensor:
        return self.plain.parameter(name)[index]

    def normalised(self, stream: Tensor, name: str, scaled_as: Tensor | None) -> Tensor:
        if self.sizes.normalization is None:
            return stream
        like = stream if scaled_as is None else scaled_as
        variance = like.var(dim=-1, unbiased=False, keepdim=True)
        centred = stream - stream.mean(dim=-1, keepdim=True)
        return centred / (variance + EPS).sqrt() * self.weight(f"{name}.w") + self.weight(
            f"{name}.b"
        )

    def read(self, reader: Reader, stream: Tensor, scaled_as: Tensor | None = None) -> Tensor:
        """What a part computes from the residual stream before anything else."""
        match reader:
            case Input(head, kind):
                block, part = f"blocks.{head.layer}", kind.upper()
                seen = self.normalised(stream, f"{block}.ln1", scaled_as)
                weight = self.weight(f"{block}.attn.W_{part}", head.number)
                return seen @ weight + self.weight(f"{block}.attn.b_{part}", head.number)
            case Mlp(layer) | Neurons(layer):
                block = f"blocks.{layer}"
                seen = self.normalised(stream, f"{block}.ln2", scaled_as)
                return seen @ self.weight(f"{block}.mlp.W_in") + self.weight(f"{block}.mlp.b_in")
            case Logits():
                seen = self.normalised(stream, "ln_final", scaled_as)
                return seen @ self.weight("unembed.W_U") + self.weight("unembed.b_U")

    def computed(self, reader: Reader, stream: Tensor, scaled_as: Tensor | None = None) -> Tensor:
        """What a part makes of it, by itself: an MLP its activations."""
        read = self.read(reader, stream, scaled_as)
        if isinstance(reader, Mlp | Neurons):
            return self.plain.active(read, f"blocks.{reader.layer}")
        return read

    def pattern(self, head: Head, q: Tensor, k: Tensor) -> Tensor:
        scores = torch.einsum("bqd,bkd->bqk", q, k) / sqrt(self.sizes.d_head)
        length = q.shape[1]
        allowed = torch.arange(length)[:, None] >= torch.arange(length)
        return torch.where(allowed, scores, -torch.inf).softmax(dim=-1)

    def head(self, head: Head, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return (
            self.pattern(head, q, k) @ v @ self.weight(f"blocks.{head.layer}.attn.W_O", head.number)
        )

    def writes(
        self,
        tokens: Tensor,
        reading: Callable[[Reader, Tensor], Tensor] | None = None,
        writing: Callable[[object, Tensor], Tensor] = lambda part, write: write,
        shift: Callable[[int, Tensor], Tensor] = lambda layer, stream: torch.zeros_like(stream),
    ) -> tuple[Writes, Tensor]:
        """What every part writes, and the logits; `reading` is what parts compute instead,
        `writing` what they write instead, `shift` what is added to the residual stream before a
        layer.
        """
        read, sizes = reading or self.computed, self.sizes
        embedded = self.weight("embed.W_E")[tokens]
        embedded = embedded + self.weight("pos_embed.W_pos")[: tokens.shape[1]]
        written: Writes = {Embedding(): writing(Embedding(), embedded)}
        for layer in range(sizes.n_layers):
            stream = sum_of(written)
            written["shift", layer] = shift(layer, stream)
            stream = sum_of(written)
            for number in range(sizes.n_heads):
                head = Head(layer, number)
                q, k, v = (read(Input(head, kind), stream) for kind in ("Q", "K", "V"))
                written[head] = writing(head, self.head(head, q, k, v))
            written["b_O", layer] = self.weight(f"blocks.{layer}.attn.b_O").expand_as(stream)
            if not sizes.attn_only:
                active = read(Mlp(layer), sum_of(written))
                for number in range(sizes.d_mlp or 0):
                    weight = self.weight(f"blocks.{layer}.mlp.W_out", number)
                    neuron = "neuron", layer, number
                    written[neuron] = writing(neuron, active[..., number, None] * weight)
                bias = self.weight(f"blocks.{layer}.mlp.b_out").expand_as(stream)
                written["b_out", layer] = writing(("b_out", layer), bias)
        stream = sum_of(written)
        return written, read(Logits(), stream + shift(sizes.n_layers, stream))

    def before(self, reader: Reader, written: Mapping[object, Tensor]) -> Writes:
        """Of what is written, what a part reads."""
        match reader:
            case Input(head):
                last = head.layer, 0
            case Mlp(layer) | Neurons(layer):
                last = layer, 1
            case Logits():
                last = self.sizes.n_layers, 0
        return {part: write for part, write in written.items() if place(part) < last}

    @torch.no_grad()
    def replaced(
        self, tokens: Tensor, parts: list[Sender | Residual], values: Writes, at: Tensor
    ) -> Tensor:
        """The logits with other writes of some parts at some positions, `[batch, pos]`."""

        def writing(part: object, own: Tensor) -> Tensor:
            if not any(belongs(part, each) for each in parts):
                return own
            return torch.where(at[..., None], values[part], own)

        def shift(layer: int, stream: Tensor) -> Tensor:
            if Residual(layer) not in parts:
                return torch.zeros_like(stream)
            before = [write for part, write in values.items() if place(part) < (layer, 0)]
            return at[..., None] * (torch.stack(before).sum(dim=0) - stream)

        return self.writes(tokens, writing=writing, shift=shift)[1]

    @torch.no_grad()
    def path_patched(
        self,
        tokens: Tensor,
        other: Tensor,
        senders: list[Sender],
        receivers: list[Reader],
        sent: Tensor,
        received: Tensor,
        frozen: bool = False,
    ) -> Tensor:
        """The logits; `sent` and `received` are masks of positions, `[batch, pos]`."""
        clean, _ = self.writes(tokens)
        elsewhere, _ = self.writes(other)
        change = {
            part: torch.where(sent[..., None], elsewhere[part] - clean[part], 0.0)
            for part in clean
            if any(belongs(part, sender) for sender in senders)
        }

        def reading(reader: Reader, stream: Tensor) -> Tensor:
            own, patched = self.computed(reader, stream), torch.zeros(())
            change_here = self.before(reader, change)
            given = sum_of(self.before(reader, clean))
            # Only the logits read what other receivers changed.
            base = stream if isinstance(reader, Logits) else given
            changed = base + sum_of(change_here) if change_here else base
            patched = self.computed(reader, changed, given if frozen else None)
            here = self.received(reader, receivers, own) & received[..., None]
            return torch.where(here, patched, own)

        return self.writes(tokens, reading)[1]

    def received(self, reader: Reader, receivers: list[Reader], read: Tensor) -> Tensor:
        """Which of what a part computes is a receiver's."""
        mine = torch.zeros(read.shape[-1], dtype=torch.bool)
        for receiver in receivers:
            if receiver == reader:
                mine[:] = True
            elif isinstance(receiver, Neurons) and reader == Mlp(receiver.layer):
                mine[list(receiver.numbers)] = True
        return mine


def sum_of(written: Mapping[object, Tensor]) -> Tensor:
    return torch.stack(list(written.values())).sum(dim=0)


def place(part: object) -> tuple[int, int]:
    match part:
        case Embedding():
            return -1, 0
        case Head(layer) | ("b_O", layer):
            return layer, 0
        case ("shift", layer):
            return layer, -1
        case ("neuron", layer, _) | ("b_out", layer):
            return layer, 1
        case _:
            raise ValueError(part)


def belongs(part: object, sender: object) -> bool:
    match sender, part:
        case Mlp(layer), ("b_out", of):
            return layer == of
        case Mlp(layer), ("neuron", of, _):
            return layer == of
        case Neurons(layer, numbers), ("neuron", of, number):
            return layer == of and number in numbers
        case _:
            return part == sender
