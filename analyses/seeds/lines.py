"""The models of a sweep, a line for each, in `analyses/<slug>/seeds.jsonl`. Needs no torch.

A line is written when its model is done. So a file may hold two lines of one seed, where a model
was judged again: the last one counts, and the next sweep drops the other. What was cut off while
it was written has no end of line.
"""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from analyses.seeds.line import Line
from models.card import faults

ROOT = Path(__file__).parents[2]
SEEDS = "seeds.jsonl"


class LinesError(ValueError):
    """A file of lines holds what is none."""


def read_lines(slug: str, root: Path = ROOT) -> list[Line]:
    """The models of a problem's sweep, by seed; none, if there was no sweep.

    Raises:
        LinesError: if a line is malformed or cut off.
    """
    return read(root / "analyses" / slug / SEEDS)


def read(path: Path) -> list[Line]:
    """Read a file of lines; each seed's last, by seed.

    Raises:
        LinesError: if a line is malformed or cut off.
    """
    if not path.is_file():
        return []
    found: dict[int, Line] = {}
    for number, text in enumerate(path.read_bytes().splitlines(keepends=True), 1):
        if not text.endswith(b"\n"):
            raise LinesError(
                f"{path}:{number}: the line was cut off while it was written; run the sweep again, "
                "which drops it and makes it anew."
            )
        try:
            line = Line.model_validate_json(text)
        except ValidationError as error:
            raise LinesError(
                f"{path}:{number}: not a line of a sweep:\n{faults(error, 'line')}\n"
                "Remove it and run the sweep again, which makes it anew."
            ) from error
        found[line.seed] = line
    return [found[seed] for seed in sorted(found)]


def append(path: Path, line: Line) -> None:
    """Add a line, whole or not at all, so that it outlasts a loss of power.

    Raises:
        OSError: if it cannot be written, on a full disk for instance; the file is as before.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    data = encoded(line)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        before = os.fstat(descriptor).st_size
        try:
            _write(descriptor, data)
            os.fsync(descriptor)
        except BaseException:
            os.ftruncate(descriptor, before)
            raise
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes) -> None:
    """Write all of it: the system may take a part, and refuse the rest."""
    while data:
        data = data[os.write(descriptor, data) :]


def mend(path: Path) -> bool:
    """Drop what was cut off at the end of a file; returns whether there was any."""
    whole = path.read_bytes() if path.is_file() else b""
    kept = whole[: whole.rfind(b"\n") + 1]
    if kept == whole:
        return False
    os.truncate(path, len(kept))
    return True


def rewrite(path: Path, lines: Iterable[Line]) -> None:
    """Put lines in place of a file, by seed, whole or not at all.

    Raises:
        OSError: if they cannot be written; the file is as before.
    """
    data = b"".join(map(encoded, sorted(lines, key=lambda line: line.seed)))
    if path.is_file() and path.read_bytes() == data:
        return
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(0o644)
        os.replace(beside, path)
    finally:
        Path(beside).unlink(missing_ok=True)


def encoded(line: Line) -> bytes:
    """A line as it is written, with its end."""
    return line.model_dump_json().encode() + b"\n"
