"""Read and write weights, under HookedTransformer's names, never executing a pickle.

A checkpoint maps names such as `embed.W_E` `[d_vocab, d_model]` and
`blocks.0.attn.W_Q` `[head, d_model, d_head]` to tensors. All sizes can be read off it.
"""

import pickle
import re
from pathlib import Path

import torch
from einops import rearrange
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from models.card import Architecture
from models.errors import CheckpointError

NamedWeights = dict[str, Tensor]
IGNORED = (".attn.mask", ".attn.IGNORE")
PRECISIONS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
"""What weights may be stored in; everything is computed in the first."""
_PICKLE_SUFFIXES = (".pt", ".pth")
_AXES = {
    "embed.W_E": "d_vocab d_model",
    "pos_embed.W_pos": "n_ctx d_model",
    "unembed.W_U": "d_model d_vocab_out",
    "unembed.b_U": "d_vocab_out",
}
_AXES_OF_A_BLOCK = {
    **{f"attn.W_{part}": "n_heads d_model d_head" for part in "QKV"},
    **{f"attn.b_{part}": "n_heads d_head" for part in "QKV"},
    "attn.W_O": "n_heads d_head d_model",
    "attn.b_O": "d_model",
}
_AXES_OF_AN_MLP = {
    "mlp.W_in": "d_model d_mlp",
    "mlp.b_in": "d_mlp",
    "mlp.W_out": "d_mlp d_model",
    "mlp.b_out": "d_model",
}
_AXES_OF_A_SOLU = {"mlp.ln.w": "d_mlp", "mlp.ln.b": "d_mlp"}
"""Of the LayerNorm between the activation `solu_ln` and `W_out`."""
_HEADS_FIRST = {
    "q": "(head d_head) d_model -> head d_model d_head",
    "k": "(head d_head) d_model -> head d_model d_head",
    "v": "(head d_head) d_model -> head d_model d_head",
    "o": "d_model (head d_head) -> head d_head d_model",
}


def read(path: Path) -> NamedWeights:
    """Read a checkpoint as float32; see `read_stored`."""
    return single_precision(read_stored(path))


