"""What constraints.txt pins, and whether every Python that the README names can install it."""

import os
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PYPROJECT["dependency-groups"]
LINUX, MACOS, WINDOWS = "x86_64-manylinux_2_28", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"
NEWER = ("3.12.0", "3.13.0", "3.14.0")
WITHOUT_WHEEL = "transformers-stream-generator"


class Unsolvable(Exception):
    """No choice of versions agrees with the pins."""


def oldest() -> str:
    """The oldest Python that the README names, in its first release."""
    named = re.search(r"Python (3\.\d+) or newer", (ROOT / "README.md").read_text("utf-8"))
    assert named, "README.md names no oldest Python"
    return f"{named[1]}.0"


def read(requirements: str) -> dict[str, Requirement]:
    lines = requirements.splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def pins() -> dict[str, Requirement]:
    return read(CONSTRAINTS.read_text(encoding="utf-8"))


def resolve(
    python: str, platform: str = LINUX, constraints: Path = CONSTRAINTS
) -> dict[str, Requirement]:
    """What a Python on a platform would install of all groups, found out from metadata alone.

    Raises:
        Unsolvable: if the pins exclude each other, this Python or this platform.
    """
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet"]
    command += ["--no-header", "--no-annotate", "--no-python-downloads", "--python", sys.executable]
    command += ["--python-version", python, "--python-platform", platform]
    command += ["--constraints", str(constraints), "--no-build-isolation"]
    command += ["--only-binary", ":all:", "--no-binary", WITHOUT_WHEEL]
    command += ["--cache-dir", str(ROOT / "build" / "uv")]
    command += [f"--group={group}" for group in GROUPS]
    # torch has wheels for macOS 14 and newer; left to itself, uv asks for 13.
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}
    # What is published stays as it is: an answer that lies in the cache need not be asked for.
    for network in (["--offline"], []):
        done = subprocess.run(
            [*command, *network], cwd=ROOT, env=environment, capture_output=True, text=True
        )
        if done.returncode == 0:
            return read(done.stdout)
    if "Failed to fetch" in done.stderr:
        give_up = pytest.fail if "CI" in os.environ else pytest.skip
        give_up(f"the package index cannot be reached:\n{done.stderr}")
    raise Unsolvable(f"Python {python} on {platform}:\n{done.stderr}")


def test_every_python_can_install_the_pins_and_nothing_floats() -> None:
    places = [(python, LINUX) for python in (oldest(), *NEWER)]
    places += [(oldest(), platform) for platform in (MACOS, WINDOWS)]
    with ThreadPoolExecutor() as pool:
        resolved = dict(zip(places, pool.map(resolve, *zip(*places, strict=True)), strict=True))
    pinned = pins()
    for place, installed in resolved.items():
        assert not installed.keys() - pinned.keys(), f"not pinned: {place}"
    linux = {"sys_platform": "linux"}
    on_linux = {n for n, pin in pinned.items() if not pin.marker or pin.marker.evaluate(linux)}
    for python in (oldest(), *NEWER):
        assert not on_linux - resolved[python, LINUX].keys(), f"pinned for nothing: {python}"


def test_pins_that_need_a_newer_python_are_found(tmp_path: Path) -> None:
    text, replaced = re.subn("(?m)^soupsieve==.*$", "soupsieve==4.1.1", CONSTRAINTS.read_text())
    assert replaced == 1
    constraints = tmp_path / "constraints.txt"
    constraints.write_text(text)
    with pytest.raises(Unsolvable, match=r"soupsieve==4\.1\.1 depends on Python>=3\.11\.5"):
        resolve("3.11.0", constraints=constraints)


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), (None, pytest.skip.Exception)]
)
def test_without_the_index_only_ci_fails(
    monkeypatch: pytest.MonkeyPatch, ci: str | None, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    if ci:
        monkeypatch.setenv("CI", ci)
    else:
        monkeypatch.delenv("CI", raising=False)
    with pytest.raises(outcome, match="the package index cannot be reached"):
        resolve(oldest())


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


def test_files_agree_on_the_oldest_python() -> None:
    python = oldest().removesuffix(".0")
    assert PYPROJECT["project"]["requires-python"] == f">={python}"
    assert PYPROJECT["tool"]["ruff"]["target-version"] == f"py{python.replace('.', '')}"
    assert f"Python {python} or newer" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_readme_says_which_pythons_are_resolved() -> None:
    told = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    *first, last = (oldest(), *NEWER)
    assert f"{', '.join(first)} and {last}" in told
