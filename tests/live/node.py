"""Scripts of the page, run in Node."""

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docs.render.vendor import program

HERE = Path(__file__).parent


def run(runner: str, script: Path, lines: Iterable[str]) -> list[Any]:
    """What one process answers to lines of JSON, a line each."""
    done = subprocess.run(
        [program("node"), str(HERE / runner), str(script)],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | {"NODE_NO_WARNINGS": "1"},
    )
    assert done.returncode == 0, f"{script}: {done.stderr[-2000:]}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(task: Path, questions: Iterable[tuple[str, Any]]) -> list[Any]:
    """The answers of a `task.js`."""
    return run("answering.js", task, map(json.dumps, questions))
