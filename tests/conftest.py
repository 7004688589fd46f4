"""What holds for every test, and the site and the browser that are made once for all of them.

Nothing touches torch's global generator or the network; only test_pins.py has uv ask the package
index.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from filelock import FileLock

from models import load
from models.card import slugs
from tests.apart import Apart, processes
from tests.browser import Served, installed, serve

# Torch takes seconds to import, and the process that shares out tests to others runs none.
if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext
    from torch import Tensor

    from models.problem import Problem
    from models.sorted_list.task import SortedList

hypothesis.settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("project")

ROOT = Path(__file__).parents[1]
LONGEST = {
    *("test_pages.py", "test_month.py", "test_lookalike.py", "test_rhythm.py"),
    *("test_keyboard.py", "test_start.py"),
}
"""Files that are begun first, or one process would be left with them at the end."""
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def global_generator_untouched() -> Iterator[None]:
    import torch

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
def problem() -> "Problem[SortedList]":
    """The October problem as committed, which shared modules are tested on."""
    return load("sorted_list")


@pytest.fixture(scope="session")
def untrained(problem: "Problem[SortedList]") -> "Problem[SortedList]":
    """A control for it."""
    return problem.untrained(7)


@pytest.fixture(scope="session")
def lists(problem: "Problem[SortedList]") -> "Tensor":
    """2,000 fresh lists."""
    from analyses.sorted_list.samples import evaluation

    return evaluation(problem, 2000)


@pytest.fixture(scope="session")
def site(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site: a given one, or built once for all processes that run tests."""
    if given := pytestconfig.getoption("--site"):
        return Path(given).resolve()
    run = tmp_path_factory.getbasetemp()
    # Not told by the environment, which what a test begins inherits.
    if hasattr(pytestconfig, "workerinput"):
        run = run.parent
    with FileLock(run / "site.lock"):
        built = run / "site-is-built"
        if not built.exists():
            for command in (["analyses", "all"], ["docs.render"]):
                subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=True)
            built.touch()
    return ROOT / "site"


@pytest.fixture(scope="session")
def apart() -> Iterator[Apart]:
    """Call a function in a process of its own."""
    with processes() as apart:
        yield apart


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say whether the tests on a GPU were among those that ran."""
    import torch

    found = torch.cuda.is_available()
    what = f"run on {torch.cuda.get_device_name()}" if found else "not run: no CUDA device"
    terminalreporter.write_line(f"gpu: {what}")


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Chromium; where there is none the tests fail and say what to install."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            yield playwright.chromium.launch(
                executable_path=installed(),
                # Root in a container has no sandbox; no name but this machine's resolves.
                args=[
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    # Pages need none, and the process for it is one less that may stand still.
                    "--disable-gpu",
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


@pytest.fixture(scope="session")
def reader(browser: "Browser") -> "Iterator[BrowserContext]":
    """One to whom every page is the first: a context for each page would take a second more.

    What was loaded is not kept, as `serve` tells the browser, and neither is a choice of palette.
    """
    context = browser.new_context()
    context.add_init_script("if (location.protocol === 'http:') localStorage.clear()")
    # For a window, Chromium makes pages of its own, which takes longer than most of ours: while
    # one page is left open, others open in its window.
    context.new_page()
    yield context
    context.close()


@pytest.fixture(scope="session")
def served(site: Path) -> Iterator[Served]:
    """The site on a port of this machine."""
    with serve(site) as served:
        yield served


def pytest_configure(config: pytest.Config) -> None:
    """Share the cores among processes that run tests side by side, and all that these start.

    Threads that wait for each other on one core take many times as long as one thread.
    """
    if config.getoption("numprocesses", None):
        return
    import torch

    # jaxtyping's import hook keeps bytecode of its own for all that a checked module imports:
    # imported before any of them, the largest library need not be compiled once more.
    import transformer_lens.model_bridge  # noqa: F401

    if processes := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
        threads = max(1, (os.cpu_count() or 1) // int(processes))
        os.environ["OMP_NUM_THREADS"] = str(threads)
        torch.set_num_threads(threads)


def pytest_xdist_auto_num_workers() -> int:
    """A process for each core: up to four, each of more would gain less than its imports take."""
    # What tests begin beside other tests has one core as it is.
    return 0 if "PYTEST_XDIST_WORKER" in os.environ else min(4, os.cpu_count() or 1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--month", metavar="SLUG", help="only the tests of a month, and those that it can break"
    )
    parser.addoption("--site", metavar="FOLDER", help="where the site was just built")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With --month, do not even import what is not concerned."""
    if not (slug := config.getoption("--month")) or not collection_path.is_file():
        return None
    own = slug in collection_path.parts
    return None if own or "every_month" in collection_path.read_text(encoding="utf-8") else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if slug := config.getoption("--month"):
        if slug not in slugs():
            known = ", ".join(slugs())
            raise pytest.UsageError(f"--month {slug}: no such problem; known: {known}")
        chosen = [item for item in items if concerns(slug, item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = chosen
    import torch

    for item in items:
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="no CUDA device"))
    # A stable sort: a file's tests stay in their order.
    items.sort(key=lambda item: item.path.name not in LONGEST)


def concerns(slug: str, item: pytest.Item) -> bool:
    """Whether a month can break a test: one of its own, or one that goes over all months.

    Of the latter, those that are given another month, or a page of another, cannot.
    """
    if slug in item.path.relative_to(ROOT / "tests").parts:
        return True
    if item.get_closest_marker("every_month") is None:
        return False
    others = set(slugs()) - {slug}
    return not others & set(re.findall(r"\w+", item.name.partition("[")[2]))
