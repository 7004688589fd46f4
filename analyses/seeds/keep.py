"""Keep the weights of a sweep's models in a folder, and find them there again.

<slug>-<recipe>-<seed>.safetensors    the weights; the recipe's hash, its first 12 digits
<slug>-<recipe>-<seed>.json           how they were made; written last, so that it is whole
"""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.torch import save

from analyses.seeds.depends import Depends
from analyses.seeds.train import Trained
from models import checkpoint
from models.card import Expected, sha256_of
from models.checkpoint import NamedWeights


class Kept(BaseModel):
    """What lies beside kept weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: str
    versions: dict[str, str]
    sha256: str
    """Of the file of the weights."""
    measured: Expected
    seconds: float
    device: str


def place(folder: Path, slug: str, recipe: str, seed: int) -> Path:
    """Where the weights of a model are kept."""
    return folder / f"{slug}-{recipe[:12]}-{seed}.safetensors"


def written(weights: NamedWeights) -> bytes:
    """Weights as `checkpoint.write` writes them to a file."""
    return save({name: tensor.contiguous() for name, tensor in weights.items()})


def keep(path: Path, trained: Trained, now: Depends) -> None:
    """Write a model to its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".json").unlink(missing_ok=True)
    _replace(path, written(trained.weights))
    about = Kept(
        recipe=now.recipe,
        versions=now.versions,
        sha256=sha256_of(path),
        measured=trained.measured,
        seconds=trained.seconds,
        device=trained.device,
    )
    _replace(path.with_suffix(".json"), about.model_dump_json(indent=1).encode() + b"\n")


def find(path: Path, now: Depends) -> Trained | None:
    """The model that is kept at a place, if it is whole and would be made the same way now."""
    try:
        about = Kept.model_validate_json(path.with_suffix(".json").read_bytes())
        made = (about.recipe, about.versions, about.sha256)
        if made != (now.recipe, now.versions, sha256_of(path)):
            return None
    except (FileNotFoundError, ValidationError):
        return None
    weights = checkpoint.read_stored(path)
    return Trained(weights, about.measured, about.seconds, about.device)


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
