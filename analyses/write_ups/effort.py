"""How hard a process worked, whatever else its machine was doing meanwhile."""

import time
from pathlib import Path
from typing import NamedTuple

import psutil


class Effort(NamedTuple):
    """What a process has done since it began."""

    computed: float
    """Seconds on a core, those of all its threads, and of processes that it waited for, added."""
    slept: float
    """Seconds in which it neither computed nor was kept waiting for a core: in a sleep, or for
    something outside. 0 where the system does not say."""


def effort(pid: int) -> Effort:
    """The effort of a process that still runs; none at all of one that does not."""
    try:
        process = psutil.Process(pid)
        spent = process.cpu_times()
        elapsed = time.time() - process.create_time()
    except psutil.Error:
        return Effort(0.0, 0.0)
    computed = spent.user + spent.system + spent.children_user + spent.children_system
    kept = _kept_waiting(pid)
    return Effort(computed, 0.0 if kept is None else max(0.0, elapsed - computed - kept))


def _kept_waiting(pid: int) -> float | None:
    """Seconds in which a process's first thread could have run, and others had the cores."""
    path = Path(f"/proc/{pid}/schedstat")
    if not path.is_file():
        return None
    _, nanoseconds, _ = path.read_text(encoding="ascii").split()
    return int(nanoseconds) / 1e9
