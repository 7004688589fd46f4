"""A copy of this project in a repository of its own, with a bare one beside it to push to."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser import Served, serve
from tests.conftest import ROOT
from tests.few_months import keep
from tests.site.conftest import SOLVED

NOT_COPIED = (
    ".git",
    ".nox",
    ".venv",
    "build",
    "site",
    ".site-*",
    "node_modules",
    "*cache*",
    ".hypothesis",
)
PREFIX = "/repo/"
NOBODY_ELSES = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


@dataclass
class Clone:
    """A working copy that publishes."""

    folder: Path
    remote: Path

    def git(self, *arguments: str, where: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=where or self.folder,
            env={**os.environ, **NOBODY_ELSES},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, **files: str) -> None:
        """Commit everything, with these files of the docs written anew."""
        for name, text in files.items():
            (self.folder / "docs" / f"{name.replace('_', '-')}.md").write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "A month")

    def deploy(self, *arguments: str, url: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "docs.deploy", *arguments],
            cwd=self.folder,
            env={**os.environ, **NOBODY_ELSES, "SITE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )

    def refs(self) -> dict[str, str]:
        """What both repositories point at."""
        listed = "for-each-ref", "--format=%(objectname) %(refname)"
        return {
            "here": self.git(*listed),
            "remote": self.git(*listed, where=self.remote),
        }


def repository(folder: Path) -> Clone:
    """Make the folder a repository whose origin is a bare one beside it."""
    clone = Clone(folder, folder.with_name("remote.git"))
    clone.git("init", "--quiet", "--initial-branch=main")
    clone.git("config", "user.name", "A Maintainer")
    clone.git("config", "user.email", "maintainer@site.test")
    clone.git("init", "--quiet", "--bare", str(clone.remote))
    clone.git("remote", "add", "origin", str(clone.remote))
    return clone


@dataclass
class Published:
    """Two versions on a remote, and what a host makes of them."""

    clone: Clone
    served: Served
    unsent: subprocess.CompletedProcess[str]
    """What was said when the first was published, here only."""
    remote_unsent: str
    """What the remote pointed at then."""


@pytest.fixture(scope="session")
def published(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Deploy October and send it as one is told to, change two pages, deploy November and have it
    sent, serve what the remote has.

    Of the months there is one, so that two more sites do not take longer with each month.
    """
    folder = tmp_path_factory.mktemp("deploy")
    shutil.copytree(ROOT, folder / "clone", ignore=shutil.ignore_patterns(*NOT_COPIED))
    keep(folder / "clone", SOLVED[0])
    clone = repository(folder / "clone")
    (clone.folder / "build").mkdir()
    for products in ("analyses", "vendor"):
        (clone.folder / "build" / products).symlink_to(ROOT / "build" / products)
    (folder / "host").mkdir()
    with serve(folder / "host", PREFIX) as served:
        glossary = (clone.folder / "docs" / "glossary.md").read_text(encoding="utf-8")
        clone.commit(glossary=f"{glossary}\n## Octoberism\n\nA word of October.\n")
        first = clone.deploy("2023.10", url=served.url)
        assert first.returncode == 0, first.stderr
        unsent = clone.refs()["remote"]
        clone.git("push", "origin", "gh-pages")
        clone.commit(
            glossary=f"{glossary}\n## Novemberism\n\nA word of November.\n",
            only_in_november="# Only in November\n\nA new page.\n",
        )
        second = clone.deploy("2023.11", "--push", url=served.url)
        assert second.returncode == 0, second.stderr
        clone.git("clone", "--quiet", "--branch=gh-pages", str(clone.remote), str(folder / "host"))
        yield Published(clone, served, first, unsent)
