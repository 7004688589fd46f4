"""The sessions of noxfile.py, with commands that are written down instead of run."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from nox.command import CommandFailed

import noxfile


class Aborted(Exception):
    """The session ended with an error."""


class Recorder:
    """Takes the place of a nox session; commands that hold a word of `failing` fail."""

    def __init__(self, failing: str | None = None) -> None:
        self.failing = failing
        self.env: dict[str, str] = {}
        self.posargs: list[str] = []
        self.commands: list[str] = []

    def run(self, *command: str, **_: Any) -> None:
        if self.failing and self.failing in command:
            raise CommandFailed(self.failing)
        self.commands.append(" ".join(command))

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
    monkeypatch.setattr(noxfile, "ENVIRONMENT", tmp_path)
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
