"""A language model as a folder in the layout of HookedTransformer's on the Hugging Face hub."""

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from models import checkpoint
from models.card import Activation, Architecture
from models.transformer import initialise

BOS = "<|BOS|>"


def byte_level(words: list[str]) -> Tokenizer:
    """Knows the bytes, and these words with a space before them, as the tokenizers of GPT-2 do."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {piece: number for number, piece in enumerate(alphabet)}
    merges: list[tuple[str, str]] = []
    for word in words:
        # Letter by letter from the space on, so that no word is in another's way.
        for end in range(len(word)):
            left, right = f"Ġ{word[:end]}", word[end]
            if left + right not in vocabulary:
                vocabulary[left + right] = len(vocabulary)
                merges.append((left, right))
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def write_folder(
    folder: Path, words: list[str], act_fn: Activation | None = "solu_ln", n_ctx: int = 16
) -> tuple[Architecture, dict[str, Tensor]]:
    """Write a model with random weights into an empty folder; what its files say."""
    folder.mkdir(parents=True)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=byte_level(words), bos_token=BOS)
    tokenizer.save_pretrained(folder)
    sizes = Architecture(
        n_layers=1,
        n_heads=2,
        d_model=8,
        d_head=4,
        d_mlp=12 if act_fn else None,
        act_fn=act_fn,
        # Models have room for more tokens than there are.
        d_vocab=len(tokenizer) + 3,
        d_vocab_out=len(tokenizer) + 3,
        n_ctx=n_ctx,
        normalization="LN",
    )
    state = initialise(sizes, 0, torch.device("cpu")).state_dict()
    generator = torch.Generator().manual_seed(5)
    weights = {
        name: tensor + 0.5 * torch.randn(tensor.shape, generator=generator)
        for name, tensor in checkpoint.named(state, sizes.n_heads).items()
    }
    # Some were published without it.
    weights["unembed.b_U"] = torch.zeros(sizes.d_vocab_out)
    written = {name: tensor for name, tensor in weights.items() if name != "unembed.b_U"}
    mask = torch.ones(n_ctx, n_ctx, dtype=torch.bool).tril()
    torch.save(written | {"blocks.0.attn.mask": mask}, folder / "SoLU_final.pth")
    config = {
        **sizes.model_dump(
            include={"n_layers", "n_heads", "d_model", "d_head", "d_vocab", "n_ctx"}
        ),
        "d_mlp": sizes.d_mlp or 32,
        "act_fn": act_fn or "gelu",
        "attn_only": act_fn is None,
        "normalization": "LN",
        "tokenizer_name": str(folder),
        "seed": 0,
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return sizes, weights
