"""What `nox -s lint` says about a month's code."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docs.contribute import scripts
from docs.contribute.month import Fault, Month
from docs.render import RenderError

QUIET = {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
"""Without this, pyright asks the network whether it is the newest."""


class ToolFailed(RuntimeError):
    """A tool could not look; the message says what it said."""


def lint_faults(month: Month) -> Iterator[Fault]:
    """Faults of style and of types, each with its line.

    Raises:
        ToolFailed: if a tool does not work here.
    """
    yield from _python_faults(month)
    yield from _script_faults(month)


def _script_faults(month: Month) -> Iterator[Fault]:
    files = {
        path.relative_to(month.root).as_posix(): path
        for path in (month.model / "task.js", month.analysis / "explanation.js")
        if path.is_file()
    }
    if not files:
        return
    try:
        for found in scripts.style(month.root, *files.values()):
            yield month.fault(Path(found.file), found.text, found.line)
        for found in scripts.types(files):
            if found.file in files:
                yield month.fault(files[found.file], found.text, found.line)
    except RenderError as error:
        raise ToolFailed(str(error)) from error


def _python_faults(month: Month) -> Iterator[Fault]:
    code = [str(path) for path in month.files() if path.suffix == ".py"]
    if not code:
        return
    told = _output(month.root, "ruff", "check", "--output-format", "json", *code)
    for found in _parsed(told):
        text = f"{found['message']} ({found['code']})"
        yield month.fault(Path(found["filename"]), text, found["location"]["row"])
    told = _output(month.root, "ruff", "format", "--check", "--output-format", "json", *code)
    for name in {found["filename"] for found in _parsed(told)}:
        path = Path(name)
        mend = f"{python(month.root)} -m ruff format {path.relative_to(month.root).as_posix()}"
        yield month.fault(path, f"is not formatted; `{mend}`.")
    told = _output(month.root, "pyright", "--outputjson", "--pythonpath", sys.executable, *code)
    for found in _parsed(told)["generalDiagnostics"]:
        if found["severity"] == "error":
            text = f"{' '.join(found['message'].split())} ({found.get('rule', 'syntax')})"
            line = found["range"]["start"]["line"] + 1
            yield month.fault(Path(found["file"]), text, line)


def python(root: Path) -> str:
    """How to call the Python that has the tools, from the root: they are on nobody's PATH."""
    path = Path(sys.executable)
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _output(root: Path, tool: str, *arguments: str) -> str:
    command = [sys.executable, "-m", tool, *arguments]
    done = subprocess.run(command, cwd=root, env=os.environ | QUIET, capture_output=True, text=True)
    # 1 is for faults that were found.
    if done.returncode not in (0, 1):
        raise ToolFailed(f"{tool} ended with exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ToolFailed(f"no report, but {text[:200]!r}") from error
