"""The branch of published versions: a version is added in one commit, or not at all.

mike knows how versions lie on a branch. It commits in several steps and only to branches, so it
works in a repository of its own, which is thrown away, and what it made is taken over as a whole.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mike import commands, git_utils
from mike.versions import Versions

from docs.deploy import LATEST, DeployError

LISTED = 20
"""Files that a message names; of more, it says how many."""

Build = Callable[[str, Path], None]
"""Builds the site as the version of that name into that folder."""


@contextlib.contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set environment variables, for this process and those that it starts."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@dataclass(frozen=True)
class Start:
    """What a version is made of, and added to."""

    source: str
    """The commit that the working tree is."""
    here: str | None
    """Where the branch of this clone is; None if there is no such branch yet."""
    tip: str | None
    """The commit to add a version to; None for the first version of all."""
    published: list[str]
    """The versions that it has, newest first."""


@dataclass(frozen=True)
class Branch:
    """A branch of published versions, here and, if there is a remote, there."""

    repository: Path
    name: str
    remote: str | None

    @property
    def ref(self) -> str:
        """Full name of the branch in this clone."""
        return f"refs/heads/{self.name}"

    def git(self, *arguments: str) -> str:
        """Run git in the repository.

        Raises:
            DeployError: if git fails; with what it said.
        """
        done = self._try(*arguments)
        if done.returncode:
            raise DeployError(f"`git {' '.join(arguments)}` failed:\n{done.stderr.strip()}")
        return done.stdout.strip()

    def _try(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # Nobody is there to type a password when a workflow publishes.
        quiet = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
        command = ["git", *arguments]
        return subprocess.run(
            command, cwd=self.repository, capture_output=True, text=True, env=quiet
        )

    def _commit(self, ref: str) -> str | None:
        done = self._try("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        return done.stdout.strip() or None

    def _tip(self, here: str | None) -> str | None:
        """The commit to add a version to: that of the remote, or of this clone if it has more."""
        there = self._fetch() if self.remote else None
        if here is None or there is None or here == there:
            return here or there
        if self._try("merge-base", "--is-ancestor", here, there).returncode == 0:
            return there
        if self._try("merge-base", "--is-ancestor", there, here).returncode == 0:
            return here
        lost = sorted(set(self.versions(here)) - set(self.versions(there)))
        raise DeployError(
            f"{self.name} here and {self.name} of {self.remote} went separate ways. To go on "
            f"from what {self.remote} has, run `git branch -f {self.name} {there[:12]}`; that "
            f"forgets what is published only here: {', '.join(lost) or 'no version'}."
        )

    def _fetch(self) -> str | None:
        listed = self._try("ls-remote", "--heads", str(self.remote), self.ref)
        if listed.returncode:
            raise DeployError(
                f"{self.remote} could not be asked which versions are published already:\n"
                f"{listed.stderr.strip()}"
            )
        if not listed.stdout.strip():
            return None
        tracking = f"refs/remotes/{self.remote}/{self.name}"
        self.git("fetch", "--quiet", "--no-tags", str(self.remote), f"+{self.ref}:{tracking}")
        return self._commit(tracking)

    def _source(self) -> str:
        """The commit that the working tree is."""
        commit = self._commit("HEAD")
        if commit is None:
            raise DeployError("A version is built from a commit, and there is none: `git commit`.")
        # Settings of the user may hide untracked files, and write names of files in escapes.
        listed = ("status", "--porcelain", "--untracked-files=normal")
        changed = self.git("-c", "core.quotePath=false", *listed).splitlines()
        if changed:
            shown = [line.strip() for line in changed[:LISTED]]
            if len(changed) > LISTED:
                shown.append(f"and {len(changed) - LISTED} more")
            raise DeployError(
                f"The site would say that it was built from {commit[:12]}, but these files are "
                "not as committed there; commit them, or put them aside with "
                "`git stash --include-untracked`:\n  " + "\n  ".join(shown)
            )
        return commit

    def versions(self, commit: str | None) -> list[str]:
        """Names of the versions in a commit, newest first."""
        return [str(info.version) for info in self._listed(commit)] if commit else []

    def _listed(self, commit: str) -> Versions:
        done = self._try("show", f"{commit}:{commands.versions_file}")
        return Versions() if done.returncode else Versions.loads(done.stdout)

    def prepare(self, version: str, push: bool) -> Start:
        """Find out, before anything is built, whether a version can be added, and to what.

        Args:
            version: such as `2023.11`.
            push: whether the remote is to get it, too.

        Raises:
            DeployError: if the version is published already, the working tree is not as
                committed, the branch is checked out, nobody is known to commit, the remote
                cannot be asked, or it and this clone have what the other lacks.
        """
        if push and self.remote is None:
            raise DeployError("There is no remote to push to: `git remote add origin ADDRESS`.")
        if self._try("check-ref-format", self.ref).returncode or self.name.startswith("-"):
            raise DeployError(f"No branch can be called {self.name!r}; the usual is gh-pages.")
        if elsewhere := self.git("for-each-ref", "--format=%(worktreepath)", self.ref):
            raise DeployError(
                f"{self.name} is checked out in {elsewhere}, whose files would fall behind; "
                "check out something else there."
            )
        self._committer()
        source = self._source()
        here = self._commit(self.ref)
        tip = self._tip(here)
        published = self.versions(tip)
        if version in published:
            raise DeployError(self._refusal(version))
        return Start(source, here, tip, published)

    def publish(self, version: str, build: Build, push: bool) -> None:
        """Add a version; it becomes the latest if it is the newest.

        Args:
            version: such as `2023.11`; not among those published.
            build: makes the site.
            push: send the branch to the remote as well.

        Raises:
            DeployError: as `prepare`; or if the working tree or the branch, here or there,
                is not what it was before the build. The branch is then as it was, or as
                somebody else made it, here and there.
        """
        start = self.prepare(version, push)
        with tempfile.TemporaryDirectory() as folder:
            build(version, Path(folder))
            if (now := self._source()) != start.source:
                raise DeployError(
                    f"While the site was built from {start.source[:12]}, something else was "
                    f"checked out, {now[:12]}; run it again, and leave the working tree alone."
                )
            commit = self._add(version, Path(folder), start)
        # The old commit is named each time, so that nothing else that moves the branch is lost.
        moved = self._try("update-ref", self.ref, commit, start.here or "")
        if moved.returncode:
            raise DeployError(
                f"{self.name} is no longer where it was when {version} was begun; another deploy "
                f"has been faster, and nothing of it is lost. Run this one again.\n"
                f"{moved.stderr.strip()}"
            )
        if not push:
            return
        try:
            # Without force: what somebody else has published in the meantime is not lost.
            self.git("push", "--quiet", str(self.remote), f"{commit}:{self.ref}")
        except BaseException:
            back = (self.ref, start.here) if start.here else ("-d", self.ref)
            self._try("update-ref", *back, commit)
            raise

    def _refusal(self, version: str) -> str:
        said = (
            f"{version} is published on {self.name} already, and published versions are never "
            "rebuilt: readers cite them. Publish a correction as part of the next month's version."
        )
        there = self._commit(f"refs/remotes/{self.remote}/{self.name}") if self.remote else None
        if version in self.versions(there):
            return said
        only = self.versions(self._commit(self.ref)) == [version]
        back = f"-D {self.name}" if only else f"-f {self.name} {self.name}~1"
        send = f"`git push {self.remote} {self.name}` sends it, " if self.remote else ""
        return f"{said} Only this clone has it yet: {send}`git branch {back}` takes it back."

    def _add(self, version: str, site: Path, start: Start) -> str:
        """Commit a built site on top of what is published; the branch stays where it is."""
        newest = all(version > other for other in start.published)
        message = f"Publish {version}, built from {start.source[:12]}"
        config = {"site_dir": str(site), "use_directory_urls": True}
        kind = self.git("rev-parse", "--show-object-format")
        objects, shallow = (
            self.git("rev-parse", "--path-format=absolute", "--git-path", name)
            for name in ("objects", "shallow")
        )
        with (
            tempfile.TemporaryDirectory() as stage,
            # Branches are those of the repository `stage`, their commits lie in this one.
            environment(GIT_DIR=stage, GIT_OBJECT_DIRECTORY=objects, **self._committer()),
        ):
            self.git("init", "--quiet", "--bare", "--template=", f"--object-format={kind}")
            if Path(shallow).is_file():
                # Or git misses the commits that this clone was made without.
                shutil.copy(shallow, stage)
            if start.tip:
                self.git("update-ref", self.ref, start.tip)
            try:
                with commands.deploy(
                    config,
                    version,
                    aliases=[LATEST] if newest else [],
                    update_aliases=True,
                    # Some hosts do not follow links, and redirects exist for pages only: a feed
                    # or a file under latest/ would be gone. git stores equal files once.
                    alias_type=commands.AliasType.copy,
                    branch=self.name,
                    message=message,
                    set_props=[("pages", pages(site))],
                ):
                    pass
                if newest:
                    commands.set_default(LATEST, branch=self.name, allow_empty=True)
                    # Hosts look for it at the root; its links are absolute and work there.
                    missing = (site / "404.html").read_bytes()
                    with git_utils.Commit(self.name, message, allow_empty=True) as commit:
                        commit.add_file(git_utils.FileInfo("404.html", missing))
            except (git_utils.GitError, ValueError) as error:
                raise DeployError(f"mike could not add {version}: {error}") from error
            parents = ["-p", start.tip] if start.tip else []
            return self.git("commit-tree", f"{self.ref}^{{tree}}", *parents, "-m", message)

    def _committer(self) -> dict[str, str]:
        """Environment variables by which whoever commits is also the author."""
        known = {
            key: os.environ.get(f"GIT_COMMITTER_{key.upper()}")
            or self._try("config", f"user.{key}").stdout.strip()
            for key in ("name", "email")
        }
        if not all(known.values()):
            raise DeployError(
                "git does not know who commits: `git config user.name NAME` and "
                "`git config user.email ADDRESS`."
            )
        return {
            f"GIT_{role}_{key.upper()}": str(value)
            for role in ("AUTHOR", "COMMITTER")
            for key, value in known.items()
        }


def pages(site: Path) -> list[str]:
    """Addresses of a site's pages, from its root; the front page is the empty one.

    The selector reads them, so that it can tell whether another version has the same page
    without asking for one that may be missing.
    """
    found = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(path.removesuffix("index.html") for path in found if path != "404.html")
