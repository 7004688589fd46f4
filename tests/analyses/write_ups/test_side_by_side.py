"""Which pages are executed when, and with how many threads; without kernels."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nbformat import v4

from analyses.write_ups import build, notebook
from analyses.write_ups.notebook import KERNELS, Page, execute_all
from tests.in_thread import in_a_thread


@dataclass
class Watch:
    """What happened to pages."""

    running: set[str] = field(default_factory=set)
    most: int = 0
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    threads: set[int | None] = field(default_factory=set)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Instead of being executed, a page takes as many turns as it has cells of code."""
    seen = Watch()

    async def execute(self: Page, on_cell: Callable[[], None], threads: int | None) -> None:
        name = self.source.name
        seen.begun.append(name)
        seen.threads.add(threads)
        seen.running.add(name)
        seen.most = max(seen.most, len(seen.running))
        try:
            for cell in self.notebook.cells:
                if cell.cell_type == "code":
                    await asyncio.sleep(0)
                    on_cell()
            seen.ended.append(name)
        except asyncio.CancelledError:
            seen.stopped.append(name)
            raise
        finally:
            seen.running.remove(name)

    monkeypatch.setattr(Page, "execute", execute)
    return seen


def page(name: str, cells: int, prose: str = "") -> Page:
    code = [v4.new_code_cell("1") for _ in range(cells)]
    return Page(Path(name), v4.new_notebook(cells=[v4.new_markdown_cell(prose), *code]))


def cores(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    monkeypatch.setattr(notebook, "cores", lambda: n)


@pytest.mark.parametrize(
    ("n", "at_once", "threads"),
    [(1, 2, 1), (2, 2, 1), (3, 3, 1), (8, KERNELS, 8 // KERNELS), (64, KERNELS, 64 // KERNELS)],
)
def test_as_many_pages_run_as_there_are_cores_and_no_more_than_memory_allows(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, n: int, at_once: int, threads: int
) -> None:
    cores(monkeypatch, n)
    pages = [page(f"{number}", 3) for number in range(7)]
    cells: list[None] = []
    done: list[str] = []
    in_a_thread(
        lambda: execute_all(
            pages, lambda: cells.append(None), lambda page: done.append(page.source.name)
        )
    )
    assert watch.most == at_once
    assert watch.threads == {threads}
    assert watch.begun == list("0123456") == sorted(done)
    assert len(cells) == 21


@pytest.mark.parametrize("n", [1, 2, 8])
def test_two_pages_share_all_cores(watch: Watch, monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    cores(monkeypatch, n)
    in_a_thread(lambda: execute_all([page("one", 2), page("two", 2)], lambda: None))
    assert watch.most == 2
    assert watch.threads == {None}


def test_a_page_is_filled_in_before_it_is_called_done(watch: Watch) -> None:
    short, long = page("short", 1, "As {{ known }}."), page("long", 5)
    short.facts["known"] = "said"
    seen: list[tuple[str, bool]] = []

    def done(page: Page) -> None:
        seen.append((page.source.name, "said" in short.notebook.cells[0].source))

    in_a_thread(lambda: execute_all([long, short], lambda: None, done))
    assert seen == [("short", True), ("long", True)]


def test_what_is_raised_when_a_page_is_done_stops_the_others(watch: Watch) -> None:
    def refuse(page: Page) -> None:
        raise ValueError(f"{page.source.name} is refused")

    with pytest.raises(ValueError, match="short is refused"):
        in_a_thread(lambda: execute_all([page("long", 50), page("short", 1)], lambda: None, refuse))
    assert watch.stopped == ["long"] and watch.running == set()


def test_problems_are_finished_one_by_one_the_longest_first(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cores(monkeypatch, 2)
    problems = {
        "small": {"problem": page("small-problem", 1), "solution": page("small-solution", 2)},
        "open": {"problem": page("open-problem", 9)},
        "large": {"problem": page("large-problem", 4), "solution": page("large-solution", 20)},
    }
    finished: list[tuple[str, list[str]]] = []
    in_a_thread(
        lambda: build.execute(problems, lambda slug: finished.append((slug, watch.ended.copy())))
    )
    assert watch.begun == [
        "large-solution",
        "large-problem",
        "open-problem",
        "small-solution",
        "small-problem",
    ]
    assert sorted(slug for slug, _ in finished) == ["large", "open", "small"]
    for slug, ended in finished:
        assert {page.source.name for page in problems[slug].values()} <= {*ended}
    assert "analyse 3 problems: 36 cells of 5 pages executed" in capsys.readouterr().out


def test_one_problem_is_called_by_its_name(
    watch: Watch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_a_thread(lambda: build.execute({"small": {"solution": page("solution", 2)}}))
    assert "analyse small: 2 cells of 1 pages executed" in capsys.readouterr().out
