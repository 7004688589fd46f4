"""Lines are written whole, and what was cut off is dropped."""

import errno
import os
from pathlib import Path

import pytest

from analyses.seeds import lines
from analyses.seeds.lines import LinesError, append, encoded, mend, read, read_lines, rewrite
from tests.analyses.seeds.stand_in import NOW, line


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "analyses" / "tiny" / lines.SEEDS


def test_what_is_written_is_read_by_seed(path: Path, tmp_path: Path) -> None:
    assert read_lines("tiny", tmp_path) == []
    for seed in (3, 1, 2):
        append(path, line(seed))
    assert read_lines("tiny", tmp_path) == [line(1), line(2), line(3)]


def test_of_two_lines_of_a_seed_the_last_counts(path: Path) -> None:
    again = line(1, NOW._replace(code="newer"))
    for each in (line(1), line(2), again):
        append(path, each)
    assert read(path) == [again, line(2)]
    rewrite(path, read(path))
    assert path.read_bytes() == encoded(again) + encoded(line(2))


def test_a_line_that_was_cut_off_is_named_and_dropped(path: Path) -> None:
    append(path, line(1))
    append(path, line(2))
    whole = path.read_bytes()
    for cut in (whole[:-1], whole[:-200], whole[: len(encoded(line(1))) + 1]):
        path.write_bytes(cut)
        with pytest.raises(LinesError, match=r"seeds\.jsonl:2: the line was cut off"):
            read(path)
        assert mend(path)
        assert path.read_bytes() == encoded(line(1))
        assert not mend(path)
    path.write_bytes(whole[:5])
    assert mend(path)
    assert read(path) == []


def test_nothing_is_mended_where_nothing_is(path: Path) -> None:
    assert not mend(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}\n", r"seeds\.jsonl:2: .*\n  seed: Field required"),
        ("\n", r"seeds\.jsonl:2: not a line"),
        ('{"seed": 1, "extra": 2}\n', "extra: Extra inputs"),
        ("nonsense\n", "Invalid JSON"),
    ],
)
def test_what_is_no_line_is_named(path: Path, text: str, said: str) -> None:
    append(path, line(1))
    with path.open("a") as file:
        file.write(text)
    with pytest.raises(LinesError, match=rf"(?s){said}"):
        read(path)


@pytest.mark.parametrize("written", [0, 1, 100])
def test_a_full_disk_leaves_whole_lines(
    path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    append(path, line(1))
    write = os.write
    taken = iter([written])

    def until_full(descriptor: int, data: bytes) -> int:
        if (room := next(taken, 0)) == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:room])

    monkeypatch.setattr(os, "write", until_full)
    with pytest.raises(OSError, match="No space left"):
        append(path, line(2))
    monkeypatch.undo()
    assert path.read_bytes() == encoded(line(1))


def test_what_the_system_writes_in_parts_is_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    append(path, line(1))
    assert read(path) == [line(1)]


def test_rewriting_that_fails_leaves_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(path, line(2))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left"):
        rewrite(path, [line(1), line(2)])
    assert path.read_bytes() == encoded(line(2))
    assert list(path.parent.iterdir()) == [path]
