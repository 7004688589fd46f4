"""`python -m docs.contribute.scripts [--format]`: style and types of the project's scripts.

Those of the live panel import packages from where the site serves them, which is nowhere in the
tree, so they are laid out together to have their types checked and their tests run.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from docs.render import RenderError
from docs.render.live import LIVE
from docs.render.vendor import ROOT, node_modules, program

PACKAGES = {"jax": "@jax-js/jax/dist", "noble-hashes": "@noble/hashes"}
"""By their folder, which is beside that of the live panel."""


TSC = "typescript/bin/tsc"
BIOME = "@biomejs/biome/bin/biome"
UNFORMATTED = "is not formatted; `python -m docs.contribute.scripts --format` formats all."
STYLE = re.compile(r"^::\w+ title=([^,]*),file=([^,]*),line=(\d+)[^:]*::(.*)$", re.MULTILINE)
TYPES = re.compile(r"^([^\s(]+)\((\d+),\d+\): error (TS\d+): (.*)$", re.MULTILINE)


class Found(NamedTuple):
    """What a tool has against a line."""

    file: str
    line: int
    text: str


@contextmanager
def laid_out(others: Mapping[str, Path] = MappingProxyType({})) -> Iterator[Path]:
    """A copy of the tree with nothing but the scripts that run in the page, their tests, and what
    they use, with its types, where they look for it.

    Args:
        others: by path in the tree, files to be there as well or instead.
    """
    modules = node_modules(development=True)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        there = {path.relative_to(ROOT).as_posix(): path for path in _scripts()} | dict(others)
        for name, path in there.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tree / name)
        for name, package in PACKAGES.items():
            shutil.copytree(modules / package, tree / "docs" / "vendor" / name)
        (tree / "package.json").write_text('{"type": "module"}')
        yield tree


def _scripts() -> list[Path]:
    places = ("docs/live/**/*.js", "models/*/task.js", "analyses/*/explanation.js")
    return [path for place in places for path in ROOT.glob(place)] + [LIVE / "tsconfig.json"]


def style(root: Path = ROOT, *files: Path) -> list[Found]:
    """Where scripts are not formatted or break a rule of the linter; of some files, or of all.

    Raises:
        RenderError: if the tool does not work here.
    """
    options = ["--reporter=github", "--error-on-warnings", *map(str, files)]
    told = _output(root, BIOME, "check", *options)
    return [
        Found(file, int(line), UNFORMATTED if rule == "format" else f"{text} ({rule})")
        for rule, file, line, text in STYLE.findall(told)
    ]


def types(others: Mapping[str, Path] = MappingProxyType({})) -> list[Found]:
    """Where types of the live panel's scripts do not fit together, by path in the tree.

    Args:
        others: by such a path, files that are looked at as well or instead.

    Raises:
        RenderError: if the tool does not work here.
    """
    with laid_out(others) as tree:
        told = _output(tree, TSC, "--project", "docs/live", "--pretty", "false")
    return [
        Found(file, int(line), f"{text} ({rule})") for file, line, rule, text in TYPES.findall(told)
    ]


def _output(folder: Path, tool: str, *arguments: str) -> str:
    command = [program("node"), str(node_modules(development=True) / tool), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    told = done.stdout + done.stderr
    if done.returncode and not (STYLE.search(told) or TYPES.search(told)):
        raise RenderError(f"{tool} ended with exit status {done.returncode}: {told.strip()}")
    return done.stdout


def main() -> None:
    """Print what is found; exit status 1 if there is anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", action="store_true", help="format them, and change no more")
    if parser.parse_args().format:
        _output(ROOT, BIOME, "format", "--write")
        return
    found = [*style(), *types()]
    for each in found:
        print(f"{each.file}:{each.line}: {each.text}")
    if found:
        sys.exit(1)


if __name__ == "__main__":
    main()
