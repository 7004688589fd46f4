"""`python -m tests.bench [--tests]`: measure, print a table, write `build/bench.json`.

Builds the site in a copy of the working tree, so that cold means cold and nothing here
is touched. Exit status 1 if a budget is missed.
"""

import argparse
import gzip
import json
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from analyses.evidence.verify import verifiable
from models.card import slugs
from tests.bench import live, pictures, together, training
from tests.bench.figures import Figure, table, write
from tests.bench.process import measure
from tests.site.conftest import SOLVED

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "build" / "bench.json"
BUILT = {".nox", "build", "site"}
NOX = [sys.executable, "-m", "nox", "-s"]


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also time the tests")
    options = parser.parse_args()
    ways = (training.figures, together.figures)
    figures = [figure for slug in slugs() for way in ways for figure in way(slug)]
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=built)
        (tree / ".nox").symlink_to(ROOT / ".nox")
        figures += site(tree) + analyses(tree) + verification(tree) + pages(tree / "site")
        figures += pictures.figures(tree / "site", SOLVED)
        figures += live.figures(tree / "site", slugs())
        if options.tests:
            spent = measure([*NOX, "tests"], tree).seconds
            figures.append(Figure(name="tests", value=spent, unit="s", budget=300))
    Console().print(table(figures))
    write(figures, RESULTS)
    missed = [figure.name for figure in figures if figure.missed]
    if missed:
        sys.exit(f"over budget: {', '.join(missed)}")


def built(folder: str, names: list[str]) -> set[str]:
    """What a copy of the working tree does without, so that nothing is built in it."""
    notebooks = {name for name in names if name.endswith(".ipynb")}
    return notebooks | (BUILT if Path(folder) == ROOT else {"__pycache__"})


def site(tree: Path) -> list[Figure]:
    """A cold build (front-end assets fetched too), and one in which nothing has changed."""
    cold, unchanged = (measure([*NOX, "site"], tree) for _ in range(2))
    peak = max(cold.peak_bytes, unchanged.peak_bytes) / 1e9
    return [
        Figure(name="site, cold", value=cold.seconds, unit="s", budget=60),
        Figure(name="site, unchanged", value=unchanged.seconds, unit="s", budget=8),
        Figure(name="site, peak memory", value=peak, unit="GB", budget=1.5),
    ]


def analyses(tree: Path) -> list[Figure]:
    """Each write-up analysed alone, from nothing."""
    shutil.rmtree(tree / "build" / "analyses")
    times = {
        slug: measure([sys.executable, "-m", "analyses", slug], tree).seconds for slug in slugs()
    }
    return [Figure(name=f"analyse {slug}", value=spent, unit="s") for slug, spent in times.items()]


def verification(tree: Path) -> list[Figure]:
    """Each certificate derived anew: its longest computation by itself, where it says so at what
    share of the machine's peak, and the time and memory of the whole.
    """
    figures = []
    for slug in verifiable():
        certificate = tree / "analyses" / slug / "certificate.json"
        # One that certifies the same would be left as it is, with its own times.
        certificate.unlink()
        whole = measure([sys.executable, "-m", "analyses.evidence.verify", slug], tree)
        derived = json.loads(certificate.read_text())
        spent, share = derived["seconds"], derived.get("peak_share")
        memory = whole.peak_bytes / 1e9
        figures += [
            Figure(name=f"prove {slug}", value=spent, unit="s", budget=10 if share else None),
            *(
                [Figure(name=f"prove {slug}, of peak", value=100 * share, unit="%")]
                if share
                else []
            ),
            Figure(name=f"verify {slug}", value=whole.seconds, unit="s", budget=300),
            Figure(name=f"verify {slug}, peak memory", value=memory, unit="GB", budget=1),
        ]
    return figures


def pages(site: Path) -> list[Figure]:
    """Weight of each page alone, gzipped; what it loads is weighed by the browser tests."""
    return [
        Figure(
            name=f"page /{page.relative_to(site).as_posix().removesuffix('index.html')}",
            value=len(gzip.compress(page.read_bytes())) / 1000,
            unit="kB gzip",
        )
        for page in sorted(site.rglob("*.html"))
    ]


if __name__ == "__main__":
    main()
