"""The analyse stage: execute a problem's pages, unless nothing they depend on changed."""

import hashlib
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jupytext

from analyses.findings import ClaimsDoNotStand
from analyses.notebook import ROOT, Page, execute_all
from analyses.outputs import PICTURE
from analyses.results import Results, ResultsError
from models.card import Card, Rows, committed_weights, read_card, sha256_of
from models.folders import replaced
from models.progress import Progress

BUILD = ROOT / "build" / "analyses"
DEVICES = ("cpu", "cuda")
"""Kinds of devices; what runs without a wish runs on the first."""


def sources(slug: str, root: Path = ROOT) -> dict[str, Path]:
    """The page files of a problem that exist, by the name of the page."""
    places = {
        "problem": root / "docs" / "problems" / slug / "problem.py",
        "solution": root / "analyses" / slug / "solution.py",
    }
    return {name: path for name, path in places.items() if path.is_file()}


def fingerprint(slug: str, device: str, root: Path = ROOT) -> str:
    """A hash of all that the executed pages of a problem depend on.

    Its pages, the code of `models/` and `analyses/` (without other problems' folders), its
    card, checkpoints and stored certificate, the pinned versions, Python's version, and the
    kind of device.
    """
    digest = hashlib.sha256(f"{device} {platform.python_version()} {platform.machine()}".encode())
    for path in _dependencies(slug, root):
        digest.update(f"{path.relative_to(root)} {sha256_of(path)}\n".encode())
    return digest.hexdigest()


def _dependencies(slug: str, root: Path) -> list[Path]:
    found = [root / "constraints.txt", *sources(slug, root).values()]
    for package in ("models", "analyses"):
        found += (root / package).glob("*.py")
        found += (root / package / slug).glob("*.py")
    # The results next to it are compared with what the pages give; they do not make it.
    found.append(root / "analyses" / slug / "certificate.json")
    found += (root / "analyses" / slug).glob("*.safetensors")
    found += (root / "models" / slug).glob("*.json")
    found += (root / "models" / slug).glob("*.safetensors")
    return sorted({path for path in found if path.is_file()})


def analyse(slug: str, device: str | None, update: bool) -> bool:
    """Bring `build/analyses/<slug>/` up to date; returns whether anything was executed.

    With `device` None, products of any device count, so that what a GPU analysed can be
    rendered where there is none; what is not up to date is executed on the CPU. The results
    are compared with the committed `analyses/<slug>/results.json` every time, executed or
    not.

    Raises:
        PageError: a cell raised, or prose names an unknown number.
        ClaimsDoNotStand: a claim fails, or its control passes.
        ResultsError: a number drifted from the committed results (not with `update`).
    """
    card = read_card(slug)
    weights = committed_weights(card)
    target = BUILD / slug
    devices = (device,) if device else DEVICES
    current = [fingerprint(slug, name) for name in devices]
    stamp: dict[str, Any] = {"fingerprint": current[0]}
    fresh = read_stamp(target).get("fingerprint") not in current
    if fresh:
        pages = execute(slug, None, devices[0])
        results = results_of(card, pages, devices[0], sha256_of(weights))
        write_products(target, pages, results, stamp)
    results = Results.read(target / "results.json")
    complaints = [text for finding in results.claims if (text := finding.complaint())]
    if complaints:
        raise ClaimsDoNotStand(f"{slug}: " + "\n".join(complaints))
    _compare(results, ROOT / "analyses" / slug / "results.json", update)
    return fresh


def execute(
    slug: str, checkpoint: Path | None, device: str, rows: Rows | None = None
) -> dict[str, Page]:
    """Execute a problem's pages; on another checkpoint, its solution alone."""
    pages = {name: Page.read(path) for name, path in sources(slug).items()}
    if checkpoint is not None:
        pages.pop("problem", None)
    for page in pages.values():
        path = str(checkpoint) if checkpoint else None
        page.set_parameters(checkpoint=path, device=device, rows=rows)
    cells = sum(cell.cell_type == "code" for page in pages.values() for cell in page.notebook.cells)
    with Progress(f"analyse {slug}", total=cells) as progress:
        execute_all(list(pages.values()), progress.advance)
        progress.note(f"{cells} cells of {len(pages)} pages executed")
    return pages


def results_of(card: Card, pages: dict[str, Page], device: str, sha256: str) -> Results:
    """Put together what the pages recorded.

    Raises:
        ResultsError: if two pages use one name.
    """
    numbers, facts, claims, data = {}, {}, [], ""
    for name, page in pages.items():
        twice = (numbers.keys() | facts.keys()) & (page.numbers.keys() | page.facts.keys())
        if twice:
            raise ResultsError(
                f"{card.slug}: {', '.join(sorted(twice))} recorded by two pages, the second is "
                f"{name}; give each number one name."
            )
        numbers |= page.numbers
        facts |= page.facts
        claims += page.claims
        data = page.data_sha256 or data
    return Results(
        slug=card.slug,
        title=card.title,
        month=card.month,
        device=device,
        date=_today(),
        checkpoint_sha256=sha256,
        data_sha256=data,
        numbers=dict(sorted(numbers.items())),
        facts=dict(sorted(facts.items())),
        claims=claims,
    )


def _today() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return now.date().isoformat()


def write_products(
    target: Path, pages: dict[str, Page], results: Results, stamp: dict[str, Any]
) -> None:
    """Write a folder of products whole, then put it in place of the old one."""
    with replaced(target) as folder:
        folder.mkdir()
        for name, page in pages.items():
            jupytext.write(page.notebook, folder / f"{name}.ipynb", fmt="ipynb")
            for cell in page.notebook.cells:
                for output in cell.get("outputs", []):
                    if PICTURE in output.get("data", {}):
                        (folder / "picture.svg").write_text(output.data[PICTURE], encoding="utf-8")
        declared = [packed for page in pages.values() for packed in page.data]
        for number, packed in enumerate(declared):
            (folder / f"evaluation-{number}.npz").write_bytes(packed)
        results.write(folder / "results.json")
        (folder / "stamp.json").write_text(json.dumps(stamp), encoding="utf-8")


def read_stamp(target: Path) -> dict[str, Any]:
    """What a folder of products was made from."""
    path = target / "stamp.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _compare(results: Results, committed: Path, update: bool) -> None:
    if update:
        results.write(committed)
        return
    drifted = results.drift_from(Results.read(committed))
    if drifted:
        raise ResultsError(
            f"{committed.relative_to(ROOT)}: these results drifted:\n  "
            + "\n  ".join(drifted)
            + "\nIf the change is meant, run again with --update and commit the new results."
        )
