"""Whether the tests that a month can break pass."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from docs.contribute.month import Fault, Month

FAILED = re.compile(r"^(?:FAILED|ERROR) ([^\s:]+)(?:::(\S+))?(?: - (.*))?$", re.MULTILINE)


def suite_faults(month: Month, site: Path) -> Iterator[Fault]:
    """Run `nox -s tests -- --month SLUG` on a site that was built; what fails there."""
    # Of an option and its value apart, pytest takes the value for tests and looks for their root.
    options = ["-q", "-rfE", "-n", "auto", f"--site={site}", "--month", month.slug]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=month.root,
        # Or reasons are cut off.
        env=os.environ | {"COLUMNS": "1000"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode == 0:
        return
    again = f"`nox -s tests -- --month {month.slug}` says more"
    failed = list(FAILED.finditer(done.stdout))
    for path, name, reason in (found.groups() for found in failed):
        text = f"{name or 'collecting the tests'} fails: {reason or 'no reason given'}; {again}."
        at = f"def {re.split(r'[:[]', name)[-1 if '[' not in name else -2]}(" if name else ""
        yield month.fault(month.root / path, text, at=at)
    if not failed:
        last = done.stdout.strip().splitlines()[-1:]
        text = f"the tests ended with exit status {done.returncode}: {' '.join(last)}; {again}."
        yield month.fault(month.root / "tests", text)
