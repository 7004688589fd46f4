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
    """Largest sum of resident memory over the process and all its descendants. Pages that
    several of them share count once for each, so this is no less than what was needed."""


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
            peak = max(peak, resident(watched))
            time.sleep(SECONDS_BETWEEN_LOOKS)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Run(time.perf_counter() - start, peak)


def resident(process: psutil.Process) -> int:
    """Bytes of resident memory of a process and its descendants; ended ones count as 0."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
