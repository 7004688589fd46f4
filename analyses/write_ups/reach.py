"""What the pages of a problem may read of this project, and a kernel that lets them read no more.

What is made from files has to be made anew when they change. So the same list says what goes into
a problem's fingerprint, and what its pages get to see.
"""

import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("models", "analyses")


def problems(root: Path = ROOT) -> set[str]:
    """The folders of `models/` that have a card, valid or not."""
    return {path.parent.name for path in root.glob("models/*/card.json")}


def readable(slug: str, root: Path = ROOT) -> dict[str, Path]:
    """What the pages of a problem may read, by the name from the root.

    The pinned versions; whatever lies in `models/` and `analyses/` and in the problem's folder
    of `docs/`, in subfolders too. Of other problems only those that the modules of this one
    name: else every stroke in a new month would make all others execute again. No results:
    pages make them and are compared with them, and two could wait for each other's. No
    submissions: they come in while the page stands, and are shown beside it. No scripts: they run
    in the browser of who reads it.
    """
    closed = problems(root) - _named(slug, root)
    files = {"constraints.txt": root / "constraints.txt"}
    for place in (*PACKAGES, "docs/problems"):
        for folder, inside, names in os.walk(root / place):
            here = Path(folder).relative_to(root)
            inside[:] = [
                name
                for name in inside
                if not _apart(name)
                and (name not in closed or here.as_posix() not in (*PACKAGES, "docs/problems"))
                and (name != "submissions" or here.parent.as_posix() != "docs/problems")
            ]
            for name in names:
                results = name == "results.json" and here.parent.as_posix() == "analyses"
                if not (_apart(name) or results or name.endswith(".js")):
                    files[f"{here.as_posix()}/{name}"] = Path(folder, name)
    return {name: path for name, path in sorted(files.items()) if path.is_file()}


def _named(slug: str, root: Path) -> set[str]:
    """A problem, those that its modules name, those that theirs name, and so on."""
    known, found, asked = problems(root), {slug}, [slug]
    while asked:
        own = asked.pop()
        places = [*(root / package / own for package in PACKAGES), root / "docs/problems" / own]
        for path in (path for place in places for path in place.rglob("*.py")):
            words = set(re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace")))
            new = (words & known) - found
            found |= new
            asked += new
    return found


def _apart(name: str) -> bool:
    """Whether a file or folder is no part of the project: hidden, or a cache."""
    return name.startswith(".") or name == "__pycache__"


def confine(slug: str) -> None:
    """From now on, let this process read no file of the project but what `readable` lists.

    What Python opens is heard; what a library in another language opens is not.
    """
    root = os.path.realpath(ROOT)
    known = {os.path.realpath(path) for path in readable(slug).values()}
    installed = tuple(os.path.realpath(place) + os.sep for place in (sys.prefix, sys.base_prefix))

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event != "open" or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        if isinstance(mode := arguments[1], str) and "r" not in mode:
            return
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if not path.startswith(root + os.sep) or path in known or path.startswith(installed):
            return
        name = os.path.relpath(path, root)
        if os.path.isfile(path) and not any(map(_apart, name.split(os.sep))):
            raise PermissionError(
                f"{name} is not read by the pages of {slug}: they would not be executed again when "
                f"it changes. Put what they need into their own folders or a shared module; "
                "another problem's files are theirs to read once a module names that problem."
            )

    sys.addaudithook(refuse)
