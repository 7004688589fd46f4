"""Run what a month brings along where it can do little: the tree can only be read, files elsewhere
cannot be read either, and there is no network.

`python -m docs.contribute.confined FOLDER MODULE SLUG` takes the rights from its own process,
then runs the module. Linux only, with Landlock for the files and a network namespace; what the
system does not grant is left out, and said.
"""

import ctypes
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from docs.contribute.month import ROOT, Fault, Month

SECONDS = 1800
"""After which a module is stopped."""
KEPT = ("LANG", "LC_ALL", "PATH", "SOURCE_DATE_EPOCH", "TERM", "TZ", "VIRTUAL_ENV")
"""Environment variables that a module sees; others may hold what is nobody's business."""
SINGLE_THREADED = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Set to 1: threads that wait for each other spin, the more the busier the machine is, and the
time that the pages take would tell of the machine."""
SYSTEM = (
    *("/bin", "/lib", "/lib32", "/lib64", "/proc", "/sbin", "/sys", "/usr"),
    *(
        f"/etc/{name}"
        for name in (
            *("alternatives", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime"),
            *("mime.types", "nsswitch.conf", "os-release", "ssl/openssl.cnf"),
        )
    ),
)
"""What programs need to read."""
DEVICES = ("/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero")


class Confinement(NamedTuple):
    """What was taken from a process."""

    files: bool
    """It can write to its own folder alone, and read it, the tree, Python and the system."""
    network: bool
    """It reaches nothing through the network, or opens no TCP connection at least."""

    def __str__(self) -> str:
        if all(self):
            return "without network, with the tree read-only and files elsewhere hidden"
        words = {
            "files could be read and written as anywhere": not self.files,
            "the network could be reached": not self.network,
        }
        granted = ", ".join(word for word, is_so in words.items() if is_so)
        return f"not confined as they should be, since this system does not allow it: {granted}"


class Found(NamedTuple):
    """What a module found."""

    faults: list[Fault]
    words: list[str]
    """What is no fault, and for the reviewers to know."""


def run(module: str, month: Month, folder: Path) -> Found:
    """Run a module of this package about a month; what it finds, or that it did not end well.

    Args:
        module: its name, `main` of which takes the slug and the folder.
        month: what it is about.
        folder: where it may write; what it leaves there is no more to be trusted than the month.
    """
    found, log = folder / "found.json", folder / "log.txt"
    found.unlink(missing_ok=True)
    command = [sys.executable, "-m", "docs.contribute.confined", str(folder), module, month.slug]
    kept = {name: value for name, value in os.environ.items() if name in KEPT}
    home = {"HOME": str(folder), "TMPDIR": str(folder), "USER": "contributor"}
    threads = dict.fromkeys(SINGLE_THREADED, "1")
    try:
        with log.open("wb") as output:
            done = subprocess.run(
                command,
                cwd=month.root,
                env=kept | home | threads,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
            )
        ended = f"exit status {done.returncode}"
    except subprocess.TimeoutExpired:
        ended = f"stopped after {SECONDS} s"
    try:
        faults, words = json.loads(found.read_text(encoding="utf-8"))
        return Found([Fault(*fault) for fault in faults], words)
    except (OSError, ValueError, TypeError):
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        text = f"{module} ended without a word ({ended}): {' '.join(last) or 'no output'}"
        return Found([month.fault(month.solution, text)], [])


def report(folder: Path, faults: Sequence[Fault], words: Sequence[str]) -> None:
    """Leave for `run` what a module found."""
    text = json.dumps([list(faults), list(words)])
    (folder / "found.json").write_text(text, encoding="utf-8")


def confinement(folder: Path) -> Confinement:
    """How what ran with this folder was confined."""
    content = json.loads((folder / "confinement.json").read_text(encoding="utf-8"))
    return Confinement(**content)


def confine(folder: Path) -> Confinement:
    """Take from this process, which must have one thread, and its children what can be taken.

    Args:
        folder: where they may go on writing.
    """
    no_network = _granted(_leave_network)
    python = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    readable = [ROOT, *map(Path, sorted(python)), *map(Path, SYSTEM)]
    writable = [folder, *map(Path, DEVICES)]
    version = _granted(lambda: _landlock(readable, writable)) or 0
    return Confinement(files=version > 0, network=bool(no_network) or version >= WITH_NETWORK)


def _granted(ask: Callable[[], int]) -> int | None:
    try:
        return ask()
    except OSError:
        return None


def _system(number: int, *arguments: object) -> int:
    """A system call by its number."""
    libc = ctypes.CDLL(None, use_errno=True)
    returned = libc.syscall(ctypes.c_long(number), *arguments)
    if returned < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return returned


NEW_USER, NEW_NETWORK = 0x10000000, 0x40000000


def _leave_network() -> int:
    """Move to a network of one's own, in which there is nothing."""
    if not sys.platform.startswith("linux"):
        raise OSError("namespaces are Linux's")
    libc, user, group = ctypes.CDLL(None, use_errno=True), os.geteuid(), os.getegid()
    if libc.unshare(NEW_USER | NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text, encoding="ascii")
    return True


CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
NO_NEW_PRIVILEGES = 38
READ, READ_FILE = 0b1101, 0b101  # execute, read a file, read a folder
WRITE_FILE = 1 << 1
EVERYTHING = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
"""All that can be done to files, by the version of Landlock; what later ones add is for devices."""
WITH_NETWORK = 4
"""The first version that refuses TCP."""


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def _landlock(readable: Sequence[Path], writable: Sequence[Path]) -> int:
    """Refuse all files but these; returns Landlock's version.

    Raises:
        OSError: where there is no Landlock.
    """
    if not sys.platform.startswith("linux"):
        raise OSError("Landlock is Linux's")
    version = _system(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    everything = EVERYTHING[min(version, max(EVERYTHING))]
    asked = _Ruleset(everything, 0b11 if version >= WITH_NETWORK else 0)
    size = ctypes.sizeof(asked) if version >= WITH_NETWORK else 8
    rules = _system(CREATE_RULESET, ctypes.byref(asked), ctypes.c_size_t(size), ctypes.c_uint32(0))
    for paths, folder, file in (
        (readable, READ, READ_FILE),
        (writable, everything, READ_FILE | WRITE_FILE),
    ):
        for path in filter(Path.exists, paths):
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            beneath = _Beneath(folder if path.is_dir() else file, opened)
            _system(ADD_RULE, rules, 1, ctypes.byref(beneath), ctypes.c_uint32(0))
            os.close(opened)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    _system(RESTRICT_SELF, rules, ctypes.c_uint32(0))
    os.close(rules)
    return version


def main() -> None:
    """Confine this process, then run a module in it."""
    folder, module, slug = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    found = confine(folder)
    (folder / "confinement.json").write_text(json.dumps(found._asdict()), encoding="utf-8")
    sys.argv[1:] = [slug, str(folder)]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
