"""Whether a branch changes anything but its month."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from docs.contribute.month import Fault, Month
from models.card import sha256_of

MAIN = ("origin/main", "main")


class NotCompared(RuntimeError):
    """There is nothing to compare with, for the reason that the message gives."""


def outside(month: Month) -> Iterator[Fault]:
    """Files that differ from where this branch left main, and are not the month's.

    Raises:
        NotCompared: on main itself, and outside version control.
    """
    try:
        inside = _git(month.root, "rev-parse", "--show-toplevel").strip()
        branch = _git(month.root, "rev-parse", "--abbrev-ref", "HEAD").strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotCompared("this is no clone with a commit") from error
    if inside != str(month.root.resolve()):
        raise NotCompared("this is no clone with a commit")
    if branch == "main":
        raise NotCompared("this is main; a month comes from a branch of its own")
    for changed in sorted(changed_since(_left_main(month.root), month.root)):
        if not month.owns(changed):
            text = (
                f"is no part of {month.slug}; take the change back (`git restore --source main "
                "FILE`, or remove the file), or send it as a request of its own."
            )
            yield Fault(changed, 1, text)


def is_new_since(month: Month, revision: str) -> bool:
    """Whether a revision has no card of the month."""
    card = month.card.relative_to(month.root).as_posix()
    return not _git(month.root, "ls-tree", "--name-only", revision, "--", card)


def changed_since(revision: str, root: Path) -> set[str]:
    """Files, relative to the root, that are not as they were where this branch left a revision.

    Raises:
        CalledProcessError: if git knows no such revision.
    """
    base = _git(root, "merge-base", revision, "HEAD").strip()
    tracked = _git(root, "diff", "--name-only", "-z", "--no-renames", base)
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return {path for path in (tracked + untracked).split("\0") if path}


def contents(root: Path) -> dict[str, str]:
    """A hash of every file that is, or could be, committed; of none outside version control."""
    try:
        listed = _git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    except (OSError, subprocess.CalledProcessError):
        return {}
    paths = (path for path in set(listed.split("\0")) if (root / path).is_file())
    return {path: sha256_of(root / path) for path in paths}


def rewritten(root: Path, before: dict[str, str]) -> Iterator[Fault]:
    """Files that are no longer as they were before the month's code ran."""
    after = contents(root)
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            text = (
                "was changed while the month was executed; a page writes no files. Look at `git "
                "diff`, take the change back, and leave out what makes it (if it was you, check "
                "again)."
            )
            yield Fault(path, 1, text)


def _left_main(root: Path) -> str:
    for main in MAIN:
        try:
            return _git(root, "merge-base", main, "HEAD").strip()
        except subprocess.CalledProcessError:
            continue
    raise NotCompared("there is no main here; `git fetch origin main` (in CI: the whole history)")


def _git(root: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return done.stdout
