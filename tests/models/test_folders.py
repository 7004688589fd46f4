from pathlib import Path

import pytest

from models.folders import replaced


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

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(KeyboardInterrupt), replaced(target) as fresh:
        fresh.mkdir()
    assert (target / "file").read_text() == "before"
    assert [path.name for path in target.parent.iterdir()] == ["target"]
