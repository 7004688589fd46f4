"""What PyTorch computes, in a file that a page can read."""

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save_file
from torch import Tensor

from analyses.instruments.ablation import ablate_direct_path, mean_ablate, zero_ablate
from analyses.instruments.activations import (
    LN1_SCALE,
    MLP_OUT,
    NEURONS,
    PATTERN,
    PRE_ACTIVATIONS,
    RESID_POST,
    RESID_PRE,
    VALUES,
    Z,
    point,
)
from analyses.instruments.attribution import logit_difference_by_part
from analyses.instruments.heads import heads
from analyses.instruments.parts import Embedding, Mlp, Neurons, Part, Residual
from analyses.instruments.patching import patch
from analyses.instruments.positions import Positions
from analyses.instruments.replacing import Hook, mean_values, passing
from models.checkpoint import named
from models.problem import Problem

RANDOM, HARD, DRAWN = 150, 60, 1000
FEW = 4
"""Sequences for each intervention."""
SHARED = 64
"""Sequences that means are over."""
RIGHT = 2
SCORES = "hook_attn_scores"


class Case(NamedTuple):
    """Logits under interventions, and these as the engine is asked for them."""

    logits: Tensor
    interventions: list[dict[str, Any]]


def inputs(problem: Problem[Any]) -> Tensor:
    """Random sequences; of many those that the model is least sure of or answers wrongly; and those
    of families that are hard for it.
    """
    drawn = sampled(problem, DRAWN, seed=20_231)
    judged = problem.logits(drawn)[:, problem.task.label_positions]
    right = judged.gather(-1, problem.task.answers(drawn).unsqueeze(-1))
    others = judged.scatter(-1, problem.task.answers(drawn).unsqueeze(-1), -torch.inf)
    margins = (right.squeeze(-1) - others.amax(dim=-1)).amin(dim=-1)
    hard = margins[RANDOM:].argsort()[:HARD] + RANDOM
    return torch.cat([drawn[:RANDOM], drawn[hard], families(problem)])


def families(problem: Problem[Any]) -> Tensor:
    """Sequences that an analysis made to be hard, as the problem's tests have them; of other
    problems none.
    """
    generator = torch.Generator().manual_seed(0)
    own = f"tests.problems.{problem.card.slug}.hard_inputs"
    if importlib.util.find_spec(own):
        return importlib.import_module(own).hard_inputs(problem.task, generator)
    return problem.task.sample(0, generator)


def sampled(problem: Problem[Any], n: int, seed: int) -> Tensor:
    """Which of them the model was trained on is of no importance here."""
    return problem.task.sample(n, torch.Generator().manual_seed(seed))


def activations(problem: Problem[Any], tokens: Tensor) -> dict[str, Tensor]:
    """All that passes the model's hook points, under the names that the engine has for it.

    Of several names of one thing the bridge's own, such as `unembed.hook_in`, are left out.
    """
    logits, cache = problem.model.run_with_cache(tokens)
    found = {name: value for name, value in cache.items() if _named_by_the_engine(problem, name)}
    for layer in range(problem.architecture.n_layers):
        # There the bridge has the pattern once more.
        q, k = (cache[f"blocks.{layer}.attn.hook_{part}"].transpose(1, 2) for part in "qk")
        scores = (q @ k.mT / problem.architecture.d_head**0.5).tril()
        found[f"blocks.{layer}.attn.{SCORES}"] = scores
    for name, value in cache.items():
        if value.is_floating_point() and SCORES not in name:
            assert any(
                value.shape == kept.shape and torch.equal(value, kept)
                for kept in (*found.values(), logits)
            ), f"{name} is under no name of the engine"
    return found | {"direct": found["blocks.0.hook_resid_pre"], "logits": logits}


def _named_by_the_engine(problem: Problem[Any], name: str) -> bool:
    if name.endswith(("hook_scale", "hook_normalized")):
        return True
    *place, last = name.split(".")
    if place[-2:] == ["mlp", "ln"]:
        return last in ("hook_in", "hook_out")
    return last not in ("hook_in", "hook_out", "hook_unembed")


def cases(problem: Problem[Any], shared: Tensor, other: Tensor) -> dict[str, Case]:
    """Each part taken out, held at its mean, and patched, alone and with others; in the first
    sequences of those that means are over.
    """
    tokens = shared[:FEW]
    found = {}
    for name, parts, positions in _chosen(problem):
        zero = zero_ablate(problem, tokens, parts, positions)
        mean = mean_ablate(problem, tokens, parts, positions, reference=shared)
        patched = patch(problem, tokens, other, parts, positions)
        for kind, logits in (("zero", zero), ("mean", mean), ("other", patched)):
            value = 0 if kind == "zero" else kind
            asked = [_asked(problem, part, positions) | {"value": value} for part in parts]
            found[f"{name}, {kind}"] = Case(logits, asked)
    found["in between, other"] = _in_between(problem, tokens, other)
    direct = ablate_direct_path(problem, shared)[:FEW]
    found["direct path"] = Case(direct, [{"hook": "direct", "value": "mean"}])
    return found


