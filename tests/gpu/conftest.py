"""Says, at the end of every run, whether the tests on a GPU were among it."""

import pytest
import torch


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    found = torch.cuda.is_available()
    what = f"run on {torch.cuda.get_device_name()}" if found else "not run: no CUDA device"
    terminalreporter.write_line(f"gpu: {what}")
