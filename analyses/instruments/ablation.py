"""Take parts out of a model: put zero, a mean, or what they write elsewhere in their place.

Several parts are ablated in one run: what the first does to what the second reads counts. What a
head writes without the output bias is ablated, and of a model with LayerNorm that is the folded
one's (`Problem.model`), whose output bias holds the value biases: zero ablation leaves them. An
MLP is ablated with its output bias, neurons without; of a SoLU the biases of the LayerNorm behind
it are part of that.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.parts import Embedding, Logits, Part, PartT
from analyses.instruments.path_patching import mean_ablate_path
from analyses.instruments.positions import Positions
from analyses.instruments.replacing import Tokens, means, others, run, zeros
from models.problem import Problem


def zero_ablate(
    problem: Problem[Any],
    tokens: Tokens,
    parts: Part | Iterable[Part],
    positions: Positions | None = None,
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """The logits with 0 in place of what parts write.

    Args:
        problem: whose model is run.
        tokens: what it reads.
        parts: one or several, such as `Head(0, 1)` or `Neurons(0, [2, 3])`.
        positions: at which they are ablated; None: everywhere.

    Raises:
        IndexError: if the model does not have one of them, or sequences such a position.
        ValueError: if it has no MLP, and one of them belongs to it.
    """
    return run(problem, tokens, [zeros(problem, tokens, parts, positions)])


def mean_ablate(
    problem: Problem[Any],
    tokens: Tokens,
    parts: Part | Iterable[Part],
    positions: Positions | None = None,
    reference: Int[Tensor, "reference n_ctx"] | None = None,
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """The logits with the mean over reference inputs in place of what parts write, position by
    position.

    Args:
        problem: whose model is run.
        tokens: what it reads.
        parts: one or several, such as `Head(0, 1)`.
        positions: at which they are ablated; None: everywhere.
        reference: the inputs that the mean is over; None: `tokens`.

    Raises:
        IndexError: if the model does not have one of them, or sequences such a position.
        ValueError: if it has no MLP, and one of them belongs to it.
    """
    return run(problem, tokens, [means(problem, tokens, parts, positions, reference)])


def resample_ablate(
    problem: Problem[Any],
    tokens: Tokens,
    donors: Mapping[PartT, Int[Tensor, "other n_ctx"]],
    positions: Positions | None = None,
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """The logits when parts write what they write in other sequences.

    Causal scrubbing's operation (Chan et al. 2022): if what a part says depends only on what a
    sequence and its donor have in common, nothing changes.

    Args:
        problem: whose model is run.
        tokens: what it reads.
        donors: by part, the sequences that it reads instead, one for each.
        positions: at which they write what they write there; None: everywhere.

    Raises:
        IndexError: if the model does not have one of them, or sequences such a position.
        ValueError: if it has no MLP, and one of them belongs to it; or if there is not one donor
            for each sequence, of the same length.
    """
    return run(
        problem,
        tokens,
        [others(problem, tokens, donor, part, positions) for part, donor in donors.items()],
    )


def ablate_direct_path(
    problem: Problem[Any], tokens: Tokens
) -> Float[Tensor, "batch pos d_vocab_out"]:
    """Replace what the embeddings add to the final residual stream by its mean over `tokens`,
    position by position. Heads and MLPs still read the true embeddings.
    """
    return mean_ablate_path(problem, tokens, Embedding(), Logits())
