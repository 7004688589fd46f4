"""Make a folder beside its place, and put it there whole or not at all."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Give a path to make a folder at; when the block ends well, it replaces `target`.

    If the block raises (a full disk, Ctrl-C) or the swap itself is cut short, the folder that
    was at `target` is there as before, and nothing lies beside it.

    >>> with replaced(Path("site")) as fresh:  # doctest: +SKIP
    ...     build_into(fresh)
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as beside:
        fresh, previous = Path(beside) / "fresh", Path(beside) / "previous"
        yield fresh
        try:
            if target.exists():
                target.rename(previous)
            fresh.rename(target)
        except BaseException:
            if previous.exists() and not target.exists():
                previous.rename(target)
            raise
