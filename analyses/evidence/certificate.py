"""What a long proof found, stored with all that it depends on.

`nox -s verify -- SLUG` derives a problem's certificate and writes it; pages read it. A certificate
of other weights, or of other code, is refused. A problem says in its own `certificate.py` what a
certificate of it holds and how it is derived, and gives both to a `Keeper` of that name:

    KEEPER = Keeper(Certificate, Path(__file__).with_name("certificate.json"), CODE, derive)
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from models.card import sha256_of
from models.checkpoint import NamedWeights
from models.errors import CheckpointError
from models.problem import Problem

ROOT = Path(__file__).parents[2]
CIRCUMSTANCES = {"seconds", "threads", "peak_share"}
"""What a certificate may say of how it was derived: never twice the same, and no matter of what
it certifies."""


class CertificateError(CheckpointError):
    """A stored certificate is missing, malformed, or one of something else."""


class Strict(BaseModel):
    """A part of a certificate: nothing unknown in it, nothing changed afterwards; a bound may be
    infinite.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class Tally(Strict):
    """What a method proves of some inputs."""

    cases: int
    """Cases that were judged."""
    inputs: int
    """Inputs there are."""
    proved: int
    """Inputs that are thereby known to be answered right."""

    @property
    def share(self) -> float:
        """Share of the inputs that is proved."""
        return self.proved / self.inputs


class Certificate(Strict):
    """What every certificate says; a problem's own goes on from here."""

    slug: str
    checkpoint_sha256: str | None
    """Of the checkpoint file; None for a model that was never saved."""
    weights_sha256: str
    """Of the tensors themselves."""
    code_sha256: str
    device: str
    threads: int
    seconds: float
    """That the longest computation of the proof took."""

    def report(self) -> str:
        """The verdict in a few lines, for a terminal."""
        raise NotImplementedError


C = TypeVar("C", bound=Certificate)


@dataclass(frozen=True, eq=False)
class Keeper(Generic[C]):
    """Where a problem's certificate is kept, on what it depends, and how it is derived."""

    kind: type[C]
    path: Path
    code: tuple[Path, ...]
    """The modules that its content depends on."""
    derive: Callable[[Problem[Any]], C]

    def names(self, problem: Problem[Any]) -> dict[str, Any]:
        """The fields of a certificate that say what it is a certificate of."""
        return {
            "slug": problem.card.slug,
            "checkpoint_sha256": problem.sha256,
            "weights_sha256": weights_sha256(problem.weights),
            "code_sha256": code_sha256(self.code),
        }

    def of(self, problem: Problem[Any]) -> C:
        """The certificate of a model: the stored one of the committed weights, else a new one,
        which is derived once.
        """
        return _of(self, problem)

    def read(self, problem: Problem[Any], path: Path | None = None) -> C:
        """Read a stored certificate, if it is one of this model.

        Raises:
            CertificateError: it is missing, malformed, or was derived from other weights or by
                other code.
        """
        path = path or self.path
        again = f"derive it: nox -s verify -- {problem.card.slug}"
        if not path.is_file():
            raise CertificateError(f"{path} is missing; {again}")
        try:
            found = self.kind.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise CertificateError(f"{path} is malformed: {error}; {again}") from error
        now = self.names(problem)
        for what in ("weights", "code"):
            stored, expected = getattr(found, f"{what}_sha256"), now[f"{what}_sha256"]
            if stored != expected:
                raise CertificateError(
                    f"{path} is a certificate of other {what} (sha256 {stored[:12]}..., these "
                    f"have {expected[:12]}...) and says nothing about these; {again}"
                )
        return found

    def write(self, certificate: C, path: Path | None = None) -> bool:
        """Store a certificate, whole or not at all.

        Returns:
            Whether it was written: one that differs from what is stored in nothing but how it
            was derived leaves that as it is.
        """
        path = path or self.path
        if certifies_the_same(certificate, path):
            return False
        part = path.with_suffix(".part")
        part.write_text(certificate.model_dump_json(indent=1) + "\n", encoding="utf-8")
        part.replace(path)
        return True


@cache
def _of(keeper: Keeper[C], problem: Problem[Any]) -> C:
    weights = problem.card.weights
    if weights is not None and problem.sha256 == weights.sha256:
        return keeper.read(problem)
    return keeper.derive(problem)


def certifies_the_same(certificate: BaseModel, path: Path) -> bool:
    """Whether a stored certificate is this one, derived at another time."""
    try:
        stored = type(certificate).model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return stored.model_dump(exclude=CIRCUMSTANCES) == certificate.model_dump(exclude=CIRCUMSTANCES)


def weights_sha256(weights: NamedWeights) -> str:
    """Of the names, shapes and entries of all weights."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()


def code_sha256(code: tuple[Path, ...]) -> str:
    """Of modules, by their names from the root of the project."""
    digest = hashlib.sha256()
    for path in sorted(code):
        digest.update(f"{path.relative_to(ROOT).as_posix()} {sha256_of(path)}\n".encode())
    return digest.hexdigest()


def modules(*names: str) -> tuple[Path, ...]:
    """The files of modules, for a keeper's `code`.

    >>> found = modules("analyses.evidence.bounds", "models.card")
    >>> [path.relative_to(ROOT).as_posix() for path in found]
    ['analyses/evidence/bounds.py', 'models/card.py']

    Raises:
        FileNotFoundError: if there is no such module.
    """
    paths = tuple(ROOT / f"{name.replace('.', '/')}.py" for name in names)
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"{path} is no module; name one from the root of the project")
    return paths
