"""Long work that goes on where it was stopped, and on as many threads as there are cores."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

Part = TypeVar("Part")


def cores() -> int:
    """How many there are, of which this process may use some where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def key(asked: object, arrays: Iterable[np.ndarray], code: Iterable[Path]) -> str:
    """A hash of all on which what is kept depends: what was asked, of what, and by what code."""
    digest = hashlib.sha256(repr(asked).encode())
    for array in arrays:
        digest.update(repr(array.shape).encode() + array.tobytes())
    for path in code:
        digest.update(path.read_bytes())
    return digest.hexdigest()


class Unfinished(Generic[Part]):
    """What finished parts of some work found, by their number, and the time it took."""

    def __init__(self, path: Path | None, key: str) -> None:
        self.path, self.key = path, key
        self.found: dict[int, Part] = {}
        self.seconds = 0.0

    @classmethod
    def load(
        cls, path: Path | None, key: str, read: Callable[[Any], Part] = lambda kept: kept
    ) -> "Unfinished[Part]":
        """Read a file, if it is there and has the key; else start from nothing.

        Args:
            path: of the file; None: nothing is kept.
            key: of what is to be done.
            read: makes what a part found of what JSON made of it.
        """
        work = cls(path, key)
        try:
            stored = json.loads(path.read_text()) if path else {}
        except (FileNotFoundError, ValueError):
            stored = {}
        if isinstance(stored, dict) and stored.get("key") == key:
            work.seconds = stored["seconds"]
            work.found = {int(number): read(kept) for number, kept in stored["found"].items()}
        return work

    def save(self) -> None:
        """Write the file, whole or not at all."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        stored = {"key": self.key, "seconds": self.seconds, "found": self.found}
        written = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            written.write_text(json.dumps(stored))
            os.replace(written, self.path)
        finally:
            written.unlink(missing_ok=True)

    def remove(self) -> None:
        """All is done: next time it starts anew."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
