"""Change one thing inside the model, run it, see what becomes of the logits."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from analyses.instruments.activations import (
    BEFORE_RELU,
    KEYS,
    MLP_OUT,
    NEURONS,
    PATTERN,
    QUERIES,
    RESID_POST,
    RESID_PRE,
    VALUES,
    Z,
    activations,
)
from analyses.instruments.circuits import reads
from models.problem import BATCH, Problem

Logits = Float[Tensor, "batch pos d_vocab_out"]
Tokens = Int[Tensor, "batch n_ctx"]
Hook = tuple[str | Callable[..., Any], Callable[..., Any]]
WRITES = re.compile(r"embed\.W_E|pos_embed\.W_pos|blocks\.\d+\.(attn\.[Wb]_O|mlp\.[Wb]_out)")
"""Names of the weights and biases that write to the residual stream."""


@dataclass(frozen=True)
class Intervention:
    """Something done to a model while it runs, which explanations can be asked about."""

    name: str
    """By which they know it."""
    what: str
    """In words."""
    run: Callable[[Problem[Any], Tokens], Logits]


@torch.no_grad()
def mean_ablate_head(problem: Problem[Any], tokens: Tokens, head: int) -> Logits:
    """Replace what a head writes by its mean over `tokens`, position by position.

    Only `hook_z` is edited: what the head writes is linear in it, so averaging z averages
    the output.
    """

    def replace(z: Tensor, hook: object) -> Tensor:
        edited = z.clone()
        edited[:, :, head] = z[:, :, head].mean(dim=0, keepdim=True)
        return edited

    return _run(problem, tokens, [(Z, replace)])


@torch.no_grad()
def resample_heads(
    problem: Problem[Any],
    tokens: Tokens,
    query: Int[Tensor, " batch"],
    donors: Mapping[int, Tokens],
) -> Float[Tensor, "batch d_vocab_out"]:
    """Let heads write at one position of each sequence what they write there in another one.

    Causal scrubbing's operation (Chan et al. 2022): if what a head says depends only on what a
    sequence and its donor have in common, nothing changes.

    Args:
        problem: whose model is run.
        tokens: what it reads, but for the heads named in `donors`.
        query: the position of each sequence at which those write something else.
        donors: by head, the sequences that it reads instead, one for each.

    Returns:
        The logits at `query`.
    """
    rows = torch.arange(len(tokens), device=problem.device)
    read = {id(other): other for other in donors.values()}
    z = {key: activations(problem, other, Z)[rows, query] for key, other in read.items()}
    written = {head: z[id(other)][:, head] for head, other in donors.items()}
    parts = []
    for batch in rows.split(BATCH):

        def replace(z: Tensor, hook: object, batch: Tensor = batch) -> Tensor:
            edited = z.clone()
            for head, other in written.items():
                edited[rows[: len(batch)], query[batch], head] = other[batch]
            return edited

        logits = _run(problem, tokens[batch], [(Z, replace)])
        parts.append(logits[rows[: len(batch)], query[batch]])
    return torch.cat(parts)


@torch.no_grad()
def average_positions(
    problem: Problem[Any], tokens: Tokens, parts: Sequence[slice], queries: bool = False
) -> Logits:
    """Let the heads read each token of some parts of the sequence at the mean positional
    embedding of its part, as the circuits do (`circuits.reads`).

    Keys and values are those of the mean; the queries with `queries` only. What the direct path
    adds is left as it is.
    """
    model = problem.model
    weights = {KEYS: (model.W_K[0], model.b_K[0]), VALUES: (model.W_V[0], model.b_V[0])}
    if queries:
        weights[QUERIES] = (model.W_Q[0], model.b_Q[0])
    read = [(part, reads(problem, part).total()) for part in parts]

    def hook(weight: Tensor, bias: Tensor, batch: Tokens) -> Callable[..., Tensor]:
        def replace(heads: Tensor, hook: object) -> Tensor:
            edited = heads.clone()
            for part, at_mean in read:
                projected = torch.einsum("tm,hmd->thd", at_mean, weight) + bias
                edited[:, part] = projected[batch[:, part]]
            return edited

        return replace

    return torch.cat(
        [
            _run(problem, batch, [(name, hook(*pair, batch)) for name, pair in weights.items()])
            for batch in tokens.to(problem.device).split(BATCH)
        ]
    )


@torch.no_grad()
def fix_attention(problem: Problem[Any], tokens: Tokens) -> Logits:
    """Replace the attention pattern of every head by its mean over `tokens`, query by query.

    What stands at each position still counts; where a head looks depends on it no more.
    """
    tokens = tokens.to(problem.device)
    mean = activations(problem, tokens, PATTERN).mean(dim=0)

    def replace(pattern: Tensor, hook: object) -> Tensor:
        return mean.expand_as(pattern)

    return torch.cat([_run(problem, batch, [(PATTERN, replace)]) for batch in tokens.split(BATCH)])


@torch.no_grad()
def mean_ablate_term(
    problem: Problem[Any],
    resid: Float[Tensor, "batch d_model"],
    term: Float[Tensor, "batch d_model"],
    query: Int[Tensor, " batch"],
) -> Float[Tensor, "batch d_vocab_out"]:
    """Replace one term of the final residual stream by its mean over the sequences that are
    asked at the same position.

    Args:
        problem: whose unembedding reads the rest.
        resid: the residual stream at one position of each sequence, after the last layer.
        term: what is replaced; `resid` is the sum of this and others.
        query: the position of each sequence.

    Returns:
        The logits there.
    """
    places = torch.zeros(problem.task.n_ctx, len(term), dtype=term.dtype, device=term.device)
    places[query, torch.arange(len(term), device=term.device)] = 1
    mean = (places @ term) / places.sum(dim=1, keepdim=True).clamp_min(1)
    return read_out(problem, resid - term + mean[query])


@torch.no_grad()
def read_out(
    problem: Problem[Any], resid: Float[Tensor, "batch d_model"]
) -> Float[Tensor, "batch d_vocab_out"]:
    """The logits of a residual stream after the last layer: final LayerNorm and unembedding."""
    if problem.architecture.normalization is not None:
        resid = resid - resid.mean(dim=-1, keepdim=True)
        variance = resid.square().mean(dim=-1, keepdim=True)
        resid = resid / (variance + problem.model.cfg.eps).sqrt()
    return resid @ problem.model.W_U + problem.model.b_U


@torch.no_grad()
def read_out_mid(
    problem: Problem[Any], resid: Float[Tensor, "batch d_model"]
) -> Float[Tensor, "batch d_vocab_out"]:
    """The logits of a residual stream after the attention of the only layer (`resid_mid`): the
    MLP, if there is one, and `read_out`.

    Raises:
        ValueError: if the model has more than one layer, or an MLP that reads through LayerNorm.
    """
    sizes, model = problem.architecture, problem.model
    if sizes.n_layers > 1 or not (sizes.attn_only or sizes.normalization is None):
        raise ValueError(
            f"{problem.card.slug}: resid_mid is read out of one layer, with an MLP only if that "
            "reads without LayerNorm"
        )
    direct = read_out(problem, resid)
    if sizes.attn_only:
        return direct
    active = (resid @ model.W_in[0] + model.b_in[0]).relu()
    # Without LayerNorm what the MLP writes is read by itself: a few classes, not d_model.
    return direct + active @ (model.W_out[0] @ model.W_U) + model.b_out[0] @ model.W_U


def ablate_neurons(
    problem: Problem[Any], tokens: Tokens, neurons: Sequence[int], mean: bool = False
) -> Logits:
    """Switch neurons of the MLP off: put 0 in place of their activations, or with `mean` their
    mean over `tokens`, position by position.

    Raises:
        IndexError: if the MLP has no such neuron.
    """
    return _replace_neurons(
        problem,
        tokens,
        neurons,
        lambda active: active.mean(dim=0) if mean else torch.zeros_like(active[0]),
    )


def hold_neurons(
    problem: Problem[Any],
    tokens: Tokens,
    neurons: Sequence[int],
    at: Float[Tensor, "batch pos d_mlp"],
) -> Logits:
    """Put given activations in place of those of some neurons of the MLP.

    Raises:
        IndexError: if the MLP has no such neuron.
    """
    return _replace_neurons(problem, tokens, neurons, lambda active: at.to(active))


@torch.no_grad()
def _replace_neurons(
    problem: Problem[Any],
    tokens: Tokens,
    neurons: Sequence[int],
    put: Callable[[Tensor], Tensor],
) -> Logits:
    n_neurons = problem.architecture.d_mlp or 0
    if wrong := [neuron for neuron in neurons if not 0 <= neuron < n_neurons]:
        raise IndexError(f"no neuron {wrong[0]}; the MLP has {n_neurons}, counted from 0")
    chosen = torch.zeros(n_neurons, dtype=torch.bool)
    chosen[list(neurons)] = True

    def replace(active: Tensor, hook: object) -> Tensor:
        return torch.where(chosen.to(active.device), put(active), active)

    return _run(problem, tokens, [(NEURONS, replace)])


@torch.no_grad()
def ablate_mlp(problem: Problem[Any], tokens: Tokens, mean: bool = True) -> Logits:
    """Replace what the MLP writes, output bias included, by its mean over `tokens`, position
    by position; without `mean`, by 0.

    Raises:
        ValueError: if the model has no MLP.
    """
    if problem.architecture.attn_only:
        raise ValueError(f"{problem.card.slug}: the model is attention-only; no MLP to ablate")

    def replace(written: Tensor, hook: object) -> Tensor:
        put = written.mean(dim=0) if mean else torch.zeros_like(written[0])
        return put.expand_as(written)

    return _run(problem, tokens, [(MLP_OUT, replace)])


@torch.no_grad()
def without_relu(problem: Problem[Any], tokens: Tokens) -> Logits:
    """Put the identity in place of the MLP's ReLU: the whole model is linear behind the
    attention pattern.
    """
    seen: dict[str, Tensor] = {}

    def remember(before: Tensor, hook: object) -> Tensor:
        seen["before"] = before
        return before

    return _run(
        problem, tokens, [(BEFORE_RELU, remember), (NEURONS, lambda active, hook: seen["before"])]
    )


@torch.no_grad()
def ablate_direct_path(problem: Problem[Any], tokens: Tokens) -> Logits:
    """Replace what the embeddings add to the final residual stream by its mean over
    `tokens`, position by position. The heads still read the true embeddings.
    """
    seen: dict[str, Tensor] = {}

    def remember(resid: Tensor, hook: object) -> Tensor:
        seen["embeddings"] = resid
        return resid

    def replace(resid: Tensor, hook: object) -> Tensor:
        embeddings = seen["embeddings"]
        return resid - embeddings + embeddings.mean(dim=0, keepdim=True)

    return _run(problem, tokens, [(RESID_PRE, remember), (RESID_POST, replace)])


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


def _run(problem: Problem[Any], tokens: Tokens, hooks: list[Hook]) -> Logits:
    # In one batch, since a mean over the data must see all of it.
    return problem.model.run_with_hooks(tokens.to(problem.device), fwd_hooks=hooks)
