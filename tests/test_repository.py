"""Rules of the house that a machine can check."""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nox.registry
import pytest

import noxfile

pytestmark = pytest.mark.every_month

ROOT = Path(__file__).parents[1]
BUILT = {ROOT / name for name in (".git", ".nox", ".venv", "build", "site", "node_modules")}
CACHES = {"__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"}
TOP_LEVEL = {"docs", "analyses", "models", "tests", "mkdocs.yml", "noxfile.py", "pyproject.toml"}
TOP_LEVEL |= {"constraints.txt", "package.json", "package-lock.json"}
TOP_LEVEL |= {"README.md", "CONTRIBUTING.md", "SECURITY.md"}
TOP_LEVEL |= {"LICENSE", "LICENSE-CC-BY-4.0", "CITATION.cff"}
FLOORS = ("models", "analyses", "docs", "tests")
ROOMS = ("instruments", "evidence", "seeds", "write_ups")
"""The packages of `analyses` that are no month, from the lowest upwards."""
# In halves, so that this file does not name them.
HOSTS = ["npm" + "js.org", "py" + "pi.org", "python" + "hosted.org", "download.py" + "torch.org"]


def files(folder: Path = ROOT) -> Iterator[Path]:
    """All files of the project, as far as they are not built."""
    for path in folder.iterdir():
        # A site under way lies in a folder that soon is gone.
        if path in BUILT or path.name in CACHES or path.name.startswith(".site-"):
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def modules() -> list[Path]:
    return [path.relative_to(ROOT) for path in files() if path.suffix == ".py"]


def imported(code: str) -> set[str]:
    """Dotted names of what code imports, modules and what is taken from them."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports name their package, so that it is seen where they lead"
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def strays(code: str, room: str) -> set[str]:
    """What code of a room of `analyses` imports that is neither of this room nor of one below."""
    below = ROOMS[: ROOMS.index(room) + 1]
    ours = {name for name in imported(code) if name.split(".")[0] == "analyses"}
    return {name for name in ours if not set(name.split(".")[1:2]) & set(below)}


def test_nothing_new_lies_on_the_top_level() -> None:
    seen = {path.name for path in set(ROOT.iterdir()) - BUILT}
    assert {name for name in seen - CACHES if not name.startswith(".")} <= TOP_LEVEL


def test_no_file_names_the_host_of_a_registry() -> None:
    naming = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in files()
        for host in HOSTS
        if host.encode() in path.read_bytes()
    ]
    assert not naming


@pytest.mark.parametrize("path", modules(), ids=str)
def test_imports_run_one_way(path: Path) -> None:
    """From docs to analyses to models, and to tests from nowhere."""
    if path.parts[0] not in FLOORS:
        return
    above = set(FLOORS[FLOORS.index(path.parts[0]) + 1 :])
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not {name.split(".")[0] for name in imported(text)} & above


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_of_the_analyses_use_those_below_and_no_month(room: str) -> None:
    """From write-ups to evidence to instruments; months use all, and are used by none."""
    for path in sorted((ROOT / "analyses" / room).rglob("*.py")):
        assert not strays(path.read_text(encoding="utf-8"), room), path


@pytest.mark.parametrize(
    ("code", "stray"),
    [
        ("from analyses.instruments import circuits", set()),
        ("from analyses.evidence.claims import Claim", set()),
        ("from analyses import instruments", set()),
        ("from analyses.write_ups.page import record", {"analyses.write_ups.page.record"}),
        ("import analyses", {"analyses"}),
        ("import analyses.sorted_list.claims as claims", {"analyses.sorted_list.claims"}),
        ("from analyses import sorted_list", {"analyses.sorted_list"}),
        ("def late():\n    from analyses import write_ups", {"analyses.write_ups"}),
    ],
)
def test_an_import_from_above_is_found(code: str, stray: set[str]) -> None:
    assert strays(code, "evidence") == stray


def test_analyses_holds_rooms_and_months_and_nothing_loose() -> None:
    months = {path.parent.name for path in (ROOT / "models").glob("*/card.json")}
    inside = {path.relative_to(ROOT / "analyses").parts for path in files(ROOT / "analyses")}
    assert {parts[0] for parts in inside if len(parts) > 1} <= {*ROOMS, *months}
    assert {parts[0] for parts in inside if len(parts) == 1} == {"__init__.py", "__main__.py"}


def test_problems_do_not_import_each_other() -> None:
    for floor in ("models", "analyses"):
        slugs = {path.parent.name for path in (ROOT / "models").glob("*/card.json")}
        for slug in slugs:
            for path in (ROOT / floor / slug).rglob("*.py"):
                text = path.read_text(encoding="utf-8")
                others = "|".join(slugs - {slug})
                assert not others or not re.search(rf"\b{floor}\.({others})\b", text), path


def test_no_module_is_a_drawer() -> None:
    assert not {path for path in modules() if path.stem in {"util", "utils", "helpers", "misc"}}


def test_the_readme_lists_every_session() -> None:
    sessions = nox.registry.get()
    assert sessions["site"] is noxfile.site
    listed = re.findall(r"^\| `nox -s (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(sessions)


def test_the_test_command_of_the_readme_is_the_one_that_ci_runs() -> None:
    command = "python -m pip install nox && nox -s tests"
    assert f"\n    {command}\n" in (ROOT / "README.md").read_text()
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == command


def test_the_command_of_the_readme_for_debian_is_the_one_that_ci_runs() -> None:
    command = "pipx run nox -s site"
    assert f"\n    {command}\n" in (ROOT / "README.md").read_text()
    assert f" && {command})\n" in (ROOT / ".ci" / "run").read_text()


def test_the_example_of_the_readme_runs() -> None:
    blocks = re.findall(r"(?:^    .*\n|^\n)+", (ROOT / "README.md").read_text(), re.MULTILINE)
    example = next(block for block in blocks if "import load" in block)
    names: dict[str, Any] = {}
    exec(textwrap.dedent(example), names)
    given = sorted(names["tokens"][0, :10].tolist())
    assert names["logits"].argmax(-1)[0, 10:20].tolist() == given
