"""Language models of the Hugging Face hub, in the layout of HookedTransformer's own: `hub:NAME`.

A folder on this machine with the same files is one, too: `config.json` with the sizes, the state
dict `*final.pth`, and the tokenizer's `tokenizer.json`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch
from huggingface_hub import HfApi
from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError
from jaxtyping import Int
from pydantic import ValidationError
from torch import Tensor
from transformer_lens.model_bridge.sources.tl_legacy import boot as boot_tl_legacy
from transformers import PreTrainedTokenizerFast

from models import checkpoint as checkpoints
from models.card import MODELS, Architecture, faults, read_card, sha256_of
from models.checkpoint import NamedWeights
from models.errors import CheckpointError
from models.problem import Problem, assemble, device_named

HUB = "hub:"
"""What stands before the name of such a model where a checkpoint is asked for."""
PATIENCE = 10.0
"""Seconds that the hub may take to say that it has a model."""


@dataclass(frozen=True, eq=False)
class Text:
    """Text as a tokenizer cuts it: what such a model reads, and which token follows.

    It is not known what texts there are, so that none can be drawn.
    """

    tokenizer: Any
    """Of the library `transformers`."""
    d_vocab: int
    """Number of tokens."""
    n_ctx: int
    """Length in tokens of the longest text that the model reads."""

    @property
    def d_vocab_out(self) -> int:
        """Number of classes predicted: the tokens."""
        return self.d_vocab

    @property
    def label_positions(self) -> slice:
        """Positions whose prediction is judged: all that a token follows."""
        return slice(0, self.n_ctx - 1)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The text that each token stands for, with the space before a word."""
        return self._pieces

    @cached_property
    def _pieces(self) -> tuple[str, ...]:
        # A model may have room for more tokens than the tokenizer has.
        named = range(min(self.d_vocab, len(self.tokenizer)))
        spare = range(len(named), self.d_vocab)
        return (*self.tokenizer.batch_decode([[n] for n in named]), *(f"[{n}]" for n in spare))

    @property
    def classes(self) -> tuple[str, ...]:
        """What each class predicted is called: the next token."""
        return self.vocabulary

    def token(self, word: str) -> int:
        """The token of a word with a space before it.

        Raises:
            ValueError: if the tokenizer cuts it into several.
        """
        tokens = self._cut(f" {word}")
        if len(tokens) != 1 or tokens[0] == self.tokenizer.unk_token_id:
            parts = self.tokenizer.convert_ids_to_tokens(tokens)
            raise ValueError(f"{word!r} is no token by itself: {' | '.join(parts)}.")
        return tokens[0]

    def prompt(self, text: str) -> Int[Tensor, "1 pos"]:
        """The token that begins every text, and those of the beginning of one.

        Raises:
            ValueError: if there are too many.
        """
        tokens = [begins(self.tokenizer), *self._cut(text)]
        if len(tokens) > self.n_ctx:
            raise ValueError(f"{text!r} has {len(tokens)} tokens, expected at most {self.n_ctx}.")
        return torch.tensor([tokens])

    def _cut(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False)

    def sample(self, n: int, generator: torch.Generator) -> Int[Tensor, "n n_ctx"]:
        """None can be drawn.

        Raises:
            ValueError: always.
        """
        raise ValueError("no text can be drawn: what texts there are is not known; write prompts.")

    def answers(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, "batch label"]:
        """What follows each position: the tokens themselves, one further."""
        return tokens[:, 1:]

    def keys(self, tokens: Int[Tensor, "batch n_ctx"]) -> Int[Tensor, " batch"]:
        """One integer per text, 60 bits of a hash of its tokens."""
        rows = tokens.cpu().contiguous().numpy()
        digests = [hashlib.sha256(row.tobytes()).hexdigest()[:15] for row in rows]
        return torch.tensor([int(digest, 16) for digest in digests], dtype=torch.int64)


def begins(tokenizer: Any) -> int | None:
    """The token that begins every text; GPT-2's ends one, too."""
    first = tokenizer.bos_token_id
    return tokenizer.eos_token_id if first is None else first


class _Found(NamedTuple):
    """What there is of a model, wherever it was found."""

    sizes: Mapping[str, Any]
    """In TransformerLens's names."""
    weights: NamedWeights
    tokenizer: Any
    sha256: str | None


