"""Whether a branch changes anything but its month."""

import subprocess
from collections.abc import Iterator

from docs.contribute.month import Fault, Month

MAIN = ("origin/main", "main")


class NotCompared(RuntimeError):
    """There is nothing to compare with, for the reason that the message gives."""


def outside(month: Month) -> Iterator[Fault]:
    """Files that differ from where this branch left main, and are not the month's.

    Raises:
        NotCompared: on main itself, and outside version control.
    """
    try:
        inside = _git(month, "rev-parse", "--show-toplevel").strip()
        branch = _git(month, "rev-parse", "--abbrev-ref", "HEAD").strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotCompared("this is no clone with a commit") from error
    if inside != str(month.root.resolve()):
        raise NotCompared("this is no clone with a commit")
    if branch == "main":
        raise NotCompared("this is main; a month comes from a branch of its own")
    for changed in sorted(_changed(month, _left_main(month))):
        if not month.owns(changed):
            text = (
                f"is no part of {month.slug}; take the change back (`git restore --source main "
                "FILE`, or remove the file), or send it as a request of its own."
            )
            yield Fault(changed, 1, text)


def _left_main(month: Month) -> str:
    for main in MAIN:
        try:
            return _git(month, "merge-base", main, "HEAD").strip()
        except subprocess.CalledProcessError:
            continue
    raise NotCompared("there is no main here; `git fetch origin main` (in CI: the whole history)")


def _changed(month: Month, base: str) -> set[str]:
    tracked = _git(month, "diff", "--name-only", "-z", "--no-renames", base)
    untracked = _git(month, "ls-files", "--others", "--exclude-standard", "-z")
    return {path for path in (tracked + untracked).split("\0") if path}


def _git(month: Month, *arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=month.root, capture_output=True, text=True, check=True)
    return done.stdout
