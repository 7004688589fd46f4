"""Take out of the weights what LayerNorm or the softmax take out anyway."""

import re
from typing import Any

from models.problem import Problem

WRITES = re.compile(r"embed\.W_E|pos_embed\.W_pos|blocks\.\d+\.(attn\.[Wb]_O|mlp\.[Wb]_out)")
"""Names of the weights and biases that write to the residual stream."""


def centre_writes(problem: Problem[Any]) -> Problem[Any]:
    """The problem with all that writes to the residual stream centred over `d_model`, as
    TransformerLens's `center_writing_weights` does.

    A model with LayerNorm gives the same probabilities afterwards, since LayerNorm takes the
    mean out anyway. One without becomes another model.
    """
    return problem.with_weights(
        {
            name: weight - weight.mean(dim=-1, keepdim=True) if WRITES.fullmatch(name) else weight
            for name, weight in problem.weights.items()
        }
    )


def centre_unembedding(problem: Problem[Any]) -> Problem[Any]:
    """The problem with unembedding and its bias centred over the classes, as TransformerLens's
    `center_unembed` does: all logits of a position shift alike, so no probability changes.
    """
    weights = dict(problem.weights)
    for name in ("unembed.W_U", "unembed.b_U"):
        weights[name] = weights[name] - weights[name].mean(dim=-1, keepdim=True)
    return problem.with_weights(weights)
