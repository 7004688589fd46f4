import re
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from analyses.write_ups.clock import ClockError, source_time, today


def git(folder: Path, *arguments: str, day: str = "2024-05-06T07:08:09Z") -> None:
    who = {
        f"GIT_{role}_{what}": "a@b.test"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    days = {"GIT_AUTHOR_DATE": day, "GIT_COMMITTER_DATE": day}
    subprocess.run(["git", *arguments], cwd=folder, env=who | days, check=True, capture_output=True)


@pytest.mark.parametrize(
    "text", ["tomorrow", "-1", "1.5", "1e9", " 1", "\u0663", "9" * 12, "9" * 5000, "0x10", "1\n"]
)
def test_a_time_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    for ask in (today, source_time):
        with pytest.raises(ClockError) as error:
            ask()
        assert re.match(
            rf"SOURCE_DATE_EPOCH is {re.escape(repr(text[:40]))}, expected whole seconds since "
            r"1970 \(UTC\), such as that of a commit: git log .*; unset it to do without$",
            str(error.value),
        )


@pytest.mark.parametrize("seconds", [0, 86400, 253_402_214_400])
def test_a_given_time_is_that_of_sources_and_results(
    seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(seconds))
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert source_time() == expected
    assert today() == expected.date()


@pytest.mark.parametrize("unset", [None, ""])
def test_else_sources_are_as_old_as_their_last_commit(
    unset: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if unset is None:
        monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    else:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", unset)
    (tmp_path / "file").write_text("text")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    assert source_time(tmp_path) == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    # What is computed, is computed today, and not committed yet.
    assert abs(today() - datetime.now(UTC).date()) <= timedelta(days=1) and today() > date(
        2024, 5, 6
    )
    # A copy that lies in somebody else's clone is none of that.
    (tmp_path / "copy").mkdir()
    assert datetime.now(UTC) - source_time(tmp_path / "copy") < timedelta(minutes=5)


def test_without_version_control_it_is_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert datetime.now(UTC) - source_time(tmp_path) < timedelta(minutes=5)