def read_stored(path: Path) -> NamedWeights:
    """Read safetensors, or the `.pt` state dict of a HookedTransformer, as it was stored.

    The buffers `*.attn.mask` and `*.attn.IGNORE` are dropped. Code in a pickle is never
    executed: `.pt` files are read with `weights_only=True`.

    Raises:
        CheckpointError: if the file is missing, truncated, of another format, a pickle that
            holds anything but tensors, or if a tensor holds anything but finite
            floating-point numbers.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; give the path of a checkpoint.")
    try:
        loaded = _read_pickle(path) if path.suffix in _PICKLE_SUFFIXES else load_file(path)
    except SafetensorError as error:
        raise CheckpointError(
            f"{path}: not a whole safetensors file ({_shown(str(error))}); "
            "fetch it again, or name a HookedTransformer state dict `.pt`."
        ) from error
    weights = {name: tensor for name, tensor in loaded.items() if not name.endswith(IGNORED)}
    for name, tensor in weights.items():
        if fault := _fault(tensor):
            raise CheckpointError(f"{path}: {_shown(name)} {fault}")
    return weights


def _read_pickle(path: Path) -> NamedWeights:
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path}: holds more than tensors, so it was refused and nothing in it was run; "
            "save the state dict alone (`torch.save(model.state_dict(), path)`) or safetensors."
        ) from error
    except Exception as error:  # A flipped bit makes torch raise whatever there is.
        raise CheckpointError(
            f"{path}: not a whole PyTorch file ({_shown(str(error))}); fetch it again."
        ) from error
    found = type(loaded).__name__
    if isinstance(loaded, dict):
        odd = [type(key).__name__ for key in loaded if not isinstance(key, str)]
        other = [name for name, value in loaded.items() if not isinstance(value, Tensor)]
        if not odd and not other:
            return loaded
        found += (
            f" with keys of type {odd[0]}"
            if odd
            else f" with {type(loaded[other[0]]).__name__} under {_shown(other[0])}"
        )
    raise CheckpointError(
        f"{path}: expected a state dict (names to tensors), found {found}; "
        "save that alone: `torch.save(model.state_dict(), path)`."
    )


def _fault(tensor: Tensor) -> str | None:
    """What keeps a tensor from being weights, and what to do about it."""
    kinds = {
        "quantised": tensor.is_quantized,
        "nested": tensor.is_nested,
        "a tensor without its numbers (meta)": tensor.is_meta,
        "sparse": tensor.layout is not torch.strided,
    }
    for kind, found in kinds.items():
        if found:
            return f"is {kind}, expected a dense tensor; save it as one."
    if tensor.dtype not in PRECISIONS:
        allowed = ", ".join(map(_precision, PRECISIONS))
        return f"holds {_precision(tensor.dtype)}, expected one of {allowed}; save it as float32."
    if not tensor.numel():
        return f"is empty, of shape {list(tensor.shape)}; expected sizes of at least 1."
    # A file of some bytes can declare a tensor that no memory holds.
    if tensor.untyped_storage().nbytes() < tensor.numel() * tensor.element_size():
        return (
            f"is of shape {list(tensor.shape)}, but repeats fewer numbers than that; "
            "save it whole (`tensor.contiguous()`)."
        )
    if len(places := (~tensor.float().isfinite()).nonzero()):
        value = float(tensor[tuple(places[0])])
        return (
            f"holds {value:g} at {places[0].tolist()}, expected finite numbers of float32 "
            f"({len(places):,} of its {tensor.numel():,} are not); train or fetch it again."
        )
    return None


def _precision(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _shown(text: str) -> str:
    """A text out of a file, as one short line that a terminal may show."""
    return text[:160].encode("unicode_escape").decode()


def single_precision(weights: NamedWeights) -> NamedWeights:
    """The weights in float32, as all that is computed here."""
    return {name: tensor.detach().float() for name, tensor in weights.items()}


def converted_from(weights: NamedWeights) -> tuple[str, ...]:
    """The precisions of stored weights that are not float32, such as `bfloat16`."""
    found = {_precision(tensor.dtype) for tensor in weights.values()}
    return tuple(sorted(found - {_precision(torch.float32)}))


def write(weights: NamedWeights, path: Path) -> None:
    """Write weights as safetensors."""
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, path)


def architecture_of(weights: NamedWeights, expected: Architecture, origin: str) -> Architecture:
    """Read the sizes off the tensors.

    Width and heads may differ from `expected`; depth, vocabulary, context, the presence
    of LayerNorm and of MLPs may not, since the task or the analysis depends on them. What no
    tensor tells is as expected: the activation, but for SoLU's, which has a LayerNorm behind it.

    Raises:
        CheckpointError: naming what was expected and what was found, also if the tensors are
            not all those of one model, each of its shape.
    """
    sized = {name: _AXES[name] for name in ("embed.W_E", "pos_embed.W_pos", "unembed.W_U")}
    if "blocks.0.mlp.W_in" in weights:
        sized["blocks.0.mlp.W_in"] = _AXES_OF_AN_MLP["mlp.W_in"]
    sized["blocks.0.attn.W_Q"] = _AXES_OF_A_BLOCK["attn.W_Q"]
    if missing := [name for name in sized if name not in weights]:
        raise CheckpointError(
            f"{origin}: {', '.join(missing)} missing; expected the names of a HookedTransformer "
            f"state dict, found {', '.join(map(_shown, sorted(weights)[:4])) or 'nothing'}, ..."
        )
    sizes: dict[str, int | None] = {"d_mlp": None}
    for name, axes in sized.items():
        shape = weights[name].shape
        if len(shape) != len(axes.split()):
            raise CheckpointError(
                f"{origin}: {name} is of shape {list(shape)}, expected the axes {axes}; "
                "give the state dict of a HookedTransformer."
            )
        sizes |= zip(axes.split(), shape, strict=True)
    blocks = [re.match(r"blocks\.([0-9]{1,4})\.", name) for name in weights]
    found = expected.model_copy(
        update={
            **sizes,
            "n_layers": 1 + max(int(match[1]) for match in blocks if match),
            "normalization": "LN" if "ln_final.w" in weights else None,
        }
    )
    fixed = ("d_vocab", "d_vocab_out", "n_ctx", "normalization", "n_layers")
    differing = [name for name in fixed if getattr(found, name) != getattr(expected, name)]
    if found.attn_only != expected.attn_only:
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
    if found.act_fn and (normalised := "blocks.0.mlp.ln.w" in weights) != _has_solu(found):
        raise CheckpointError(
            f"{origin}: it has {'a' if normalised else 'no'} LayerNorm behind the activation of "
            f"its MLP (blocks.0.mlp.ln.w), expected {'one' if _has_solu(found) else 'none'}, as "
            f"act_fn is {found.act_fn}. Give a checkpoint of the same activation."
        )
    if odd := _odd_ones(weights, found):
        raise CheckpointError(
            f"{origin}: not the weights of this architecture: {'; '.join(odd[:4])}"
            f"{f', and {len(odd) - 4} more' * (len(odd) > 4)}. "
            "Give the whole state dict of a HookedTransformer."
        )
    return found


def _odd_ones(weights: NamedWeights, architecture: Architecture) -> list[str]:
    """What is missing, unknown or of another shape than a model of these sizes has."""
    axes = _axes(architecture)
    complaints = []
    for name in sorted(weights.keys() | axes.keys()):
        if name not in weights:
            complaints.append(f"{name} is missing")
        elif name not in axes:
            complaints.append(f"{_shown(name)} is none of its names")
        else:
            shape = [getattr(architecture, size) for size in axes[name].split()]
            if shape != list(weights[name].shape):
                complaints.append(
                    f"{name} is of shape {list(weights[name].shape)}, expected {shape}, "
                    f"{axes[name]}"
                )
    return complaints


def _axes(architecture: Architecture) -> dict[str, str]:
    """The names of all tensors of such a model, and the sizes along their axes."""
    of_a_block = _AXES_OF_A_BLOCK | ({} if architecture.attn_only else _AXES_OF_AN_MLP)
    of_a_block |= _AXES_OF_A_SOLU if _has_solu(architecture) else {}
    axes = dict(_AXES)
    if architecture.normalization:
        norms = ("ln1",) if architecture.attn_only else ("ln1", "ln2")
        of_a_block |= {f"{norm}.{kind}": "d_model" for norm in norms for kind in "wb"}
        axes |= {f"ln_final.{kind}": "d_model" for kind in "wb"}
    for layer in range(architecture.n_layers):
        axes |= {f"blocks.{layer}.{name}": sizes for name, sizes in of_a_block.items()}
    return axes


def _has_solu(architecture: Architecture) -> bool:
    return architecture.act_fn == "solu_ln"


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
