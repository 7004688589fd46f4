"""What publishing does to branches, here and on the remote: a version more, or nothing."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from docs.deploy import DeployError
from docs.deploy.__main__ import address, main, site_address, version_name
from docs.deploy.branch import Branch
from tests.conftest import ROOT
from tests.deploy.conftest import NOBODY_ELSES, Clone, repository


def small_site(version: str, folder: Path) -> None:
    """Stand in for a build: a site of two pages."""
    for name in ("index.html", "404.html", "problems/index.html", "feed.xml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"{name} of {version}")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    for name, value in NOBODY_ELSES.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "clone" / "docs").mkdir(parents=True)
    clone = repository(tmp_path / "clone")
    clone.commit(index="# A month")
    return clone


def branch(clone: Clone, remote: str | None = "origin") -> Branch:
    return Branch(clone.folder, "gh-pages", remote)


def publish(clone: Clone, *versions: str, push: bool = True) -> None:
    for version in versions:
        branch(clone).publish(version, small_site, push)


def another(clone: Clone) -> Clone:
    """What a second maintainer works in."""
    folder = clone.folder.with_name("another")
    clone.git("push", "--quiet", "origin", "main")
    clone.git("clone", "--quiet", "--branch=main", str(clone.remote), str(folder))
    second = Clone(folder, clone.remote)
    second.git("config", "user.name", "Another Maintainer")
    second.git("config", "user.email", "another@site.test")
    return second


def read(clone: Clone, path: str, ref: str = "gh-pages") -> str:
    return clone.git("show", f"{ref}:{path}")


def listed(clone: Clone, ref: str = "gh-pages") -> dict[str, list[str]]:
    return {
        version["version"]: version["aliases"]
        for version in json.loads(read(clone, "versions.json", ref))
    }


def test_a_version_is_one_commit_with_all_that_a_host_needs(clone: Clone) -> None:
    publish(clone, "2023.10", "2023.11")
    assert clone.git("rev-list", "--count", "gh-pages") == "2"
    assert clone.git("ls-tree", "--name-only", "gh-pages").split() == [
        *(".nojekyll", "2023.10", "2023.11", "404.html"),
        *("index.html", "latest", "versions.json"),
    ]
    assert listed(clone) == {"2023.11": ["latest"], "2023.10": []}
    assert "latest/" in read(clone, "index.html")
    assert read(clone, "404.html") == "404.html of 2023.11"
    assert clone.git("log", "-1", "--format=%s", "gh-pages").startswith("Publish 2023.11, built ")


def test_latest_holds_files_and_no_link(clone: Clone) -> None:
    publish(clone, "2023.10")
    mode, kind, tree, _ = clone.git("ls-tree", "gh-pages", "latest").split()
    assert (mode, kind) == ("040000", "tree")
    assert tree == clone.git("rev-parse", "gh-pages:2023.10")


def test_an_older_month_published_late_does_not_become_the_latest(clone: Clone) -> None:
    publish(clone, "2023.10", "2023.11", "2023.09")
    assert listed(clone) == {"2023.11": ["latest"], "2023.10": [], "2023.09": []}
    for name in ("latest/index.html", "404.html"):
        assert read(clone, name).endswith("of 2023.11")


def test_the_selector_is_told_which_pages_there_are(clone: Clone) -> None:
    publish(clone, "2023.10")
    version = json.loads(read(clone, "versions.json"))[0]
    assert version["properties"]["pages"] == ["", "problems/"]


def test_without_push_the_remote_is_untouched(clone: Clone) -> None:
    publish(clone, "2023.10")
    before = clone.refs()["remote"]
    publish(clone, "2023.11", push=False)
    assert clone.refs()["remote"] == before
    assert list(listed(clone)) == ["2023.11", "2023.10"]
    publish(clone, "2023.12")
    assert list(listed(clone, "origin/gh-pages")) == ["2023.12", "2023.11", "2023.10"]


def test_a_stale_branch_loses_no_version(clone: Clone) -> None:
    publish(clone, "2023.10")
    publish(another(clone), "2023.11")
    assert list(listed(clone)) == ["2023.10"]
    publish(clone, "2023.12")
    assert list(listed(clone)) == ["2023.12", "2023.11", "2023.10"]


def test_what_somebody_else_published_is_not_built_again(clone: Clone) -> None:
    publish(another(clone), "2023.10")
    before = clone.refs()["remote"]
    with pytest.raises(DeployError, match=r"2023\.10 is published .* never rebuilt.*next month"):
        publish(clone, "2023.10")
    assert clone.refs()["remote"] == before


@pytest.mark.parametrize(
    ("earlier", "back"), [([], "-D gh-pages"), (["2023.09"], "-f gh-pages gh-pages~1")]
)
def test_a_version_that_nobody_has_can_be_sent_or_taken_back(
    clone: Clone, earlier: list[str], back: str
) -> None:
    publish(clone, *earlier, "2023.10", push=False)
    expected = f"`git push origin gh-pages` sends it, `git branch {back}` takes it back"
    with pytest.raises(DeployError, match=expected):
        publish(clone, "2023.10", push=False)
    clone.git("branch", *back.split())
    publish(clone, "2023.10")


def test_branches_that_went_separate_ways_are_not_joined(clone: Clone) -> None:
    publish(clone, "2023.09")
    second = another(clone)
    publish(clone, "2023.10", push=False)
    publish(second, "2023.11")
    with pytest.raises(DeployError, match=r"separate ways.*published only here: 2023\.10"):
        publish(clone, "2023.12")
    assert list(listed(second)) == list(listed(clone, "origin/gh-pages")) == ["2023.11", "2023.09"]


def test_what_is_published_during_the_build_is_not_overwritten(clone: Clone) -> None:
    publish(clone, "2023.09")
    second = another(clone)

    def build(version: str, folder: Path) -> None:
        publish(second, "2023.10")
        small_site(version, folder)

    before = clone.git("rev-parse", "gh-pages")
    with pytest.raises(DeployError, match="git push.*failed"):
        branch(clone).publish("2023.11", build, True)
    assert clone.git("rev-parse", "gh-pages") == before
    publish(clone, "2023.11")
    assert list(listed(clone)) == ["2023.11", "2023.10", "2023.09"]


@pytest.mark.parametrize("earlier", [[], ["2023.09"]])
@pytest.mark.parametrize("push", [False, True])
def test_of_two_deploys_at_the_same_time_the_second_is_told(
    clone: Clone, earlier: list[str], push: bool
) -> None:
    publish(clone, *earlier, push=push)

    def build(version: str, folder: Path) -> None:
        publish(clone, "2023.10", push=push)
        small_site(version, folder)

    with pytest.raises(DeployError, match=r"another deploy has been faster.*\. Run this one again"):
        branch(clone).publish("2023.11", build, push)
    assert list(listed(clone)) == ["2023.10", *earlier]
    publish(clone, "2023.11", push=push)
    assert list(listed(clone)) == ["2023.11", "2023.10", *earlier]
    assert ("gh-pages" in clone.refs()["remote"]) == push


DEPLOY = """
import sys
from pathlib import Path
from docs.deploy import DeployError
from docs.deploy.branch import Branch

