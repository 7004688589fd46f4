"""What publishing does to branches, here and on the remote: a version more, or nothing."""

import argparse
import json
from pathlib import Path

import pytest

from docs.deploy import DeployError
from docs.deploy.__main__ import site_address, version_name
from docs.deploy.branch import Branch
from tests.deploy.conftest import NOBODY_ELSES, Clone, Published, repository


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
    "name", ["2023-11", "2023.1", "2023.13", "23.11", "v2023.11", "latest", ""]
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


def test_the_command_publishes_no_version_twice(published: Published) -> None:
    before = published.clone.refs()
    again = published.clone.deploy("2023.11", "--push")
    assert again.returncode == 1
    assert "Nothing was published.\n2023.11 is published on gh-pages already" in again.stderr
    assert published.clone.refs() == before


def test_the_command_refuses_a_bad_name(published: Published) -> None:
    before = published.clone.refs()
    refused = published.clone.deploy("2023-12", "--push")
    assert refused.returncode == 2
    assert "'2023-12' names no version: expected a year and a month" in refused.stderr
    assert published.clone.refs() == before


def test_the_command_says_what_was_not_analysed(published: Published) -> None:
    before = published.clone.refs()
    products = published.clone.folder / "build" / "analyses"
    products.rename(products.with_name("elsewhere"))
    try:
        refused = published.clone.deploy("2023.12")
    finally:
        products.with_name("elsewhere").rename(products)
    assert refused.returncode == 1
    assert "has not been analysed" in refused.stderr and "python -m analyses" in refused.stderr
    assert published.clone.refs() == before


def test_the_command_pushes_only_when_told_to(published: Published) -> None:
    before = published.clone.refs()["remote"]
    done = published.clone.deploy("2023.12")
    assert done.returncode == 0, done.stderr
    assert "To send it: git push origin gh-pages" in done.stdout
    assert "SITE_URL is not set" in done.stderr
    assert published.clone.refs()["remote"] == before
