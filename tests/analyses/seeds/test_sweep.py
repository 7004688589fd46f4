"""A sweep on a local cluster of two processes: nothing that was done is lost."""

import errno
import os
import signal
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from threading import Thread

import psutil
import pytest
from distributed import Client
from rich.console import Console

from analyses.seeds import lines, sweep
from analyses.seeds.cluster import connected
from analyses.seeds.depends import Depends, depends
from analyses.seeds.subject import Subject, folder
from analyses.seeds.sweep import Asked, Outcome, plan
from analyses.seeds.sweep import sweep as run_sweep
from analyses.seeds.tally import Tally
from analyses.seeds.work import work
from tests.analyses.seeds import stand_in
from tests.analyses.seeds.stand_in import NOW, line
from tests.analyses.seeds.tiny import tiny


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    with pytest.MonkeyPatch.context() as patch:
        yield tiny(tmp_path_factory.mktemp("sweep"), patch)


@pytest.fixture(scope="module")
def client(subject: Subject) -> Iterator[Client]:
    """Two processes that find the problem, as they begin with this one's path."""
    before = set(psutil.Process().children(recursive=True))
    with connected(None, 2) as client:
        yield client
    left = set(psutil.Process().children(recursive=True)) - before
    # What multiprocessing keeps for itself lives as long as this process.
    assert not {child for child in left if "spawn_main" in " ".join(child.cmdline())}


@pytest.fixture(autouse=True)
def nothing_recorded(subject: Subject) -> None:
    subject.lines.unlink(missing_ok=True)


def go(
    subject: Subject, asked: Asked, client: Client, now: Depends = NOW, do: sweep.Work = stand_in.do
) -> tuple[Outcome, str]:
    """Run it; what came of it, and what it said."""
    said = Console(file=StringIO(), width=200)
    planned = plan(subject, asked, now)
    with Tally("tiny", len(planned.seeds), said) as tally:
        outcome = run_sweep(subject, asked, client, planned, now, tally, do)
    assert isinstance(said.file, StringIO)
    return outcome, said.file.getvalue()


def recorded(subject: Subject) -> list[int]:
    return [found.seed for found in lines.read(subject.lines)]


def begun(folder: Path) -> dict[int, int]:
    """How often each seed was begun."""
    return {int(path.stem): path.stat().st_size for path in folder.glob("*.begun")}


def test_a_worker_killed_in_mid_training_costs_no_model(
    subject: Subject, client: Client, tmp_path: Path
) -> None:
    held = folder(subject.models) / "tiny" / "held"
    held.mkdir()
    (held / "2").touch()

    def kill() -> None:
        while not (taken := held / "2.taken").exists() or not taken.read_text():
            time.sleep(0.02)
        os.kill(int(taken.read_text()), signal.SIGKILL)

    killer = Thread(target=kill, daemon=True)
    killer.start()
    now = depends(subject)
    outcome, said = go(subject, Asked(4, folder=tmp_path), client, now, work)
    killer.join()
    assert not outcome.failed
    assert recorded(subject) == [1, 2, 3, 4]
    assert "4 of 4 done" in said
    made = {found.seed: found for found in lines.read(subject.lines)}
    assert made[2].sha256 == work(subject, 2, "cpu", None).sha256
    assert len({found.sha256 for found in made.values()}) == 4
    # Nothing is left to be done, and with one seed more, that one.
    assert plan(subject, Asked(4), now).seeds == []
    assert plan(subject, Asked(5), now).seeds == [5]


def test_it_goes_on_where_it_was(subject: Subject, client: Client, tmp_path: Path) -> None:
    for seed in (4, 2):
        lines.append(subject.lines, line(seed))
    go(subject, Asked(5, folder=tmp_path), client)
    assert begun(tmp_path) == {1: 1, 3: 1, 5: 1}
    assert recorded(subject) == [1, 2, 3, 4, 5]


def test_a_line_is_written_as_soon_as_its_model_is_done(
    subject: Subject, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C loses the models in flight, and no other."""

    def interrupted(self: Tally, text: str, failed: bool = False) -> None:
        if len(recorded(subject)) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(Tally, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        go(subject, Asked(50, folder=tmp_path), client)
    assert len(recorded(subject)) == 3
    monkeypatch.undo()
    go(subject, Asked(8, folder=tmp_path), client)
    assert recorded(subject) == list(range(1, 9))


def test_what_fails_time_and_again_is_said_and_the_others_go_on(
    subject: Subject, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "2.dies").touch()
    (tmp_path / "3.raises").touch()
    (tmp_path / "4.other").touch()
    outcome, said = go(subject, Asked(6, folder=tmp_path), client)
    assert recorded(subject) == [1, 5, 6]
    assert begun(tmp_path) == {1: 1, 2: 3, 3: 3, 4: 1, 5: 1, 6: 1}
    assert outcome.failed.keys() == {2, 3, 4}
    assert outcome.failed[2].startswith("KilledWorker: ")
    assert outcome.failed[3] == "ValueError: as it was told"
    assert (
        "a worker judged it otherwise than this machine would: the claims' code changed"
        in (outcome.failed[4])
    )
    assert "3 of 6 done, 3 failed" in said
    assert "seed 3 FAILED: ValueError: as it was told" in said


def test_a_full_disk_ends_it_with_whole_lines(
    subject: Subject, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines.append(subject.lines, line(9))
    room = 2 * subject.lines.stat().st_size

    def until_full(descriptor: int, data: bytes) -> None:
        if subject.lines.stat().st_size >= room:
            os.write(descriptor, data[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        os.write(descriptor, data)

    monkeypatch.setattr(lines, "_write", until_full)
    with pytest.raises(OSError, match="No space left"):
        go(subject, Asked(4, folder=tmp_path), client)
    assert len(recorded(subject)) == 2
    monkeypatch.undo()
    go(subject, Asked(4, folder=tmp_path), client)
    assert recorded(subject) == [1, 2, 3, 4, 9]
