"""Run a problem's solution on somebody else's checkpoint."""

from pathlib import Path

from analyses.write_ups.build import execute, read_pages, results_of, write_products
from analyses.write_ups.notebook import ROOT
from analyses.write_ups.results import Results
from models.card import Rows
from models.problem import load_problem

FOLDER = ROOT / "build" / "checkpoints"


def analyse_checkpoint(
    slug: str, checkpoint: Path, device: str, folder: Path = FOLDER, rows: Rows | None = None
) -> tuple[Path, Results]:
    """Execute the solution on `checkpoint`, into a folder of its own below `folder`.

    Returns that folder and the results. Claims that do not hold there are reported in the
    results; nothing is compared with, or written to, the committed ones.

    Raises:
        CheckpointError: the file is no checkpoint of the same task, or the task's checkpoints
            leave no choice of `rows` (see `models.load`).
        PageError: a cell raised.
    """
    problem = load_problem(slug, checkpoint, device, rows=rows)
    sha256 = problem.sha256 or ""
    pages = read_pages(slug, checkpoint.resolve(), device, rows)
    execute({slug: pages})
    results = results_of(problem.card, pages, device, sha256)
    target = folder / f"{slug}-{sha256[:12]}"
    stamp = {"checkpoint": str(checkpoint), "rows": rows, "converted": problem.conversion}
    write_products(target, pages, results, stamp)
    return target, results
