import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tests.bench.figures import Figure, table, write
from tests.bench.process import measure

WITHIN = Figure(name="site, cold", value=60.0, unit="s", budget=60)
OVER = Figure(name="site, unchanged", value=8.1, unit="s", budget=8)
FREE = Figure(name="train", value=24.0, unit="steps/s")


def test_a_budget_is_the_most_that_is_allowed() -> None:
    assert [figure.missed for figure in (WITHIN, OVER, FREE)] == [False, True, False]


def test_the_table_shows_each_figure_beside_its_budget() -> None:
    console = Console(width=100)
    with console.capture() as shown:
        console.print(table([WITHIN, OVER, FREE]))
    rows = [line for line in shown.get().splitlines() if "s" in line and "│" in line]
    assert [("within" in row, "missed" in row) for row in rows] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert "≤ 8 s" in rows[1]


def test_figures_are_written_as_json(tmp_path: Path) -> None:
    write([OVER, FREE], tmp_path / "new" / "bench.json")
    read = json.loads((tmp_path / "new" / "bench.json").read_text())
    assert [Figure(**figure) for figure in read] == [OVER, FREE]


def test_memory_of_a_child_is_counted() -> None:
    hold = "import time; held = b'1' * 200_000_000; time.sleep(0.7)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    run = measure([sys.executable, "-c", child], Path())
    assert run.peak_bytes > 200_000_000
    assert run.seconds > 0.7


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        measure([sys.executable, "-c", "raise SystemExit(3)"], Path())
