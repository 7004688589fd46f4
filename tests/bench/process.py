"""Run a command and see how long it takes and how much memory it needs."""

import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import psutil

SECONDS_BETWEEN_LOOKS = 0.1


class Run(NamedTuple):
    """What one command cost."""

    seconds: float
    peak_bytes: int
    """Most memory in use at once by the process and all its descendants. A page that n of
    them share counts as 1/n for each where the system tells (Linux), else as a whole."""


def measure(command: list[str], folder: Path) -> Run:
    """Run a command in a folder, its output going to ours.

    Raises:
        subprocess.CalledProcessError: if it fails.
    """
    start = time.perf_counter()
    peak = 0
    with subprocess.Popen(command, cwd=folder) as process:
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, in_use(watched))
            time.sleep(SECONDS_BETWEEN_LOOKS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(time.perf_counter() - start, peak)


def in_use(process: psutil.Process) -> int:
    """Bytes of memory of a process and its descendants; ended ones count as 0."""
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(bytes_of(member) for member in family)


def bytes_of(process: psutil.Process) -> int:
    """Bytes of memory of one process, its share of shared pages where that is known."""
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return 0
    return getattr(memory, "pss", memory.rss)
