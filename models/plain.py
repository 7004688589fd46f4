"""The transformer of a problem once more, from its weights, in plain torch: no hooks, no library.

Many models are trained at once on this pass, and tests hold TransformerLens against it.
"""

from math import sqrt

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import embedding, gelu, layer_norm

from models.card import Architecture
from models.checkpoint import NamedWeights

EPS = 1e-5


class PlainTransformer(nn.Module):
    """With HookedTransformer's parameter names (dots as underscores)."""

    def __init__(self, weights: NamedWeights, architecture: Architecture) -> None:
        super().__init__()
        self.sizes = architecture
        self.names = tuple(weights)
        for name, tensor in weights.items():
            self.register_parameter(underscored(name), nn.Parameter(tensor.clone()))
        mask = torch.ones(architecture.n_ctx, architecture.n_ctx, dtype=torch.bool).triu(1)
        self.register_buffer("future", mask, persistent=False)

    def parameter(self, name: str) -> Tensor:
        """A parameter by HookedTransformer's name."""
        # Not `get_parameter`, which refuses what `functional_call` puts in a parameter's place.
        return getattr(self, underscored(name))

    def normalised(
        self, residual: Float[Tensor, "batch pos d_model"], name: str
    ) -> Float[Tensor, "batch pos d_model"]:
        """The residual stream behind the LayerNorm of this name; as it is where there is none."""
        if self.sizes.normalization is None:
            return residual
        scale, shift = self.parameter(f"{name}.w"), self.parameter(f"{name}.b")
        return layer_norm(residual, (self.sizes.d_model,), scale, shift, EPS)

    def attention(
        self, residual: Float[Tensor, "batch pos d_model"], block: str
    ) -> Float[Tensor, "batch pos d_model"]:
        """What the heads of one block write."""
        q, k, v = (
            torch.einsum("bpm,hmd->bhpd", residual, self.parameter(f"{block}.attn.W_{part}"))
            + self.parameter(f"{block}.attn.b_{part}").unsqueeze(1)
            for part in "QKV"
        )
        scores = q @ k.mT / sqrt(self.sizes.d_head)
        length = residual.shape[1]
        future = self.get_buffer("future")[:length, :length]
        pattern = scores.masked_fill(future, -torch.inf).softmax(dim=-1)
        written = torch.einsum("bhpd,hdm->bpm", pattern @ v, self.parameter(f"{block}.attn.W_O"))
        return written + self.parameter(f"{block}.attn.b_O")

    def mlp(
        self, residual: Float[Tensor, "batch pos d_model"], block: str
    ) -> Float[Tensor, "batch pos d_model"]:
        """What the MLP of one block writes."""
        w_in, b_in, w_out, b_out = (
            self.parameter(f"{block}.mlp.{name}") for name in ("W_in", "b_in", "W_out", "b_out")
        )
        return self.active(residual @ w_in + b_in, block) @ w_out + b_out

    def active(self, read: Float[Tensor, "*batch d_mlp"], block: str) -> Float[Tensor, "..."]:
        """What the neurons of one block multiply `W_out` by, given what they read.

        Raises:
            ValueError: if the model has no neurons.
        """
        match self.sizes.act_fn:
            case "relu":
                return read.relu()
            case "gelu":
                return gelu(read)
            case "solu_ln":
                scale, shift = (self.parameter(f"{block}.mlp.ln.{kind}") for kind in "wb")
                return layer_norm(read * read.softmax(dim=-1), scale.shape, scale, shift, EPS)
            case None:
                raise ValueError("an attention-only model has no neurons")

    def forward(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos d_vocab_out"]:
        """Logits."""
        positions = self.parameter("pos_embed.W_pos")[: tokens.shape[1]]
        residual = embedding(tokens, self.parameter("embed.W_E")) + positions
        for layer in range(self.sizes.n_layers):
            block = f"blocks.{layer}"
            residual = residual + self.attention(self.normalised(residual, f"{block}.ln1"), block)
            if not self.sizes.attn_only:
                residual = residual + self.mlp(self.normalised(residual, f"{block}.ln2"), block)
        final = self.normalised(residual, "ln_final")
        return final @ self.parameter("unembed.W_U") + self.parameter("unembed.b_U")


def underscored(name: str) -> str:
    """HookedTransformer's name of a parameter as a module can have it."""
    return name.replace(".", "_")
