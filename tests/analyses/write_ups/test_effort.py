"""How hard a process worked, on an idle machine and beside others."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from analyses.write_ups.effort import Effort, effort
from analyses.write_ups.notebook import Page, execute_all
from tests.in_thread import in_a_thread

SCHEDSTAT = Path("/proc/self/schedstat").is_file()
BEGUN = 0.2
"""Seconds that an interpreter may need to begin."""
TICK = 0.02
"""To how many seconds the system counts."""


@contextmanager
def running(code: str) -> Iterator[tuple[int, float]]:
    """A process that has run some code, and waits; all on one core. With it, when it began to
    wait, as `time.time` counts.
    """
    said = "import time\nprint(time.time(), flush=True)\ninput()"
    command = [sys.executable, "-S", "-c", f"{code}\n{said}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        try:
            yield process.pid, float(process.stdout.readline())
        finally:
            process.kill()


WORK = "import time\nwhile time.process_time() < 0.5: pass"


def worked(others: int) -> Effort:
    """The effort of half a second of work, on a core with so many others at work."""
    with ExitStack() as stack:
        busy = [
            subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"])
            for _ in range(others)
        ]
        for process in busy:
            stack.callback(process.wait)
            stack.callback(process.kill)
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        pid, done = stack.enter_context(running(WORK))
        found = effort(pid)
        # While this process did not get a core, the other waited for it.
        return Effort(found.computed, found.slept - (time.time() - done))


@pytest.mark.parametrize("others", [0, 4])
def test_other_work_on_the_machine_is_not_counted(others: int) -> None:
    computed, slept = worked(others)
    assert 0.5 - TICK <= computed < 0.5 + 2 * BEGUN
    assert slept < 2 * BEGUN


def test_sleep_is_told_from_work() -> None:
    with running("import time; time.sleep(0.8)") as (pid, _):
        computed, slept = effort(pid)
    assert computed < 2 * BEGUN
    if SCHEDSTAT:
        assert 0.7 <= slept < 0.8 + 2 * BEGUN


def test_a_process_that_has_ended_worked_for_nothing() -> None:
    with running("") as (pid, _):
        pass
    assert effort(pid) == Effort(0.0, 0.0)


def test_a_page_keeps_the_effort_of_its_kernel(tmp_path: Path) -> None:
    source = tmp_path / "page.py"
    source.write_text("# %%\nimport time\n# %%\ntime.sleep(1)\n")
    page = Page.read(source)
    in_a_thread(lambda: execute_all([page], lambda: None))
    assert page.effort.computed > 0
    if SCHEDSTAT:
        assert 1.0 <= page.effort.slept < 15