def build(version, folder):
    for name in ("index.html", "404.html"):
        (folder / name).write_text(version)
    print("there", flush=True)
    sys.stdin.read()

try:
    Branch(Path(sys.argv[1]), "gh-pages", None).publish(sys.argv[2], build, False)
except DeployError as error:
    sys.exit(str(error))
"""


def test_of_processes_that_publish_at_the_same_time_one_does(clone: Clone) -> None:
    running = {
        version: subprocess.Popen(
            [sys.executable, "-c", DEPLOY, str(clone.folder), version],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
        for version in ("2023.10", "2023.11", "2023.12")
    }
    for process in running.values():
        assert process.stdout
        assert process.stdout.readline() == b"there\n"
    for process in running.values():
        assert process.stdin
        process.stdin.close()
    told = {version: process.wait() for version, process in running.items()}
    for process in running.values():
        assert process.stdout
        assert process.stderr
        assert bool(process.returncode) == (b"Run this one again" in process.stderr.read())
        process.stdout.close()
        process.stderr.close()
    assert list(listed(clone)) == [version for version, status in told.items() if status == 0]
    assert len(listed(clone)) == 1


def test_branches_of_any_name_are_left_alone(clone: Clone) -> None:
    for name in ("deploy-in-progress", "gh-pages-staging"):
        clone.git("branch", name)
    before = clone.git("for-each-ref")
    publish(clone, "2023.10", "2023.11", push=False)
    published = clone.git("rev-parse", "gh-pages")
    after = [line for line in clone.git("for-each-ref").splitlines() if published not in line]
    assert after == before.splitlines()
    clone.git("fsck", "--strict")


def test_a_version_can_be_added_to_in_a_shallow_clone(clone: Clone) -> None:
    publish(clone, "2023.09", "2023.10")
    clone.git("push", "--quiet", "origin", "main")
    folder = clone.folder.with_name("shallow")
    shallow = ("--depth=1", "--no-single-branch", "--branch=main")
    clone.git("clone", "--quiet", *shallow, f"file://{clone.remote}", str(folder))
    second = Clone(folder, clone.remote)
    second.git("config", "user.name", "Another Maintainer")
    second.git("config", "user.email", "another@site.test")
    publish(second, "2023.11")
    clone.git("fetch", "--quiet")
    assert list(listed(clone, "origin/gh-pages")) == ["2023.11", "2023.10", "2023.09"]
    assert read(clone, "2023.09/index.html", "origin/gh-pages") == "index.html of 2023.09"


@pytest.mark.parametrize("earlier", [[], ["2023.09"]])
def test_what_the_remote_refuses_is_not_published_here(clone: Clone, earlier: list[str]) -> None:
    publish(clone, *earlier)
    hook = clone.remote / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho gh-pages is protected >&2\nexit 1\n")
    hook.chmod(0o755)
    before = clone.refs()
    with pytest.raises(DeployError, match="git push.*failed(.|\n)*gh-pages is protected"):
        publish(clone, "2023.10")
    assert clone.refs() == before


def modify(clone: Clone) -> None:
    (clone.folder / "docs" / "index.md").write_text("# Another month")


def stage(clone: Clone) -> None:
    modify(clone)
    clone.git("add", "--all")


def add(clone: Clone) -> None:
    # What a user's settings hide is published all the same.
    clone.git("config", "status.showUntrackedFiles", "no")
    (clone.folder / "docs" / "évidence.md").write_text("# Not added")


def remove(clone: Clone) -> None:
    (clone.folder / "docs" / "index.md").unlink()


CHANGES = [
    (modify, "M docs/index.md"),
    (stage, "M  docs/index.md"),
    (add, r"\?\? docs/évidence.md"),
    (remove, "D docs/index.md"),
]


@pytest.mark.parametrize(("change", "named"), CHANGES)
def test_what_is_not_committed_is_not_published(
    clone: Clone, change: Callable[[Clone], None], named: str
) -> None:
    before = clone.refs()
    change(clone)
    with pytest.raises(DeployError, match=rf"not as committed there(.|\n)*\n  {named}$"):
        branch(clone).publish("2023.10", unbuilt, False)
    assert clone.refs() == before


@pytest.mark.parametrize(("change", "named"), CHANGES)
def test_what_is_changed_during_the_build_is_not_published(
    clone: Clone, change: Callable[[Clone], None], named: str
) -> None:
    before = clone.refs()

    def build(version: str, folder: Path) -> None:
        change(clone)
        small_site(version, folder)

    with pytest.raises(DeployError, match=rf"not as committed there(.|\n)*\n  {named}$"):
        branch(clone).publish("2023.10", build, True)
    assert clone.refs() == before


def test_a_version_names_the_commit_that_it_was_built_from(clone: Clone) -> None:
    def build(version: str, folder: Path) -> None:
        clone.commit(index="# The next month")
        small_site(version, folder)

    before = clone.git("rev-parse", "HEAD")
    with pytest.raises(DeployError, match=rf"built from {before[:12]}, something else was"):
        branch(clone).publish("2023.10", build, False)
    publish(clone, "2023.10")
    now = clone.git("rev-parse", "--short=12", "HEAD")
    assert clone.git("log", "-1", "--format=%s", "gh-pages") == (
        f"Publish 2023.10, built from {now}"
    )


def test_what_is_ignored_may_lie_around(clone: Clone) -> None:
    (clone.folder / ".gitignore").write_text("/build/\n")
    clone.commit()
    (clone.folder / "build").mkdir()
    (clone.folder / "build" / "solution.ipynb").write_text("{}")
    publish(clone, "2023.10")


def test_of_many_files_some_are_named(clone: Clone) -> None:
    for number in range(25):
        (clone.folder / f"{number}.txt").touch()
    with pytest.raises(DeployError, match=r"(\n  \?\? \d+\.txt){20}\n  and 5 more$"):
        branch(clone).publish("2023.10", unbuilt, False)


def test_a_version_is_built_from_a_commit(tmp_path: Path) -> None:
    (tmp_path / "clone").mkdir()
    with pytest.raises(DeployError, match="there is none: `git commit`"):
        branch(repository(tmp_path / "clone")).publish("2023.10", unbuilt, False)


@pytest.mark.parametrize("name", ["gh..pages", "pages.lock", "-", ""])
def test_a_branch_that_git_does_not_allow_is_refused(clone: Clone, name: str) -> None:
    with pytest.raises(DeployError, match="No branch can be called"):
        Branch(clone.folder, name, None).publish("2023.10", unbuilt, False)


@pytest.mark.parametrize("error", [OSError("No space left on device"), KeyboardInterrupt()])
def test_a_build_that_stops_leaves_no_trace(clone: Clone, error: BaseException) -> None:
    publish(clone, "2023.10")
    before = clone.refs()

    def build(version: str, folder: Path) -> None:
        small_site(version, folder)
        raise error

    with pytest.raises(type(error)):
        branch(clone).publish("2023.11", build, True)
    assert clone.refs() == before


def test_a_site_that_mike_cannot_add_leaves_no_trace(clone: Clone) -> None:
    publish(clone, "2023.10")
    before = clone.refs()
    with pytest.raises(OSError, match="404.html"):
        branch(clone).publish("2023.11", lambda version, folder: None, True)
    assert clone.refs() == before


def unbuilt(version: str, folder: Path) -> None:
    pytest.fail("built although it cannot be published")


def test_git_has_to_know_who_publishes(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    clone.git("config", "--unset", "user.name")
    with pytest.raises(DeployError, match="git config user.name NAME"):
        branch(clone).publish("2023.10", unbuilt, False)
    monkeypatch.setenv("GIT_COMMITTER_NAME", "A Workflow")
    publish(clone, "2023.10")
    assert clone.git("log", "-1", "--format=%an, %cn", "gh-pages") == "A Workflow, A Workflow"


def test_a_branch_that_is_checked_out_is_left_alone(clone: Clone) -> None:
    publish(clone, "2023.10")
    clone.git("worktree", "add", "--quiet", "../look", "gh-pages")
    with pytest.raises(DeployError, match="is checked out in .*look"):
        branch(clone).publish("2023.11", unbuilt, False)


def test_a_remote_that_does_not_answer_stops_it(clone: Clone) -> None:
    clone.git("remote", "set-url", "origin", "../nowhere.git")
    with pytest.raises(DeployError, match="origin could not be asked which versions"):
        branch(clone).publish("2023.10", unbuilt, False)


def test_without_a_remote_there_is_nothing_to_push_to(clone: Clone) -> None:
    with pytest.raises(DeployError, match="git remote add"):
        branch(clone, None).publish("2023.10", unbuilt, True)
    branch(clone, None).publish("2023.10", small_site, False)
    assert list(listed(clone)) == ["2023.10"]


@pytest.mark.parametrize(
    "name",
    [
        "2023-11",
        "2023.1",
        "2023.13",
        "23.11",
        "v2023.11",
        "latest",
        "",
        "２０２３.11",
        "2023.1１",
        "٢٠٢٣.١١",
        "2023.11\n",
    ],
)
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="such as 2023.11"):
        version_name(name)


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/Someone/some.repo.git", "https://someone.github.io/some.repo/"),
        ("https://token@github.com/someone/repo", "https://someone.github.io/repo/"),
        ("git@github.com:someone/someone.github.io.git", "https://someone.github.io/"),
        ("ssh://git@github.com/someone/repo.git", "https://someone.github.io/repo/"),
        ("https://example.org/someone/repo.git", None),
        ("../remote.git", None),
    ],
)
def test_the_address_follows_from_the_remote(remote: str, address: str | None) -> None:
    assert site_address(remote) == address


@pytest.mark.parametrize("url", ["https://site.test", "http://127.0.0.1:8000/a/b/"])
def test_an_address_that_is_given_counts(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SITE_URL", url)
    assert address(branch(clone)) == url


@pytest.mark.parametrize("url", ["site.test", "/path/", "ftp://site.test/", "https:///a", "a b"])
def test_what_is_no_address_is_refused(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SITE_URL", url)
    with pytest.raises(DeployError, match="SITE_URL is .*, expected such as https://example.org"):
        address(branch(clone))


@pytest.mark.parametrize(
    ("remote", "why"), [("origin", "origin is not at GitHub"), (None, "there is no remote")]
)
def test_an_unknown_address_is_refused(
    clone: Clone, monkeypatch: pytest.MonkeyPatch, remote: str | None, why: str
) -> None:
    monkeypatch.delenv("SITE_URL", raising=False)
    clone.git("remote", "set-url", "origin", "https://user:secret@example.org/repo.git")
    with pytest.raises(DeployError, match=f"SITE_URL is not set, and {why}") as refused:
        address(branch(clone, remote))
    assert "secret" not in str(refused.value)
    clone.git("remote", "set-url", "origin", "git@github.com:someone/repo.git")
    assert address(branch(clone)) == "https://someone.github.io/repo/"


@pytest.fixture
def command(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the command work in the clone, and give what it builds the site for."""
    built = []

    def build_site(folder: Path) -> None:
        version = os.environ["PUBLISHED_VERSION"]
        built.append(f"{version} at {os.environ['SITE_URL']}")
        small_site(version, folder)

    monkeypatch.setattr("docs.deploy.__main__.ROOT", clone.folder)
    monkeypatch.setattr("docs.deploy.__main__.build_site", build_site)
    monkeypatch.setenv("SITE_URL", "https://site.test/")
    return built


