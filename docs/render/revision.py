"""Which commit the site is built from."""

import subprocess
from functools import partial
from pathlib import Path
from typing import TypedDict


class Revision(TypedDict):
    """Of a working tree: the commit, if there is git, and whether files differ from it."""

    revision: str | None
    changed: bool


def revision_of(root: Path) -> Revision:
    """What a working tree is built from; nothing, where there is no git."""
    try:
        git = partial(subprocess.run, cwd=root, capture_output=True, text=True, check=True)
        revision = git(["git", "rev-parse", "HEAD"]).stdout.strip()
        changed = bool(git(["git", "status", "--porcelain"]).stdout.strip())
    except (OSError, subprocess.CalledProcessError):
        return {"revision": None, "changed": False}
    return {"revision": revision, "changed": changed}