def _in_between(problem: Problem[Any], tokens: Tensor, other: Tensor) -> Case:
    """What no part writes, put where it is read: at the end of a sequence, values at its start."""
    sizes, last = problem.architecture, problem.architecture.n_ctx - 1
    places = {VALUES: (0, slice(0, 1)), PATTERN: (last, (slice(None), slice(last, None)))}
    if sizes.d_mlp is not None:
        places[PRE_ACTIVATIONS] = (last, slice(last, None))
    if sizes.normalization is not None:
        places[LN1_SCALE] = (last, slice(last, None))
    layer = sizes.n_layers - 1
    at = {point(problem, name, layer): place for name, place in places.items()}
    written = passing(problem, other, at)

    def put(name: str) -> Hook:
        def replace(value: Tensor, hook: object) -> Tensor:
            index = at[name][1]
            index = (slice(None), *(index if isinstance(index, tuple) else (index,)))
            changed = value.clone()
            changed[index] = written[name][index]
            return changed

        return name, replace

    logits = problem.model.run_with_hooks(tokens, fwd_hooks=[put(name) for name in at])
    asked = [
        {"hook": name, "positions": [position], "value": "other"}
        for name, (position, _) in at.items()
    ]
    return Case(logits, asked)


def _chosen(problem: Problem[Any]) -> Iterator[tuple[str, list[Part], Positions | None]]:
    sizes, last = problem.architecture, problem.architecture.n_ctx - 1
    every = heads(problem)
    for head in every:
        yield f"head {head}", [head], None
    yield "all heads", list(every), None
    yield "a head at the end", [every[-1]], last
    yield "an embedding", [Embedding()], [0]
    yield "the residual stream at the end", [Residual(sizes.n_layers)], [last]
    if sizes.d_mlp is not None:
        for layer in range(sizes.n_layers):
            yield f"MLP {layer}", [Mlp(layer)], None
            yield f"neuron {layer}", [Neurons(layer, (1,))], None
            family = Neurons(layer, tuple(range(0, sizes.d_mlp, 3)))
            yield f"a family {layer}", [family], [0, last]
            yield f"neurons and a head {layer}", [family, every[0]], None
    else:
        yield "a layer", [Residual(sizes.n_layers - 1)], [1, last]


def _asked(problem: Problem[Any], part: Part, positions: Positions | None) -> dict[str, Any]:
    at = {} if positions is None else {"positions": positions}
    if isinstance(positions, int):
        at = {"positions": [positions]}
    match part:
        case Embedding():
            return {"hook": point(problem, RESID_PRE, 0), **at}
        case Residual(layer) if layer == problem.architecture.n_layers:
            return {"hook": point(problem, RESID_POST, layer - 1), **at}
        case Residual(layer):
            return {"hook": point(problem, RESID_PRE, layer), **at}
        case Mlp(layer):
            return {"hook": point(problem, MLP_OUT, layer), **at}
        case Neurons(layer, numbers):
            return {"hook": point(problem, NEURONS, layer), "neurons": list(numbers), **at}
        case _:
            return {"hook": point(problem, Z, part.layer), "heads": [part.number], **at}


def gradient(problem: Problem[Any], tokens: Tensor) -> Tensor:
    """Of the loss at the last position, where the first `RIGHT` classes count as right, by the
    one-hot input.
    """
    embedded: list[Tensor] = []

    def keep(value: Tensor, hook: object) -> Tensor:
        embedded.append(value.detach().clone().requires_grad_())
        return embedded[0]

    logits = problem.model.run_with_hooks(tokens, fwd_hooks=[("hook_embed", keep)])
    right = range(min(RIGHT, logits.shape[-1] - 1))
    loss = -logits[:, -1].log_softmax(dim=-1)[:, right].logsumexp(dim=-1).sum()
    (found,) = torch.autograd.grad(loss, embedded)
    return found @ problem.model.W_E.T


def write(problem: Problem[Any], path: Path) -> dict[str, list[dict[str, Any]]]:
    """Leave everything in a file; returns the interventions that the engine is to be asked for."""
    with torch.no_grad():
        tokens = inputs(problem)
        shared = sampled(problem, SHARED + FEW, seed=7)
        shared, other = shared[:SHARED], shared[SHARED:]
        asked = cases(problem, shared, other)
        left = {"tokens": tokens, "few": shared[:FEW], "other": other}
        weights = named(problem.model.state_dict(), problem.architecture.n_heads)
        kept = {name: value for name, value in weights.items() if "ln" not in name}
        left |= {f"weight {name}": value for name, value in kept.items()}
        left |= {f"activation {n}": v for n, v in activations(problem, tokens).items()}
        left |= {f"case {name}": case.logits for name, case in asked.items()}
        hooks = {each["hook"] for case in asked.values() for each in case.interventions}
        means = mean_values(problem, shared, hooks - {"direct"})
        left |= {f"mean {hook}": value[0] for hook, value in means.items()}
        left["mean direct"] = means[point(problem, RESID_PRE, 0)][0]
        short = activations(problem, shared[:FEW, :-1])
        left |= {f"short {name}": value for name, value in short.items()}
        shares = logit_difference_by_part(problem, shared[:FEW], of=1, against=0)
        named_shares = {
            "embedding": shares.embedding,
            **{str(head): shares.heads[:, at] for at, head in enumerate(heads(problem))},
            **{str(Mlp(layer)): mlp for layer, mlp in enumerate(shares.mlps.unbind(dim=1))},
            "biases": shares.biases,
        }
        left |= {f"share {name}": value for name, value in named_shares.items()}
    left["gradient"] = gradient(problem, shared[:FEW])
    save_file({name: value.float().contiguous().clone() for name, value in left.items()}, path)
    return {name: case.interventions for name, case in asked.items()}
