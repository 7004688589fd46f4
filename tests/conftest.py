"""What holds for every test, and the site and the browser that are made once for all of them.

Nothing touches torch's global generator or the network; only test_pins.py has uv ask the package
index.
"""

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import torch

# jaxtyping's import hook keeps bytecode of its own for all that a checked module imports:
# imported before any of them, the largest library need not be compiled once more.
import transformer_lens.model_bridge  # noqa: F401
from playwright.sync_api import Browser, Error, sync_playwright

hypothesis.settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("project")

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def global_generator_untouched() -> Iterator[None]:
    before = torch.random.get_rng_state()
    yield
    if not torch.equal(before, torch.random.get_rng_state()):
        torch.random.set_rng_state(before)
        pytest.fail("torch's global random state changed; pass a torch.Generator instead")


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in LOCAL_HOSTS:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        yield


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    for command in (["analyses", "all"], ["docs.render"]):
        subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)
    return ROOT / "site"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say whether the tests on a GPU were among those that ran."""
    found = torch.cuda.is_available()
    what = f"run on {torch.cuda.get_device_name()}" if found else "not run: no CUDA device"
    terminalreporter.write_line(f"gpu: {what}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the tests fail and say what to install."""
    with sync_playwright() as playwright:
        try:
            yield playwright.chromium.launch(
                executable_path=next(filter(None, map(shutil.which, BROWSERS)), None),
                # Root in a container has no sandbox; no name but this machine's resolves.
                args=[
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                ],
            )
        except Error as error:
            if "Executable doesn't exist" not in str(error):
                raise
            pytest.fail(
                "No Chromium or Chrome found. Install one (Debian, Ubuntu: apt-get install "
                "chromium; elsewhere: python -m playwright install chromium)."
            )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if torch.cuda.is_available():
        return
    for item in items:
        if item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))
