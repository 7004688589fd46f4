"""What a month's code can do while the gate runs it: plant files, read secrets, phone home."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from docs.contribute import changes, confined
from docs.contribute.confined import Confinement
from docs.contribute.execution import PRODUCTS
from docs.contribute.month import ROOT, Month

PARAMETERS = '# %% tags=["parameters"]\ncheckpoint, device = None, "cpu"\n\n'
ATTEMPTS = """# %%
import os, shutil, socket
from pathlib import Path
from IPython.display import display

def attempt(name, do):
    try:
        do()
        outcome = "succeeded"
    except OSError as error:
        outcome = type(error).__name__
    text = {"name": name, "text": outcome}
    display({"application/vnd.mim.fact+json": text}, raw=True)

attempt("own_folder", lambda: Path(os.environ["TMPDIR"], "mine").write_text("x"))
attempt("readme", lambda: Path("README.md").write_text("Rewritten."))
attempt("results", lambda: Path("analyses/caesar_cipher/results.json").write_text("{}"))
attempt("moved", lambda: os.rename("README.md", os.environ["TMPDIR"] + "/README.md"))
attempt("secret", lambda: Path("SECRET").read_text())
attempt("environment", lambda: Path(f"/proc/{PARENT}/environ").read_bytes())
attempt("network", lambda: socket.create_connection(("127.0.0.1", PORT), timeout=2))
os.system("echo Rewritten. > README.md")
"""


@pytest.fixture
def alone(month: Month) -> Month:
    """A month with the code that executes it, and one page, its solution, that only begins."""
    rooms = (f"analyses/{room}/*.py" for room in ("instruments", "evidence", "seeds", "write_ups"))
    for pattern in ("analyses/*.py", *rooms, "models/*.py", "docs/*.py", "docs/contribute/*.py"):
        for path in ROOT.glob(pattern):
            copy = month.root / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    shutil.copy(ROOT / "constraints.txt", month.root)
    (month.root / "README.md").write_text("As it was.")
    month.problem.unlink()
    month.solution.write_text(PARAMETERS)
    return month


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where confined code may write."""
    return tmp_path_factory.mktemp("gate")


@pytest.fixture(scope="module")
def possible(tmp_path_factory: pytest.TempPathFactory) -> Confinement:
    """What this system allows to take away."""
    folder = tmp_path_factory.mktemp("possible")
    code = (
        "import sys; from pathlib import Path; from docs.contribute.confined import confine; "
        "print(*map(int, confine(Path(sys.argv[1]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], cwd=ROOT, capture_output=True, text=True
    )
    return Confinement(*(word == "1" for word in done.stdout.split()))


def test_a_page_reaches_nothing_but_the_tree_and_its_folder(
    alone: Month, folder: Path, possible: Confinement, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = tmp_path_factory.mktemp("home") / "secret"
    secret.write_text("Nobody's business.")
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = ATTEMPTS.replace("PORT", str(server.getsockname()[1]))
        code = code.replace("SECRET", str(secret)).replace("{PARENT}", str(os.getpid()))
        alone.solution.write_text(PARAMETERS + code)
        found = confined.run("docs.contribute.execution", alone, folder)
        server.setblocking(False)
        if possible.network:
            with pytest.raises(BlockingIOError):
                server.accept()
    assert found.faults == []
    assert confined.confinement(folder) == possible
    outcomes = json.loads((folder / PRODUCTS / "results.json").read_text())["facts"]
    assert outcomes.pop("own_folder") == "succeeded"
    assert set(outcomes) == {"readme", "results", "moved", "secret", "environment", "network"}
    if possible.network:
        assert outcomes["network"] in ("PermissionError", "OSError")
    if possible.files:
        assert (alone.root / "README.md").read_text() == "As it was."
        assert not (alone.analysis / "results.json").exists()
        del outcomes["network"]
        assert set(outcomes.values()) <= {"PermissionError", "OSError"}, outcomes


def test_what_is_refused_is_a_fault_in_its_line(
    alone: Month, folder: Path, possible: Confinement
) -> None:
    if not possible.files:
        pytest.skip("this system hides no files")
    alone.solution.write_text(f"{PARAMETERS}# %%\nopen('README.md', 'w')\n")
    (fault,) = confined.run("docs.contribute.execution", alone, folder).faults
    assert (fault.path, fault.line) == ("analyses/caesar_cipher/solution.py", 5)
    assert "PermissionError" in fault.text
    assert not (folder / PRODUCTS).exists()


def test_a_module_that_ends_early_has_not_passed(alone: Month, folder: Path) -> None:
    (alone.root / "docs/contribute/early.py").write_text(
        "print('Nothing to see.')\nraise SystemExit\n"
    )
    (fault,) = confined.run("docs.contribute.early", alone, folder).faults
    assert "ended without a word (exit status 0): Nothing to see." in fault.text


def test_it_is_said_what_could_not_be_taken_away() -> None:
    assert str(Confinement(files=True, network=True)).startswith("without network, with the tree")
    half = str(Confinement(files=True, network=False))
    assert half.endswith("does not allow it: the network could be reached")
    none = str(Confinement(files=False, network=False))
    assert "files could be read and written as anywhere, the network" in none


def test_files_that_change_while_a_month_is_executed_are_named(month: Month) -> None:
    subprocess.run(["git", "init", "-q"], cwd=month.root, check=True)
    (month.root / ".gitignore").write_text("build/\n")
    (month.root / "README.md").write_text("As it was.")
    before = changes.contents(month.root)
    assert list(changes.rewritten(month.root, before)) == []
    (month.root / "README.md").write_text("Rewritten.")
    (month.analysis / "results.json").write_text("{}")
    (month.model / "task.py").unlink()
    (month.root / "build").mkdir()
    (month.root / "build" / "log").touch()
    found = list(changes.rewritten(month.root, before))
    assert [fault.path for fault in found] == [
        "README.md",
        "analyses/caesar_cipher/results.json",
        "models/caesar_cipher/task.py",
    ]
    assert "was changed while the month was executed" in found[0].text
