"""The sessions of noxfile.py, with commands that are written down instead of run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nox.command import CommandFailed

import noxfile


class Aborted(Exception):
    """The session ended with an error."""


class Recorder:
    """Takes the place of a nox session; commands that hold a word of `failing` fail.

    Of what the others do, only this is done: virtualenv makes a Python, in an empty folder.
    """

    def __init__(self, failing: str | None = None) -> None:
        self.failing = failing
        self.env: dict[str, str] = {}
        self.posargs: list[str] = []
        self.commands: list[str] = []
        self.given: dict[str, str] = {}

    def run(self, *command: str, env: dict[str, str] | None = None, **_: Any) -> None:
        if self.failing and self.failing in command:
            raise CommandFailed(self.failing)
        self.commands.append(" ".join(command))
        self.given |= env or {}
        if "virtualenv" in command:
            shutil.rmtree(noxfile.ENVIRONMENT, ignore_errors=True)
            noxfile.COMMANDS.mkdir(parents=True)
            (noxfile.COMMANDS / "python").symlink_to(sys.executable)

    def log(self, message: str) -> None:
        self.commands.append(f"# {message}")

    def error(self, message: str) -> None:
        raise Aborted(message)

    @property
    def run_only(self) -> list[str]:
        return [command for command in self.commands if not command.startswith("#")]


@pytest.fixture(autouse=True)
def another_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment and the pins lie in a folder of this test."""
    monkeypatch.setattr(noxfile, "ENVIRONMENT", tmp_path / "environment")
    monkeypatch.setattr(noxfile, "COMMANDS", tmp_path / "environment" / "bin")
    monkeypatch.setattr(noxfile, "CONSTRAINTS", tmp_path / "constraints.txt")
    noxfile.CONSTRAINTS.write_text("torch==2.13.0\n")


def install(session: Any, *groups: str) -> None:
    noxfile.environment(session, *groups)


def find_browser(session: Any) -> None:
    noxfile.browser(session)


def commands_on_path(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name if name in found else None)


def test_an_environment_is_made_once() -> None:
    first, second = Recorder(), Recorder()
    install(first, "render")
    assert "-m virtualenv" in first.run_only[0]
    assert "pip install" in first.run_only[1]
    install(second, "render")
    assert second.commands == []


def test_what_has_no_wheel_is_built_with_what_is_pinned() -> None:
    session = Recorder()
    install(session, "render")
    assert session.given["PIP_BUILD_CONSTRAINT"] == str(noxfile.CONSTRAINTS)


def test_pages_run_without_the_start_up_files_of_the_user(tmp_path: Path) -> None:
    startup = tmp_path / ".ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("mine = 1\n")
    session = Recorder()
    install(session, "render")
    at_home = {name: value for name, value in os.environ.items() if name != "IPYTHONDIR"}
    at_home["HOME"] = str(tmp_path)

    def sees_it(environment: dict[str, str]) -> str:
        command = [sys.executable, "-m", "IPython", "-c", "print('mine' in globals())"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip() + done.stderr

    assert sees_it(at_home) == "True"
    assert sees_it(at_home | session.env) == "False"


def test_a_group_more_is_added_to_it() -> None:
    install(Recorder(), "render")
    more = Recorder()
    install(more, "render", "lint")
    assert len(more.run_only) == 1
    assert "ruff" in more.run_only[0]
    assert "mkdocs" not in more.run_only[0]


def test_other_pins_make_it_anew() -> None:
    install(Recorder(), "render")
    noxfile.CONSTRAINTS.write_text("torch==2.13.1\n")
    again = Recorder()
    install(again, "render")
    assert "virtualenv --clear" in again.run_only[0]
    assert len(again.run_only) == 2


def test_an_installation_that_failed_is_tried_again() -> None:
    with pytest.raises(CommandFailed):
        install(Recorder(failing="pip"), "render")
    again = Recorder()
    install(again, "render")
    assert len(again.run_only) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda stamp: b"",
        lambda stamp: stamp[:-40],
        lambda stamp: b"\xff\xfe\x00",
        lambda stamp: b"null",
        lambda stamp: b"[%s]" % stamp,
        lambda stamp: stamp.replace(b'"groups"', b'"other"'),
        lambda stamp: stamp.replace(b'"groups": ', b'"groups": [], "other": '),
        lambda stamp: b"[" * 100_000,
    ],
    ids=["empty", "truncated", "binary", "null", "list", "half", "other type", "deep"],
)
def test_a_damaged_stamp_counts_as_no_environment(damage: Callable[[bytes], bytes]) -> None:
    install(Recorder(), "render")
    stamp = noxfile.ENVIRONMENT / "installed.json"
    whole = stamp.read_bytes()
    stamp.write_bytes(damage(whole))
    again = Recorder()
    install(again, "render")
    assert "virtualenv --clear" in again.run_only[0]
    assert "pip install" in again.run_only[1]
    assert stamp.read_bytes() == whole


