"""Code of a month that reaches for more than its model."""

import pytest

from docs.contribute.forbidden import forbidden_faults
from docs.contribute.month import Month

TASK = "models/caesar_cipher/task.py"
SOLUTION = "analyses/caesar_cipher/solution.py"


def test_a_new_month_reaches_for_nothing(month: Month) -> None:
    assert list(forbidden_faults(month)) == []


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import os\nos.system('true')", "calls os.system"),
        ("from os import popen", "imports os.popen"),
        ("import os\nos.execvp('true', ['true'])", "calls os.execvp"),
        ("import subprocess", "imports subprocess"),
        ("from urllib.request import urlopen", "imports urllib.request"),
        ("import socket as s", "imports socket"),
        ("eval('1')", "calls eval"),
        ("__import__('socket')", "calls __import__"),
    ],
)
def test_a_task_that_starts_programs_or_connections(code: str, what: str, month: Month) -> None:
    path = month.model / "task.py"
    before = path.read_text()
    path.write_text(f"{before}\n{code}\n")
    (fault,) = forbidden_faults(month)
    assert fault.path == TASK
    assert fault.line == len(before.splitlines()) + 1 + len(code.splitlines())
    assert fault.text.startswith(f"{what}: ")


@pytest.mark.parametrize("command", ["!curl example.org", "# !curl example.org", "%run x.py"])
def test_a_page_that_gives_commands(command: str, month: Month) -> None:
    month.solution.write_text(f"# %% [markdown]\n# !not a command\n# %%\n{command}\n")
    (fault,) = forbidden_faults(month)
    assert (fault.path, fault.line) == (SOLUTION, 4)
    assert "a command of IPython" in fault.text


@pytest.mark.parametrize("slug", ["sorted_list", "cumulative_sum"])
def test_the_months_there_are_reach_for_nothing(slug: str) -> None:
    assert list(forbidden_faults(Month(slug))) == []
