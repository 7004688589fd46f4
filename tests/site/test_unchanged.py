"""A site is not built again where it would come out the same, and always where it would not."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from docs.render import __main__ as command
from docs.render import unchanged
from docs.render.revision import revision_of
from docs.render.unchanged import made_of, remember, stands

Change = Callable[[Path], object]


@pytest.fixture
def records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "build" / "sites.json"
    monkeypatch.setattr(unchanged, "RECORDS", path)
    return path


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """A site of two files."""
    folder = tmp_path / "site"
    (folder / "page").mkdir(parents=True)
    (folder / "sitemap.xml").write_text("<urlset/>")
    (folder / "page" / "index.html").write_text("as built")
    return folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working tree with one file at every place that the render stage reads.

    In an environment without packages, since listing them takes longer than all else.
    """
    monkeypatch.setattr(unchanged, "distributions", lambda: [])
    folder = tmp_path / "tree"
    for place in unchanged.PLACES:
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / "file").write_text("as it was")
    (folder / "mkdocs.yml").write_text("site_url: !ENV [SITE_URL, none]\n")
    return folder


@pytest.mark.usefixtures("records")
def test_a_site_stands_as_long_as_nothing_changes(output: Path) -> None:
    assert not stands(output, "a")
    remember(output, "a")
    assert stands(output, "a")
    assert not stands(output, "b")


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize(
    "change",
    [
        lambda site: (site / "page" / "index.html").write_text("touched"),
        lambda site: (site / "page" / "index.html").unlink(),
        lambda site: (site / "page" / "index.html").rename(site / "index.html"),
        lambda site: (site / "more").write_text(""),
        lambda site: site.rename(site.with_name("elsewhere")),
    ],
)
def test_a_site_that_is_not_as_it_was_built_does_not_stand(output: Path, change: Change) -> None:
    remember(output, "a")
    change(output)
    assert not stands(output, "a")


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1'])
def test_records_that_cannot_be_read_are_none(records: Path, output: Path, text: str) -> None:
    remember(output, "a")
    records.write_text(text)
    assert not stands(output, "a")
    remember(output, "a")
    assert stands(output, "a")


def test_several_sites_are_remembered_until_they_are_gone(
    records: Path, output: Path, tmp_path: Path
) -> None:
    second = tmp_path / "second"
    second.mkdir()
    remember(output, "a")
    remember(second, "b")
    assert stands(output, "a") and stands(second, "b")
    second.rmdir()
    remember(output, "a")
    assert list(json.loads(records.read_text())) == [str(output)]


@pytest.mark.parametrize(
    "change",
    [
        *(
            lambda root, at=place: (root / at / "file").write_text("new")
            for place in unchanged.PLACES
        ),
        lambda root: (root / "docs" / "file").rename(root / "docs" / "renamed"),
        lambda root: (root / "docs" / "another").write_text(""),
        lambda root: (root / "constraints.txt").write_text("mkdocs==1"),
    ],
)
def test_whatever_a_site_is_made_of_tells(root: Path, change: Change) -> None:
    before = made_of(root)
    assert made_of(root) == before
    change(root)
    assert made_of(root) != before


def test_installed_packages_tell(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {made_of(root)}
    for version in ("1.0", "1.1"):
        package = SimpleNamespace(name="mkdocs", version=version)
        monkeypatch.setattr(unchanged, "distributions", lambda found=package: [found])
        seen.add(made_of(root))
    assert len(seen) == 3


def test_addresses_and_time_of_the_environment_tell(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {made_of(root)}
    for name, value in (
        ("SITE_URL", "https://a.example/"),
        ("SITE_URL", "https://b.example/"),
        ("SOURCE_DATE_EPOCH", "1"),
    ):
        monkeypatch.setenv(name, value)
        seen.add(made_of(root))
    assert len(seen) == 4
    monkeypatch.setenv("UNASKED", "1")
    assert made_of(root) in seen


def test_every_variable_that_the_configuration_asks_for_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (unchanged.vendor.ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert text.count("!ENV") == 3
    before = made_of()
    for name in ("SITE_URL", "REPOSITORY_URL"):
        monkeypatch.setenv(name, "https://a.example/")
        assert made_of() != before
        monkeypatch.delenv(name)
    assert made_of() == before


def test_the_commit_tells_and_caches_do_not(root: Path) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)

    assert revision_of(root) == {"revision": None, "changed": False}
    git("init")
    (root / ".gitignore").write_text("__pycache__\n")
    git("add", "--all")
    git("commit", "-m", "One")
    before = made_of(root)
    (root / "docs" / "__pycache__").mkdir()
    (root / "docs" / "__pycache__" / "file.pyc").write_text("")
    assert made_of(root) == before
    git("commit", "--allow-empty", "-m", "Two")
    assert made_of(root) != before


@pytest.mark.usefixtures("records")
def test_the_command_builds_once(
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    built: list[Path] = []
    monkeypatch.setattr(command, "publish", built.append)
    monkeypatch.setattr(sys, "argv", ["docs.render", "--output", str(output)])
    assert command.main() == command.main() == 0
    assert built == [output]
    said = capsys.readouterr().out.splitlines()
    assert said == [f"The site is in {output}", f"The site in {output} is unchanged."]
    (output / "page" / "index.html").write_text("touched")
    assert command.main() == 0
    assert built == [output, output]


def test_a_site_that_cannot_be_noted_was_built_all_the_same(
    output: Path,
    records: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "publish", lambda folder: None)
    monkeypatch.setattr(sys, "argv", ["docs.render", "--output", str(output)])
    records.parent.write_text("no folder")
    assert command.main() == 0
    assert capsys.readouterr().out == f"The site is in {output}\n"
