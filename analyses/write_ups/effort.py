"""How hard a process worked, whatever else its machine was doing meanwhile."""

import os
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
        elapsed = _elapsed(process)
    except (psutil.Error, OSError):
        return Effort(0.0, 0.0)
    computed = spent.user + spent.system + spent.children_user + spent.children_system
    kept = _kept_waiting(pid)
    return Effort(computed, 0.0 if kept is None else max(0.0, elapsed - computed - kept))


def _elapsed(process: psutil.Process) -> float:
    """Seconds since a process began."""
    stat, uptime = Path(f"/proc/{process.pid}/stat"), Path("/proc/uptime")
    if not (stat.is_file() and uptime.is_file()):
        return time.time() - process.create_time()
    # By the clock that processes' beginnings are noted with. The one of days may have been put
    # right since the machine began, and then it is seconds off that.
    began = int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    return float(uptime.read_text(encoding="ascii").split()[0]) - began / os.sysconf("SC_CLK_TCK")


def _kept_waiting(pid: int) -> float | None:
    """Seconds in which a process's first thread could have run, and others had the cores."""
    path = Path(f"/proc/{pid}/schedstat")
    if not path.is_file():
        return None
    _, nanoseconds, _ = path.read_text(encoding="ascii").split()
    return int(nanoseconds) / 1e9
