"""Make a folder beside its place, and put it there whole or not at all."""

import ctypes
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path


@contextmanager
def replaced(target: Path) -> Iterator[Path]:
    """Give a path to make a folder at; when the block ends well, it replaces `target`.

    Whoever looks finds the old folder or the new one, wherever the system can exchange two
    in one step. If the block raises (a full disk, Ctrl-C) or the swap itself is cut short, the
    folder that was at `target` is there as before, and nothing lies beside it. What a process
    leaves there that is killed, the next call for the same `target` removes.

    >>> with replaced(Path("site")) as fresh:  # doctest: +SKIP
    ...     build_into(fresh)
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        # Nobody takes a folder for a leftover between its making and its locking.
        with _locked(target.parent, wait=True):
            _remove_leftovers(target)
            beside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
            stack.enter_context(_locked(beside, wait=True))
        stack.callback(shutil.rmtree, beside)
        fresh, previous = beside / "fresh", beside / "previous"
        yield fresh
        if target.exists() and _exchange(fresh, target):
            return
        try:
            if target.exists():
                target.rename(previous)
            fresh.rename(target)
        except BaseException:
            if previous.exists() and not target.exists():
                previous.rename(target)
            raise


def _remove_leftovers(target: Path) -> None:
    """Remove what killed processes left beside `target`.

    That is a folder of such a name, with nothing else in it, which no process holds locked.
    """
    named = re.compile(rf"\.{re.escape(target.name)}-[a-z0-9_]{{8}}")
    for beside in target.parent.iterdir():
        if not named.fullmatch(beside.name) or beside.is_symlink() or not beside.is_dir():
            continue
        # Its owner may finish, and remove it, meanwhile.
        with _locked(beside, wait=False) as abandoned, suppress(FileNotFoundError):
            if abandoned and {path.name for path in beside.iterdir()} <= {"fresh", "previous"}:
                # It was killed between two renames, where there is no exchange.
                if (beside / "previous").exists() and not target.exists():
                    (beside / "previous").rename(target)
                shutil.rmtree(beside, ignore_errors=True)


@contextmanager
def _locked(folder: Path, wait: bool) -> Iterator[bool]:
    """Hold a folder's lock, which a process loses when it dies, whatever it dies of.

    Gives False if somebody else holds it and `wait` is false, or if the system or the file
    system cannot lock folders; then nobody's folder counts as abandoned.
    """
    with ExitStack() as stack:
        try:
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            # Windows has no such module; it does not open folders either.
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            held = True
        except OSError:
            held = False
        yield held


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False if the system, or the file system, cannot."""
    if os.name != "posix":
        return False
    library = ctypes.CDLL(None)
    first, second = os.fsencode(one), os.fsencode(other)
    if hasattr(library, "renameat2"):  # Linux: AT_FDCWD, RENAME_EXCHANGE
        return library.renameat2(-100, first, -100, second, 2) == 0
    if hasattr(library, "renamex_np"):  # macOS: RENAME_SWAP
        return library.renamex_np(first, second, 2) == 0
    return False
