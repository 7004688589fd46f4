"""What the analyse stage leaves for the render stage: made of these files, whole, and judged.

Needs neither torch nor a kernel, so that the render stage asks the same questions.
"""

import hashlib
import json
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analyses.evidence.findings import ClaimsDoNotStand
from analyses.write_ups.reach import ROOT, readable
from analyses.write_ups.results import Results, ResultsError
from models.card import sha256_of

BUILD = ROOT / "build" / "analyses"
DEVICES = ("cpu", "cuda")
"""Kinds of devices; what runs without a wish runs on the first."""
STAMP = "stamp.json"


def sources(slug: str, root: Path = ROOT) -> dict[str, Path]:
    """The page files of a problem that exist, by the name of the page."""
    places = {
        "problem": root / "docs" / "problems" / slug / "problem.py",
        "solution": root / "analyses" / slug / "solution.py",
    }
    return {name: path for name, path in places.items() if path.is_file()}


def committed_results(slug: str, root: Path = ROOT) -> Path:
    """The lockfile of a problem's write-up."""
    return root / "analyses" / slug / "results.json"


def refused(target: Path) -> Path:
    """Where products wait to be judged, and stay if they are refused, to be looked at."""
    return target.parent.with_name("refused") / target.name


def fingerprint(slug: str, device: str, root: Path = ROOT) -> str:
    """A hash of all that the executed pages of a problem depend on.

    The files that they may read (`reach.readable`), Python's version, the kind of machine and
    that of the device.
    """
    digest = hashlib.sha256(f"{device} {platform.python_version()} {platform.machine()}".encode())
    for name, path in readable(slug, root).items():
        digest.update(f"{name} {sha256_of(path)}\n".encode())
    return digest.hexdigest()


def seal(folder: Path, stamp: dict[str, Any]) -> None:
    """Write the stamp of a folder of products, with the hash of every file in it."""
    files = {path.name: sha256_of(path) for path in sorted(folder.iterdir()) if path.name != STAMP}
    text = json.dumps(stamp | {"files": files}, indent=1)
    (folder / STAMP).write_text(text + "\n", encoding="utf-8")


def read_stamp(folder: Path) -> dict[str, Any]:
    """What a folder of products was made from; nothing, where no stamp can be read."""
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def damaged(folder: Path) -> list[str]:
    """The products that are not as they were written, or are gone."""
    files = read_stamp(folder).get("files")
    if not isinstance(files, dict) or not files:
        return [STAMP]
    return [
        name
        for name, sha256 in files.items()
        if not (folder / name).is_file() or sha256_of(folder / name) != sha256
    ]


def current(slug: str, devices: Iterable[str], build: Path = BUILD) -> Path | None:
    """Where whole products of the files as they are lie, in their place or refused, if anywhere."""
    wanted = [fingerprint(slug, device) for device in devices]
    for folder in (build / slug, refused(build / slug)):
        if read_stamp(folder).get("fingerprint") in wanted and not damaged(folder):
            return folder
    return None


def judge(folder: Path, committed: Path | None) -> Results:
    """The results in a folder of products, if they can stand.

    Args:
        folder: the products.
        committed: results that these must not have drifted from; None: not compared.

    Raises:
        ClaimsDoNotStand: a claim fails, or one of its controls passes.
        ResultsError: a number is not finite, or something drifted.
    """
    results = Results.read(folder / "results.json")
    looked_at = f"What the pages gave is in {_short(folder)}."
    if complaints := [text for finding in results.claims if (text := finding.complaint())]:
        raise ClaimsDoNotStand(f"{results.slug}: " + "\n".join([*complaints, looked_at]))
    if undefined := results.undefined():
        raise ResultsError(
            f"{results.slug}: {'; '.join(undefined)}: that is no result. Record what is defined, "
            f"or say in a fact that it is not. {looked_at}"
        )
    if committed and (drifted := results.drift_from(Results.read(committed))):
        raise ResultsError(
            f"{_short(committed)}: these results drifted:\n  "
            + "\n  ".join(drifted)
            + f"\n{looked_at}\n"
            + "If the change is meant, run again with --update and commit the new results."
        )
    return results


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
