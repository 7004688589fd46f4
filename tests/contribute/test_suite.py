"""The tests of a month, run by the gate."""

import os
import subprocess
from pathlib import Path

import pytest

from docs.contribute.month import Month
from docs.contribute.suite import suite_faults

CONFTEST = """def pytest_addoption(parser):
    parser.addoption("--month")
    parser.addoption("--site")
def pytest_collection_modifyitems(config, items):
    assert config.getoption("--month") == "caesar_cipher"
"""


@pytest.fixture
def tested(tmp_path: Path) -> Month:
    """A month whose tests are all there is."""
    month = Month("caesar_cipher", tmp_path)
    month.tests.mkdir(parents=True)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    return month


def test_tests_that_fail_are_placed(tested: Month, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    # Those that are not needed take seconds to import.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p xdist.plugin")
    (tested.tests / "test_task.py").write_text(
        "import pytest\n\n\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(n):\n"
        "    assert n == 1, 'not one'\n"
    )
    (fault,) = suite_faults(tested, Path("site"))
    assert (fault.path, fault.line) == ("tests/problems/caesar_cipher/test_task.py", 5)
    assert fault.text.startswith("test_it[2] fails: AssertionError: not one")
    assert fault.text.endswith("`nox -s tests -- --month caesar_cipher` says more.")


@pytest.mark.parametrize(
    ("status", "last", "told"),
    [
        (0, "3 passed in 0.01s", []),
        (5, "no tests ran", ["the tests ended with exit status 5: no tests ran"]),
        (2, "ERROR tests/test_x.py - No module", ["collecting the tests fails: No module"]),
    ],
)
def test_only_tests_that_ran_and_passed_are_no_fault(
    status: int, last: str, told: list[str], tested: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, status, f"{last}\n")

    monkeypatch.setattr(subprocess, "run", run)
    found = [fault.text for fault in suite_faults(tested, Path("site"))]
    assert asked[0][-2:] == ["--month", "caesar_cipher"]
    assert [text.split(";")[0] for text in found] == told
