"""A sweep on a local cluster of two processes: nothing that was done is lost."""

import errno
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import StringIO
from multiprocessing import forkserver
from pathlib import Path
from threading import Thread
from typing import Any

import dask.config
import psutil
import pytest
from distributed import Client
from rich.console import Console

from analyses.seeds import __main__ as command_line
from analyses.seeds import cluster, lines, sweep
from analyses.seeds.cluster import HOST, NoScheduler, connected
from analyses.seeds.depends import Depends, depends
from analyses.seeds.subject import Subject, folder
from analyses.seeds.sweep import Asked, Outcome, plan, settle
from analyses.seeds.sweep import sweep as run_sweep
from analyses.seeds.tally import Tally
from analyses.seeds.work import work
from tests.analyses.seeds import stand_in
from tests.analyses.seeds.stand_in import NOW, line
from tests.analyses.seeds.tiny import card, tiny


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    with pytest.MonkeyPatch.context() as patch:
        yield tiny(tmp_path_factory.mktemp("sweep"), patch)


@pytest.fixture(scope="module")
def client(subject: Subject) -> Iterator[Client]:
    """Two processes that find the problem, as they begin with this one's path.

    They are forks of one that has imported torch: each would take seconds for it, and each time
    that one is killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["distributed", "analyses.seeds.work"])
    forkserver.ensure_running()
    before = set(psutil.Process().children(recursive=True))
    forks = {"distributed.worker.multiprocessing-method": "forkserver"}
    with dask.config.set(forks), connected(None, 2) as client:
        yield client
    assert not set(psutil.Process().children(recursive=True)) - before


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
    tries = begun(tmp_path)
    assert (tries[2], tries[3]) == (3, 3)
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


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"recipe": "older"}, "the recipe, the task or the code of training changed"),
        ({"code": "older"}, "the claims' code changed"),
        ({"versions": {"torch": "1"}}, "torch was 1, is 2"),
    ],
)
def test_stale_lines_are_made_anew_and_it_is_said_why(
    subject: Subject, client: Client, tmp_path: Path, changed: dict[str, Any], reason: str
) -> None:
    older = NOW._replace(**changed)
    for each in (line(1, older), line(2), line(3, older), line(7, older)):
        lines.append(subject.lines, each)
    planned = plan(subject, Asked(4), NOW)
    assert planned.seeds == [1, 3, 4]
    assert planned.words == [
        f"2 lines made anew: {reason}",
        "1 line of seeds beyond 4 are stale and stay so; --n 7 makes them anew",
    ]
    go(subject, Asked(4, folder=tmp_path), client)
    assert begun(tmp_path) == {1: 1, 3: 1, 4: 1}
    # Until all are there, the former ones stay, so that nothing is lost on the way.
    assert len(subject.lines.read_bytes().splitlines()) == 7
    settle(subject)
    assert lines.read(subject.lines) == [line(seed) for seed in (1, 2, 3, 4)] + [line(7, older)]
    assert len(subject.lines.read_bytes().splitlines()) == 5


def test_a_line_that_was_cut_off_is_made_anew(subject: Subject) -> None:
    lines.append(subject.lines, line(1))
    lines.append(subject.lines, line(2))
    os.truncate(subject.lines, subject.lines.stat().st_size - 9)
    planned = plan(subject, Asked(2), NOW)
    assert planned.seeds == [2]
    assert planned.words == ["the last line was cut off while it was written; it is made anew"]


def test_the_seed_of_the_card_is_that_of_the_committed_model(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Subject, "card", lambda self: card(seed=2))
    assert plan(subject, Asked(4), NOW).seeds == [1, 3, 4]


def test_a_model_that_does_not_learn_is_recorded_and_said_to(
    subject: Subject, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "2.unlearned").touch()
    outcome, said = go(subject, Asked(2, folder=tmp_path), client)
    assert not outcome.failed
    assert recorded(subject) == [1, 2]
    assert "seed 2: accuracy 0.5, did not learn the task, 1 of 1 claims as stated" in said
    assert "seed 1: accuracy 1, 1 of 1 claims as stated, 1 s + 2 s, not measured: raises" in said


def test_nobody_but_this_machine_reaches_the_local_cluster(client: Client) -> None:
    addresses = [client.scheduler.address, *client.scheduler_info(n_workers=-1)["workers"]]
    assert len(addresses) == 3
    assert all(address.startswith(f"tcp://{HOST}:") for address in addresses)
    listening = [
        found.laddr.ip
        for process in (psutil.Process(), *psutil.Process().children(recursive=True))
        for found in process.net_connections("tcp")
        if found.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    assert set(listening) == {HOST}


# The command


def command(subject: Subject, *arguments: str) -> int:
    options = command_line.parsed(["tiny", *arguments])
    return command_line.run(subject, options)


@pytest.fixture
def on_cluster(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    """The command finds the cluster of these tests, and work that takes no time."""

    @contextmanager
    def same(scheduler: str | None, workers: int | None) -> Iterator[Client]:
        yield client

    monkeypatch.setattr(cluster, "connected", same)
    monkeypatch.setattr(sweep, "sweep", partial(run_sweep, do=stand_in.do))
    monkeypatch.setattr(command_line, "depends", lambda subject: NOW)


def test_the_command_says_what_it_did(
    subject: Subject, on_cluster: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(subject, "--n", "3", "--keep", str(tmp_path)) == 0
    assert recorded(subject) == [1, 2, 3]
    said = capsys.readouterr().err
    assert "3 of 3 done" in said
    assert command(subject, "--n", "3", "--keep", str(tmp_path)) == 0
    assert "all seeds to 3 are recorded; nothing to do" in capsys.readouterr().err
    (tmp_path / "4.raises").touch()
    assert command(subject, "--n", "5", "--keep", str(tmp_path)) == 1
    assert recorded(subject) == [1, 2, 3, 5]
    assert "seed 4 gave no model and is not recorded: ValueError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "Interrupted; 0 models were recorded."),
        (OSError(errno.ENOSPC, "No space left on device"), 1, "No space left on device"),
        (NoScheduler("the scheduler is gone"), 1, "the scheduler is gone. 0 models"),
    ],
)
def test_what_ends_it_early_is_said_with_how_to_go_on(
    subject: Subject,
    on_cluster: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: BaseException,
    status: int,
    said: str,
) -> None:
    def ended(*_: object) -> None:
        raise raised

    monkeypatch.setattr(sweep, "sweep", ended)
    assert command(subject, "--n", "3") == status
    error = capsys.readouterr().err
    assert said in error
    assert "Run the same command again to go on: nox -s seeds -- tiny --n 3" in error


def test_a_scheduler_that_is_killed_is_said_to_be_gone(
    subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    """It has no workers, so that the work waits until then."""
    file = tmp_path / "scheduler.json"
    options = ["--host", HOST, "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    asked = [sys.executable, "-m", "distributed.cli.dask_scheduler", *options]
    scheduler = subprocess.Popen(asked, stderr=subprocess.DEVNULL)
    submit = sweep.submit

    def killed(*given: Any) -> object:
        futures = submit(*given)
        scheduler.kill()
        scheduler.wait()
        return futures

    monkeypatch.setattr(sweep, "submit", killed)
    lines.append(subject.lines, line(1))
    try:
        address = address_in(file)
        assert command(subject, "--n", "2", "--scheduler", address) == 1
    finally:
        scheduler.kill()
        scheduler.wait()
    assert "the scheduler is gone" in capfd.readouterr().err
    assert recorded(subject) == [1]


def address_in(file: Path) -> str:
    for _ in range(3000):
        if file.is_file() and (text := file.read_text()):
            return json.loads(text)["address"]
        time.sleep(0.02)
    raise AssertionError("the scheduler did not start")


def test_where_no_scheduler_is_that_is_said(
    subject: Subject, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cluster, "PATIENCE", "0.2s")
    with socket.socket() as free:
        free.bind((HOST, 0))
        address = f"tcp://{HOST}:{free.getsockname()[1]}"
        assert command(subject, "--n", "2", "--scheduler", address) == 1
    assert f"{address}: no Dask scheduler answers there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tiny"], "--n"),
        (["tiny", "--n", "0"], "0, expected 1 or more"),
        (["tiny", "--n", "2", "--scheduler", "tcp://head:8786", "--workers", "2"], "has its own"),
    ],
)
def test_what_cannot_be_asked(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command_line.parsed(arguments)
    assert said in capsys.readouterr().err


def test_a_problem_that_there_is_not_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["nix", "--n", "2"]) == 1
    assert "No problem is called 'nix'; known problems: " in capsys.readouterr().err
