"""Build the transformer that a card describes, with TransformerLens hooks."""

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens.config import TransformerBridgeConfig
from transformer_lens.model_bridge import TransformerBridge
from transformer_lens.model_bridge.sources.native import boot as boot_native
from transformer_lens.utilities.tl_checkpoint_conversion import convert_tl_checkpoint

from models.card import Architecture
from models.checkpoint import NamedWeights
from models.errors import CheckpointError


def initialise(architecture: Architecture, seed: int, device: torch.device) -> TransformerBridge:
    """A freshly initialised model; the same seed gives the same weights anywhere.

    Biases that the architecture does not have are zero, and do not require gradients.
    """
    model = boot_native(_config(architecture, seed), device=device)
    for name, parameter in model.named_parameters():
        if not architecture.attention_biases and ".attn." in name and name.endswith(".bias"):
            parameter.requires_grad_(False)
    return model


def with_weights(
    architecture: Architecture, weights: NamedWeights, device: torch.device, origin: str
) -> TransformerBridge:
    """The model with these weights, as trained: LayerNorm unfolded, nothing centred.

    Raises:
        CheckpointError: if an entry is unknown, missing or of the wrong shape.
    """
    config = _config(architecture, seed=0)
    model = boot_native(config, device=device)
    try:
        model.load_state_dict(convert_tl_checkpoint(weights, config))
    except (ValueError, RuntimeError) as error:
        raise CheckpointError(f"{origin}: not the weights of this architecture: {error}") from error
    return model


def fold(model: TransformerBridge) -> TransformerBridge:
    """Rewrite the weights in place so that they are easiest to read.

    LayerNorm's weights and biases move into the next layer, writes to the residual
    stream and the unembedding are centred, value biases move into the output bias, those of the
    LayerNorm behind a SoLU into `W_out` and `b_out`. The probabilities that the model gives stay
    the same.

    A model without LayerNorm stays as it was trained: nothing takes the mean out of its
    residual stream, so centring what is written there would change the probabilities.
    """
    if model.cfg.normalization_type is None:
        return model
    common = _common_to_neurons(model)
    model.enable_compatibility_mode(disable_warnings=True)
    state = model.state_dict()
    for name, write in common.items():
        state[name] += write
    return model


@torch.no_grad()
def _common_to_neurons(model: TransformerBridge) -> dict[str, Float[Tensor, "d_model 1"]]:
    """By the weight it is of, what the neurons of an MLP with a SoLU write in the mean, centred.

    TransformerLens takes it out, which changes nothing while the LayerNorm lets activations sum to
    zero. Once one of them is replaced it would change what that neuron does.
    """
    state, common = model.state_dict(), {}
    for layer in range(model.cfg.n_layers):
        if (scale := f"blocks.{layer}.mlp.ln.weight") in state:
            name = f"blocks.{layer}.mlp.out.weight"
            write = (state[name] * state[scale]).mean(dim=1, keepdim=True)
            common[name] = write - write.mean()
    return common


def _config(architecture: Architecture, seed: int) -> TransformerBridgeConfig:
    sizes = architecture.model_dump(
        exclude={"normalization", "d_mlp", "act_fn", "attention_biases"}
    )
    if not architecture.attn_only:
        sizes |= {"d_mlp": architecture.d_mlp, "act_fn": architecture.act_fn}
    return TransformerBridgeConfig(
        **sizes,
        attn_only=architecture.attn_only,
        normalization_type=architecture.normalization,
        seed=seed,
        architecture="TransformerLensNative",
    )