def load_hub(name: str, slug: str, device: str = "cpu", models: Path = MODELS) -> Problem[Text]:
    """Load a language model of the hub, to look into it with what a problem is looked into with.

    Args:
        name: such as `NeelNanda/SoLU_1L512W_C4_Code`, or the path of a folder with the same files.
        slug: of the problem that it is compared with, whose card it bears.
        device: where it runs, `cpu` or `cuda`.
        models: where the problem lies.

    Raises:
        CardError: unknown slug, or a faulty card.
        CheckpointError: if there is no such model, or no network; or if it is none that can be
            looked into: of another layout, of an architecture that is not known, damaged.
        DeviceError: CUDA asked for where there is none.
    """
    origin, where = f"{HUB}{name}", device_named(device)
    card = read_card(slug, models)
    folder = Path(name).expanduser()
    # On the hub a name has one slash, between whose it is and what it is called.
    local = folder.is_dir() or name.count("/") != 1 or name.startswith((".", "~", "/"))
    found = _in_folder(folder, origin) if local else _fetched(name, origin)
    expected = _architecture(found.sizes, origin)
    weights = checkpoints.single_precision(found.weights)
    # Some were published without this bias, which HookedTransformer takes for zeros.
    weights = {"unembed.b_U": torch.zeros(expected.d_vocab_out)} | weights
    architecture = checkpoints.architecture_of(weights, expected, origin)
    if begins(found.tokenizer) is None:
        raise CheckpointError(
            f"{origin}: its tokenizer names no token that begins a text (bos_token), nor one that "
            "ends it; add one to its tokenizer_config.json."
        )
    task = Text(found.tokenizer, architecture.d_vocab, architecture.n_ctx)
    return assemble(card, task, architecture, weights, found.sha256, where)


def _fetched(name: str, origin: str) -> _Found:
    """From the hub, or what the hub's client keeps of it on this machine."""
    try:
        # Asked first: where there is no network, a download is tried again for half a minute.
        HfApi().model_info(name, timeout=PATIENCE)
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise CheckpointError(
            f"{origin}: the hub shows no model of that name, and there is no such folder here."
        ) from error
    except Exception as error:  # Those of sockets, of HTTP, and the client's own.
        raise CheckpointError(
            f"{origin} was to be fetched from huggingface.co, which cannot be reached from here "
            f"({_line(error)}); where there is a network, run `hf download {name} --local-dir "
            "FOLDER`, put the tokenizer.json and tokenizer_config.json of the tokenizer that its "
            f"config.json names beside it, and name the folder: --checkpoint {HUB}FOLDER"
        ) from error
    try:
        # It would draw weights to begin with from the global generator.
        with torch.random.fork_rng(devices=[]):
            model = boot_tl_legacy(name, device="cpu")
    except Exception as error:  # Of other layouts some key is missing, or something else.
        raise CheckpointError(
            f"{origin}: not fetched whole, or no model that TransformerLens's boot_tl_legacy reads "
            f"({_line(error)}); NeelNanda/SoLU_1L512W_C4_Code is one."
        ) from error
    weights = checkpoints.named(model.state_dict(), model.cfg.n_heads)
    return _Found(vars(model.cfg), weights, model.tokenizer, None)


def _line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:160].rstrip(".")


def _in_folder(folder: Path, origin: str) -> _Found:
    """From files that lie in one folder."""
    if not folder.is_dir():
        raise CheckpointError(
            f"{origin}: no such folder; a model on the hub is called OWNER/MODEL, such as "
            "NeelNanda/SoLU_1L512W_C4_Code."
        )
    states = sorted(folder.rglob("*final.pth"))
    lacking = [name for name in ("config.json", "tokenizer.json") if not (folder / name).is_file()]
    if lacking := lacking + ["*final.pth"] * (not states):
        raise CheckpointError(
            f"{origin}: {', '.join(lacking)} missing; a folder needs config.json, the state dict "
            "*final.pth, and tokenizer.json, all of which are on the hub."
        )
    try:
        sizes = json.loads((folder / "config.json").read_bytes())
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # The tokenizer's reader is compiled, and raises a bare one.
        raise CheckpointError(
            f"{origin}: config.json or the tokenizer is damaged ({_line(error)}); fetch it again."
        ) from error
    if not isinstance(sizes, dict):
        raise CheckpointError(f"{origin}: config.json holds no sizes; fetch it again.")
    return _Found(sizes, checkpoints.read_stored(states[0]), tokenizer, sha256_of(states[0]))


def _architecture(sizes: Mapping[str, Any], origin: str) -> Architecture:
    """What TransformerLens calls the sizes, as the site does.

    Raises:
        CheckpointError: if they are of a model that the site's cannot be.
    """
    for odd in ("final_rms", "shortformer_pos"):
        if sizes.get(odd):
            raise CheckpointError(f"{origin}: its config.json says {odd}, which is not known here.")
    attn_only = bool(sizes.get("attn_only"))
    same = ("n_layers", "n_heads", "d_model", "d_head", "d_vocab", "n_ctx")
    given = {name: sizes[name] for name in same if name in sizes} | {
        "d_vocab_out": sizes.get("d_vocab"),
        "d_mlp": None if attn_only else sizes.get("d_mlp"),
        "act_fn": None if attn_only else sizes.get("act_fn"),
        "normalization": sizes.get("normalization", sizes.get("normalization_type")),
    }
    try:
        return Architecture.model_validate(given)
    except ValidationError as error:
        raise CheckpointError(
            f"{origin}: a model of a kind that is not known here:\n{faults(error, 'config.json')}"
        ) from error