def test_a_check_builds_and_publishes_nothing(
    clone: Clone, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = clone.refs()
    assert main(["2023.10", "--push", "--check"]) == 0
    assert "2023.10 can be published; its pages will say that" in capsys.readouterr().out
    assert clone.refs() == before
    assert command == []
    assert main(["2023.10", "--push"]) == 0
    assert command == ["2023.10 at https://site.test/"]
    assert "PUBLISHED_VERSION" not in os.environ


@pytest.mark.parametrize(
    ("arguments", "url", "said"),
    [
        (["2023.09"], "https://site.test/", "2023.09 is published on gh-pages already"),
        (["2023.10"], "", "SITE_URL is not set, and origin is not at GitHub"),
        (["2023.10", "--remote", "upstream"], "https://site.test/", "No remote is called upstream"),
        (["2023.10", "--branch", "a..b"], "https://site.test/", "No branch can be called 'a..b'"),
    ],
)
def test_what_is_refused_is_refused_by_the_check_too(
    clone: Clone,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    url: str,
    said: str,
) -> None:
    publish(clone, "2023.09")
    monkeypatch.setenv("SITE_URL", url)
    for check in ([], ["--check"]):
        assert main([*arguments, *check]) == 1
        assert f"Nothing was published.\n{said}" in capsys.readouterr().err
    assert command == []
