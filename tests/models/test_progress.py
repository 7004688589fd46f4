from io import StringIO

import pytest
from rich.console import Console

from models import progress
from models.progress import Progress


def run(console: Console) -> None:
    with Progress("search", total=3, console=console) as steps:
        for _ in range(3):
            steps.advance()
        steps.note("found one")


def test_a_log_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    log = StringIO()
    run(Console(file=log, force_terminal=False))
    assert log.getvalue().splitlines() == [
        "search: 1 of 3",
        "search: 2 of 3",
        "search: 3 of 3",
        "search: found one",
    ]


def test_a_log_is_not_flooded() -> None:
    log = StringIO()
    run(Console(file=log, force_terminal=False))
    assert log.getvalue().splitlines() == ["search: found one"]


def test_long_notes_stay_on_one_line_of_a_log() -> None:
    log = StringIO()
    with Progress("search", total=1, console=Console(file=log, width=20)) as steps:
        steps.note("x" * 50)
    assert log.getvalue() == f"search: {'x' * 50}\n"


def test_a_terminal_gets_a_bar() -> None:
    screen = StringIO()
    run(Console(file=screen, force_terminal=True, width=80))
    assert "━" in screen.getvalue()
    assert "3/3" in screen.getvalue()
    assert "search: found one" in screen.getvalue()


def test_a_run_taken_up_again_starts_where_it_was() -> None:
    screen = StringIO()
    with Progress("train", 10, done=7, console=Console(file=screen, force_terminal=True)) as steps:
        steps.advance()
    assert "8/10" in screen.getvalue()
