"""The time that a build bears: its sources', so that the same sources give the same bytes."""

import os
import re
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
VARIABLE = "SOURCE_DATE_EPOCH"
"""Environment variable by which builds are told what time it is: seconds since 1970 (UTC)."""
LAST = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())


class ClockError(ValueError):
    """The environment says that it is a time that there is not."""


def given_time() -> datetime | None:
    """The time that the environment gives, if it does.

    Raises:
        ClockError: it is no number of seconds, or lies before 1970 or after the year 9999.
    """
    text = os.environ.get(VARIABLE)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > LAST:
        raise ClockError(
            f"{VARIABLE} is {text[:40]!r}, expected whole seconds since 1970 (UTC), such as that "
            "of a commit: git log -1 --format=%ct; unset it to do without"
        )
    return datetime.fromtimestamp(int(text), UTC)


def today() -> date:
    """The day on which results are computed, or are said to be.

    Raises:
        ClockError: as `given_time`.
    """
    return (given_time() or datetime.now(UTC)).date()


def source_time(root: Path = ROOT) -> datetime:
    """When the sources were made: as the environment says, or the last commit; else, now.

    Raises:
        ClockError: as `given_time`.
    """
    if given := given_time():
        return given
    try:
        # Of this folder: a copy may lie in the clone of something else.
        command = ["git", "log", "-1", "--format=%ct", "--", "."]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        return datetime.fromtimestamp(int(done.stdout), UTC)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return datetime.now(UTC)