def test_an_environment_whose_python_is_gone_is_made_anew() -> None:
    install(Recorder(), "render")
    link = noxfile.COMMANDS / "python"
    link.unlink()
    link.symlink_to(noxfile.ENVIRONMENT / "uninstalled")
    again = Recorder()
    install(again, "render")
    assert "virtualenv --clear" in again.run_only[0]
    assert len(again.run_only) == 2


def test_an_environment_that_was_moved_is_made_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its commands begin with the path of the Python that they were installed for."""
    install(Recorder(), "render")
    moved = noxfile.ENVIRONMENT.rename(tmp_path / "moved")
    monkeypatch.setattr(noxfile, "ENVIRONMENT", moved)
    monkeypatch.setattr(noxfile, "COMMANDS", moved / "bin")
    again = Recorder()
    install(again, "render")
    assert "virtualenv --clear" in again.run_only[0]


def test_a_link_to_an_environment_is_no_move(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(Recorder(), "render")
    link = tmp_path / "link"
    link.symlink_to(noxfile.ENVIRONMENT)
    monkeypatch.setattr(noxfile, "ENVIRONMENT", link)
    again = Recorder()
    install(again, "render")
    assert again.commands == []


def test_a_browser_that_is_there_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    commands_on_path(monkeypatch, "google-chrome", "apt-get")
    session = Recorder()
    find_browser(session)
    assert session.commands == []


@pytest.mark.parametrize(
    ("present", "user", "installed"),
    [
        (["apt-get"], 0, "apt-get install -qq -y chromium chromium-driver"),
        (["apt-get"], 1000, "-m playwright install chromium"),
        ([], 0, "-m playwright install chromium"),
    ],
)
def test_a_browser_that_is_missing_is_installed(
    monkeypatch: pytest.MonkeyPatch,
    present: list[str],
    user: int,
    installed: str,
) -> None:
    commands_on_path(monkeypatch, *present)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    session = Recorder()
    find_browser(session)
    assert session.commands[-1].endswith(installed)


def test_where_none_can_be_installed_the_tests_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands_on_path(monkeypatch)
    with pytest.raises(Aborted, match="none could be installed.*apt-get install chromium"):
        find_browser(Recorder(failing="playwright"))


def test_the_container_runs_without_network_and_is_removed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands_on_path(monkeypatch, "docker")
    monkeypatch.setattr(noxfile, "BROUGHT_OUT", tmp_path / "out")
    session: Any = Recorder()
    session.posargs = ["--device", "cuda"]
    noxfile.container(session)
    name = f"{noxfile.IMAGE}-{os.getpid()}"
    built, *others = session.run_only
    assert built.startswith("docker build --file ")
    assert others == [
        f"docker create --name {name} --network none --gpus all {noxfile.IMAGE} --device cuda",
        f"docker start --attach {name}",
        f"docker cp {name}:/project/site {tmp_path / 'out'}",
        f"docker cp {name}:/project/build/analyses {tmp_path / 'out'}",
        f"docker rm --force {name}",
    ]


def test_the_container_is_told_when_the_sources_were_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands_on_path(monkeypatch, "podman", "git")
    monkeypatch.setattr(noxfile, "BROUGHT_OUT", tmp_path / "out")
    session: Any = Recorder()
    noxfile.container(session)
    log = ["git", "log", "-1", "--format=%ct"]
    time = subprocess.run(log, cwd=noxfile.ROOT, capture_output=True, text=True).stdout.strip()
    assert int(time) > 1_600_000_000
    assert f" --network none --env SOURCE_DATE_EPOCH={time} " in session.run_only[1]


def test_a_container_that_fails_is_removed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    commands_on_path(monkeypatch, "podman", "docker")
    session: Any = Recorder(failing="start")
    with pytest.raises(CommandFailed):
        noxfile.container(session)
    assert session.run_only[-1].startswith("podman rm --force ")
    assert not any("--gpus" in command for command in session.run_only)


def test_without_an_engine_the_container_session_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commands_on_path(monkeypatch)
    session: Any = Recorder()
    with pytest.raises(Aborted, match="Neither podman nor docker"):
        noxfile.container(session)


def test_what_cannot_be_published_is_not_analysed() -> None:
    session: Any = Recorder()
    session.posargs = ["2023.12", "--push"]
    noxfile.deploy(session)
    *_, asked, analysed, published = session.run_only
    assert asked.endswith("-m docs.deploy 2023.12 --push --check")
    assert analysed.endswith("-m analyses all")
    assert published.endswith("-m docs.deploy 2023.12 --push")
    session = Recorder(failing="--check")
    session.posargs = ["2023.12"]
    with pytest.raises(CommandFailed):
        noxfile.deploy(session)
    assert not any("analyses" in command for command in session.run_only)
