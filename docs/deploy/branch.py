"""The branch of published versions: a version is added in one commit, or not at all.

mike knows how versions lie on a branch. It commits in several steps and only to branches of
this clone, so it works on a branch of its own here, and what it made is taken over as a whole.
"""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mike import commands, git_utils
from mike.versions import Versions

from docs.deploy import LATEST, DeployError

STAGING = "deploy-in-progress"

Build = Callable[[str, Path], None]
"""Builds the site as the version of that name into that folder."""


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

    def tip(self) -> str | None:
        """The commit to add a version to: that of the remote, or of this clone if it has more.

        Raises:
            DeployError: if the remote cannot be asked, or both have what the other lacks.
        """
        here = self._commit(self.ref)
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

    def versions(self, commit: str | None) -> list[str]:
        """Names of the versions in a commit, newest first."""
        return [str(info.version) for info in self._listed(commit)] if commit else []

    def _listed(self, commit: str) -> Versions:
        done = self._try("show", f"{commit}:{commands.versions_file}")
        return Versions() if done.returncode else Versions.loads(done.stdout)

    def publish(self, version: str, build: Build, push: bool) -> None:
        """Add a version; it becomes the latest if it is the newest.

        Args:
            version: such as `2023.11`; not among those published.
            build: makes the site.
            push: send the branch to the remote as well.

        Raises:
            DeployError: if the version is published already, or git refuses; the branch is
                then as it was, here and there.
        """
        if push and self.remote is None:
            raise DeployError("There is no remote to push to: `git remote add origin ADDRESS`.")
        if elsewhere := self.git("for-each-ref", "--format=%(worktreepath)", self.ref):
            raise DeployError(
                f"{self.name} is checked out in {elsewhere}, whose files would fall behind; "
                "check out something else there."
            )
        tip = self.tip()
        published = self.versions(tip)
        if version in published:
            raise DeployError(self._refusal(version))
        newest = all(version > other for other in published)
        with self._identity(), tempfile.TemporaryDirectory() as folder:
            build(version, Path(folder))
            commit = self._add(version, Path(folder), tip, newest)
        if push:
            # Without force: what somebody else has published in the meantime is not lost.
            self.git("push", "--quiet", str(self.remote), f"{commit}:{self.ref}")
        self.git("update-ref", self.ref, commit)

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

    def _add(self, version: str, site: Path, tip: str | None, newest: bool) -> str:
        """Commit a built site on top of `tip`; the branch itself stays where it is."""
        staging = f"refs/heads/{STAGING}"
        source = self._commit("HEAD") or "nothing committed"
        message = f"Publish {version}, built from {source[:12]}"
        config = {"site_dir": str(site), "use_directory_urls": True}
        if tip:
            self.git("update-ref", staging, tip)
        else:
            self._try("update-ref", "-d", staging)
        try:
            with contextlib.chdir(self.repository):
                with commands.deploy(
                    config,
                    version,
                    aliases=[LATEST] if newest else [],
                    update_aliases=True,
                    # Some hosts do not follow links, and redirects exist for pages only: a feed
                    # or a file under latest/ would be gone. git stores equal files once.
                    alias_type=commands.AliasType.copy,
                    branch=STAGING,
                    message=message,
                    set_props=[("pages", pages(site))],
                ):
                    pass
                if newest:
                    commands.set_default(LATEST, branch=STAGING, allow_empty=True)
                    # Hosts look for it at the root; its links are absolute and work there.
                    missing = (site / "404.html").read_bytes()
                    with git_utils.Commit(STAGING, message, allow_empty=True) as commit:
                        commit.add_file(git_utils.FileInfo("404.html", missing))
            parents = ["-p", tip] if tip else []
            return self.git("commit-tree", f"{staging}^{{tree}}", *parents, "-m", message)
        except (git_utils.GitError, ValueError) as error:
            raise DeployError(f"mike could not add {version}: {error}") from error
        finally:
            self._try("update-ref", "-d", staging)

    @contextlib.contextmanager
    def _identity(self) -> Iterator[None]:
        """Whoever commits is also the author; say so before the build if nobody does."""
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
        given = {
            f"GIT_{role}_{key.upper()}": str(value)
            for role in ("AUTHOR", "COMMITTER")
            for key, value in known.items()
        }
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def pages(site: Path) -> list[str]:
    """Addresses of a site's pages, from its root; the front page is the empty one.

    The selector reads them, so that it can tell whether another version has the same page
    without asking for one that may be missing.
    """
    found = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(path.removesuffix("index.html") for path in found if path != "404.html")
