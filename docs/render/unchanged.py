"""Whether the site that lies there is the one that would be built: then nothing has to be done."""

import hashlib
import json
import os
import platform
import re
import tempfile
from collections.abc import Iterable, Iterator
from importlib.metadata import distributions
from pathlib import Path

from analyses.write_ups.clock import VARIABLE
from docs.render import vendor
from docs.render.revision import revision_of
from models.card import sha256_of

RECORDS = vendor.ROOT / "build" / "sites.json"
PLACES = ("analyses", "build/analyses", "docs", "models")
"""Folders of the project that the render stage reads, besides the files beside them."""


def made_of(root: Path = vendor.ROOT) -> str:
    """A hash of all that a site is made of.

    Its sources and what the analyse stage left; what is fetched for the pages; the installed
    packages; the commit; what the environment says.

    Raises:
        RenderError: what is fetched for the pages cannot be fetched.
    """
    asked = re.findall(r"!ENV \[(\w+)", (root / "mkdocs.yml").read_text(encoding="utf-8"))
    said = {
        "python": f"{platform.python_version()} {platform.machine()}",
        "packages": sorted(f"{found.name} {found.version}" for found in distributions()),
        "environment": {name: os.environ.get(name) for name in sorted({*asked, VARIABLE})},
        **revision_of(root),
    }
    fetched = sorted(vendor.assets().values())
    return _hash(json.dumps(said), root, [*_sources(root), *fetched])


def stands(output: Path, source: str) -> bool:
    """Whether `output` is, to the byte, the site that was made of the same.

    Args:
        output: folder of a site.
        source: what `made_of` gives.
    """
    record = _records().get(str(output), {})
    return (
        record.get("made_of") == source
        and output.is_dir()
        and record.get("site") == _hash("", output, _files(output))
    )


def remember(output: Path, source: str) -> None:
    """Note what the site in `output` was made of; sites that are gone are forgotten."""
    records = {place: record for place, record in _records().items() if Path(place).is_dir()}
    records[str(output)] = {"made_of": source, "site": _hash("", output, _files(output))}
    RECORDS.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=RECORDS.parent, prefix=f".{RECORDS.name}-", delete=False
    ) as fresh:
        json.dump(records, fresh, indent=1)
    os.replace(fresh.name, RECORDS)


def _records() -> dict[str, dict[str, str]]:
    """What is known of sites built before; nothing, where that cannot be read."""
    try:
        records = json.loads(RECORDS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return records if isinstance(records, dict) else {}


def _sources(root: Path) -> Iterator[Path]:
    yield from sorted(path for path in root.iterdir() if path.is_file())
    for place in PLACES:
        yield from (path for path in _files(root / place) if "__pycache__" not in path.parts)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _hash(said: str, root: Path, files: Iterable[Path]) -> str:
    digest = hashlib.sha256(said.encode())
    for path in files:
        digest.update(f"{os.path.relpath(path, root)} {sha256_of(path)}\n".encode())
    return digest.hexdigest()
