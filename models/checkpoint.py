"""Read and write weights, under HookedTransformer's names, never executing a pickle.

A checkpoint maps names such as `embed.W_E` `[d_vocab, d_model]` and
`blocks.0.attn.W_Q` `[head, d_model, d_head]` to tensors. All sizes can be read off it.
"""

import pickle
import re
from pathlib import Path
from zipfile import BadZipFile

import torch
from einops import rearrange
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.card import Architecture
from models.errors import CheckpointError

NamedWeights = dict[str, Tensor]
IGNORED = (".attn.mask", ".attn.IGNORE")
_PICKLE_SUFFIXES = (".pt", ".pth")
_HEADS_FIRST = {
    "q": "(head d_head) d_model -> head d_model d_head",
    "k": "(head d_head) d_model -> head d_model d_head",
    "v": "(head d_head) d_model -> head d_model d_head",
    "o": "d_model (head d_head) -> head d_head d_model",
}


def read(path: Path) -> NamedWeights:
    """Read safetensors, or the `.pt` state dict of a HookedTransformer.

    The buffers `*.attn.mask` and `*.attn.IGNORE` are dropped. Code in a pickle is never
    executed: `.pt` files are read with `weights_only=True`.

    Raises:
        CheckpointError: if the file is missing, truncated, of another format, or a
            pickle that holds anything but tensors.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; give the path of a checkpoint.")
    try:
        loaded = _read_pickle(path) if path.suffix in _PICKLE_SUFFIXES else load_file(path)
    except SafetensorError as error:
        raise CheckpointError(
            f"{path}: not a whole safetensors file ({error}); "
            "fetch it again, or name a HookedTransformer state dict `.pt`."
        ) from error
    return {name: tensor for name, tensor in loaded.items() if not name.endswith(IGNORED)}


def _read_pickle(path: Path) -> NamedWeights:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path}: holds more than tensors, so it was refused and nothing in it was run; "
            "save the state dict alone (`torch.save(model.state_dict(), path)`) or safetensors."
        ) from error
    except (RuntimeError, EOFError, BadZipFile, OSError) as error:
        raise CheckpointError(
            f"{path}: not a whole PyTorch file ({error}); fetch it again."
        ) from error
    if not isinstance(loaded, dict) or not all(isinstance(v, Tensor) for v in loaded.values()):
        raise CheckpointError(
            f"{path}: expected a state dict (names to tensors), found {type(loaded).__name__}."
        )
    return loaded


def write(weights: NamedWeights, path: Path) -> None:
    """Write weights as safetensors."""
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, path)


def architecture_of(weights: NamedWeights, expected: Architecture, origin: str) -> Architecture:
    """Read the sizes off the tensors.

    Width, heads and depth may differ from `expected`; vocabulary, context, the presence
    of LayerNorm and of MLPs may not, since the task or the analysis depends on them.

    Raises:
        CheckpointError: naming what was expected and what was found.
    """
    required = ("embed.W_E", "pos_embed.W_pos", "unembed.W_U", "blocks.0.attn.W_Q")
    missing = [name for name in required if name not in weights]
    if missing:
        raise CheckpointError(
            f"{origin}: {', '.join(missing)} missing; expected the names of a HookedTransformer "
            f"state dict, found {', '.join(sorted(weights)[:4]) or 'nothing'}, ..."
        )
    n_heads, d_model, d_head = weights["blocks.0.attn.W_Q"].shape
    blocks = [re.match(r"blocks\.(\d+)\.", name) for name in weights]
    d_mlp = weights["blocks.0.mlp.W_in"].shape[1] if "blocks.0.mlp.W_in" in weights else None
    found = expected.model_copy(
        update={
            "n_layers": 1 + max(int(match[1]) for match in blocks if match),
            "n_heads": n_heads,
            "d_model": d_model,
            "d_head": d_head,
            "d_mlp": d_mlp,
            "d_vocab": weights["embed.W_E"].shape[0],
            "d_vocab_out": weights["unembed.W_U"].shape[1],
            "n_ctx": weights["pos_embed.W_pos"].shape[0],
            "normalization": "LN" if "ln_final.w" in weights else None,
        }
    )
    fixed = ("d_vocab", "d_vocab_out", "n_ctx", "normalization", "n_layers")
    differing = [name for name in fixed if getattr(found, name) != getattr(expected, name)]
    if (found.d_mlp is None) != (expected.d_mlp is None):
        differing.append("d_mlp")
    if differing:
        raise CheckpointError(
            f"{origin}: a checkpoint of another shape: "
            + "; ".join(
                f"{name} is {getattr(found, name)}, expected {getattr(expected, name)}"
                for name in differing
            )
            + ". Give a checkpoint of the same task."
        )
    return found


def unwrapped(weights: NamedWeights) -> NamedWeights:
    """Bring embeddings that lie in the order 0 .. m, -m .. -1 into the order of tokens, -m .. m."""
    rows = weights["embed.W_E"]
    return weights | {"embed.W_E": rows.roll(len(rows) // 2, dims=0)}


def named(state: dict[str, Tensor], n_heads: int) -> NamedWeights:
    """HookedTransformer's names and shapes for the state of a TransformerBridge."""
    return dict(_named(name, tensor, n_heads) for name, tensor in state.items())


def _named(name: str, tensor: Tensor, n_heads: int) -> tuple[str, Tensor]:
    tensor = tensor.detach().cpu().clone()
    if name == "embed.weight":
        return "embed.W_E", tensor
    if name == "pos_embed.weight":
        return "pos_embed.W_pos", tensor
    if name.startswith("unembed."):
        return ("unembed.W_U", tensor.T) if name.endswith("weight") else ("unembed.b_U", tensor)
    place, kind = name.rsplit(".", 1)
    if "ln" in place.rsplit(".", 1)[-1]:
        return f"{place}.{kind[0]}", tensor
    module, part = place.rsplit(".", 1)
    if module.endswith(".attn"):
        if kind == "weight":
            return f"{module}.W_{part.upper()}", rearrange(tensor, _HEADS_FIRST[part], head=n_heads)
        bias = tensor if part == "o" else rearrange(tensor, "(head d) -> head d", head=n_heads)
        return f"{module}.b_{part.upper()}", bias
    if module.endswith(".mlp"):
        return (
            (f"{module}.W_{part}", tensor.T) if kind == "weight" else (f"{module}.b_{part}", tensor)
        )
    raise CheckpointError(f"no name is known for the parameter {name!r}")
