import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models import folders
from models.card import MODELS
from models.folders import replaced

BUILD = """
import sys
from pathlib import Path
from models import folders

def wait():
    print("there", flush=True)
    sys.stdin.read()

def rename(path, to):
    real(path, to)
    wait()

target, place = Path(sys.argv[1]), sys.argv[2]
with folders.replaced(target) as fresh:
    fresh.mkdir()
    (fresh / "file").write_text("of another process")
    if place == "in the block":
        wait()
    else:
        folders._exchange = lambda one, other: False
        real, Path.rename = Path.rename, rename
"""
"""A build that says when it is in the middle, and waits: in its block, or between two renames."""


LOOK = """
import os, sys

print("there", flush=True)
looked = missed = 0
while looked % 100 or not os.path.exists(sys.argv[2]):
    looked += 1
    missed += not os.path.exists(sys.argv[1])
print(looked, missed)
"""
"""A reader of a file, until another one is there: how often it looked, and found nothing."""


def cannot(one: Path, other: Path) -> bool:
    """Take the place of an exchange on a system that has none."""
    return False


def names(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


@contextmanager
def another_process(target: Path, place: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", BUILD, str(target), place]
    with subprocess.Popen(
        command, cwd=MODELS.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"there\n"
        yield process


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "place" / "target"
    folder.mkdir(parents=True)
    (folder / "file").write_text("before")
    return folder


def test_a_folder_is_replaced_whole(target: Path) -> None:
    with replaced(target) as fresh:
        fresh.mkdir()
        (fresh / "other").write_text("after")
        assert (target / "file").read_text() == "before"
    assert [path.name for path in target.iterdir()] == ["other"]
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_folder_is_made_where_there_was_none(tmp_path: Path) -> None:
    with replaced(tmp_path / "new" / "target") as fresh:
        fresh.mkdir()
    assert (tmp_path / "new" / "target").is_dir()


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_was_there_stays_if_making_the_folder_fails(
    target: Path, error: BaseException
) -> None:
    with pytest.raises(type(error)), replaced(target) as fresh:
        fresh.mkdir()
        raise error
    assert (target / "file").read_text() == "before"
    assert [path.name for path in target.parent.iterdir()] == ["target"]


@pytest.mark.parametrize("when", [1, 2])
def test_what_was_there_comes_back_if_the_swap_is_cut_short(
    target: Path, when: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Path.rename, []

    def rename(self: Path, to: Path) -> Path:
        calls.append(self)
        if len(calls) == when:
            raise KeyboardInterrupt
        return real(self, to)

    monkeypatch.setattr(folders, "_exchange", cannot)
    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt), replaced(target) as fresh:
        fresh.mkdir()
    assert (target / "file").read_text() == "before"
    assert [path.name for path in target.parent.iterdir()] == ["target"]


@pytest.mark.parametrize("place", ["in the block", "between two renames"])
def test_what_a_killed_process_left_is_removed(target: Path, place: str) -> None:
    with another_process(target, place) as process:
        process.send_signal(signal.SIGKILL)
    left = [name for name in names(target) if name != "target"]
    assert len(left) == 1
    assert left[0].startswith(".target-")
    with replaced(target) as fresh:
        # Nobody was there to put it back.
        assert (target / "file").read_text() == "before"
        fresh.mkdir()
    assert names(target) == ["target"]


def test_what_another_process_is_making_is_left_alone(target: Path) -> None:
    with another_process(target, "in the block") as process:
        with replaced(target) as fresh:
            fresh.mkdir()
        assert len(names(target)) == 2
        process.communicate()
    assert process.returncode == 0
    assert (target / "file").read_text() == "of another process"
    assert names(target) == ["target"]


@pytest.mark.parametrize(
    "name", [".target-backup", ".target-a.b.c.d.", ".target-x-ab12cd34", "target-ab12cd34"]
)
def test_a_folder_of_another_name_is_nobodys_leftover(target: Path, name: str) -> None:
    (target.parent / name).mkdir()
    with replaced(target) as fresh:
        fresh.mkdir()
    assert names(target) == sorted(["target", name])


def test_a_folder_with_anything_else_in_it_is_nobodys_leftover(target: Path) -> None:
    kept = target.parent / ".target-mybackup"
    (kept / "fresh").mkdir(parents=True)
    (kept / "thesis.tex").write_text("years")
    (target.parent / ".target-linkhere").symlink_to(kept / "fresh")
    (target.parent / ".target-notafold").write_text("a file")
    with replaced(target) as fresh:
        fresh.mkdir()
    assert (kept / "thesis.tex").is_file()
    assert len(names(target)) == 4


def test_where_folders_cannot_be_locked_nothing_is_removed(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError("Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)
    (target.parent / ".target-ab12cd34" / "fresh").mkdir(parents=True)
    with replaced(target) as fresh:
        fresh.mkdir()
    assert names(target) == [".target-ab12cd34", "target"]


def test_whoever_looks_finds_the_folder_at_any_time(target: Path) -> None:
    one, other = target.parent / "one", target.parent / "other"
    one.mkdir()
    other.mkdir()
    if not folders._exchange(one, other):
        pytest.skip("this system cannot exchange folders in one step")
    command = [sys.executable, "-c", LOOK, str(target / "file"), str(target.parent / "stop")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout
        assert reader.stdout.readline() == "there\n"
        for number in range(300):
            with replaced(target) as fresh:
                fresh.mkdir()
                (fresh / "file").write_text(f"{number}")
        (target.parent / "stop").touch()
        looked, missed = map(int, reader.stdout.read().split())
    assert looked > 300
    assert missed == 0


def test_where_there_is_no_exchange_the_folder_is_renamed(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "_exchange", cannot)
    with replaced(target) as fresh:
        fresh.mkdir()
    assert list(target.iterdir()) == []
    assert names(target) == ["target"]


def test_folders_are_exchanged_or_left_as_they_are(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    (one / "a").mkdir(parents=True)
    assert not folders._exchange(one, other)
    assert (one / "a").is_dir()
    (other / "b").mkdir(parents=True)
    inside = "b" if folders._exchange(one, other) else "a"
    assert [path.name for path in one.iterdir()] == [inside]
