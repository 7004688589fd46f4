"""Rules of the house that a machine can check."""

import ast
import re
import textwrap
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import nox.registry
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def imported(path: Path) -> set[str]:
    """Top-level names of what a module imports."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def pins() -> dict[str, Requirement]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): pin for pin in found}


def test_nothing_new_lies_on_the_top_level() -> None:
    seen = {path.name for path in set(ROOT.iterdir()) - BUILT}
    assert {name for name in seen - CACHES if not name.startswith(".")} <= TOP_LEVEL


def test_everything_installed_is_pinned_to_the_version_installed() -> None:
    pinned = pins()
    wrong = []
    for found in distributions():
        name = canonicalize_name(found.metadata["Name"])
        if name == "pip":
            continue
        if name not in pinned or not pinned[name].specifier.contains(found.version):
            wrong.append(f"{name}=={found.version}, pinned: {pinned.get(name, 'nowhere')}")
    assert not wrong


def test_every_pin_is_exact() -> None:
    for pin in pins().values():
        assert [part.operator for part in pin.specifier] == ["=="], pin


def test_every_group_is_pinned() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    for group, requirements in groups.items():
        for requirement in requirements:
            assert canonicalize_name(Requirement(requirement).name) in pins(), group


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
    assert not imported(path) & above


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


def test_the_example_of_the_readme_runs() -> None:
    blocks = re.findall(r"(?:^    .*\n|^\n)+", (ROOT / "README.md").read_text(), re.MULTILINE)
    example = next(block for block in blocks if "import load" in block)
    names: dict[str, Any] = {}
    exec(textwrap.dedent(example), names)
    given = sorted(names["tokens"][0, :10].tolist())
    assert names["logits"].argmax(-1)[0, 10:20].tolist() == given
