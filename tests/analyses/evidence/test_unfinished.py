"""Work that goes on where it was stopped."""

import json
from pathlib import Path

import numpy as np
import pytest

from analyses.evidence.unfinished import Unfinished, key


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.json"
    work: Unfinished[tuple[int, ...]] = Unfinished(path, "a")
    work.found, work.seconds = {3: (1, 2)}, 1.5
    work.save()
    assert [found.name for found in path.parent.iterdir()] == ["state.json"]
    again = Unfinished.load(path, "a", tuple)
    assert (again.found, again.seconds) == ({3: (1, 2)}, 1.5)
    again.remove()
    assert not path.exists()
    assert Unfinished.load(path, "a", tuple).found == {}


@pytest.mark.parametrize("stored", ["{", "[]", json.dumps({"key": "b", "seconds": 1, "found": {}})])
def test_what_belongs_to_other_work_is_not_used(stored: str, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(stored)
    work = Unfinished.load(path, "a")
    assert (work.found, work.seconds) == ({}, 0.0)


def test_without_a_file_nothing_is_kept() -> None:
    work = Unfinished.load(None, "a")
    work.save()
    work.remove()


def test_a_key_belongs_to_what_was_asked_of_what_by_which_code(tmp_path: Path) -> None:
    code, other = tmp_path / "a.py", tmp_path / "b.py"
    code.write_text("a")
    other.write_text("b")
    array = np.arange(6)
    keys = {
        key("asked", [array], [code]),
        key("otherwise", [array], [code]),
        key("asked", [array + 1], [code]),
        key("asked", [array.reshape(2, 3)], [code]),
        key("asked", [array], [other]),
    }
    assert len(keys) == 5
    assert key("asked", [np.arange(6)], [code]) in keys
