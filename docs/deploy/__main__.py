"""Publish the site as a version: `python -m docs.deploy 2023.11 [--push]`.

The version is built from the working tree, which is as committed, and added to the branch
`gh-pages` of this clone. Nothing leaves this machine without `--push`.
"""

import argparse
import os
import re
import sys
from functools import partial
from pathlib import Path

from mkdocs.exceptions import Abort, ConfigurationError

from docs.deploy import DeployError
from docs.deploy.branch import Branch, environment
from docs.deploy.hooks import VERSION
from docs.render import RenderError
from docs.render.__main__ import build_site
from docs.render.vendor import ROOT
from models.card import CardError


def version_name(text: str) -> str:
    """A year and a month, such as `2023.11`: names that sort as they follow each other."""
    if not re.fullmatch(r"[0-9]{4}\.(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} names no version: expected a year and a month, such as 2023.11"
        )
    return text


def site_address(remote_url: str) -> str | None:
    """Where GitHub serves the pages of a repository; None for repositories elsewhere."""
    match = re.fullmatch(
        r"(?:https://(?:[^@/]+@)?|ssh://git@|git@)github\.com[:/]([\w.-]+)/([\w.-]+?)(?:\.git)?/?",
        remote_url,
    )
    if match is None:
        return None
    owner, repository = match.groups()
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if repository.lower() == host else f"https://{host}/{repository}/"


def address(branch: Branch) -> str:
    """Where the site will be served; its canonical links lead there for ever.

    Raises:
        DeployError: if `SITE_URL` is no address, or is not set and does not follow from the
            remote.
    """
    if given := os.environ.get("SITE_URL"):
        if not re.fullmatch(r"https?://[^/\s?#]+(/[^\s?#]*)?", given):
            raise DeployError(f"SITE_URL is {given!r}, expected such as https://example.org/path/")
        return given
    remote_url = branch.git("remote", "get-url", branch.remote) if branch.remote else ""
    if found := site_address(remote_url):
        return found
    unknown = f"{branch.remote} is not at GitHub" if branch.remote else "there is no remote"
    raise DeployError(
        f"SITE_URL is not set, and {unknown}, so that canonical links would lead to this machine: "
        "SITE_URL=https://example.org/path/ nox -s deploy -- ... To try it for yourself, "
        "SITE_URL=http://127.0.0.1:8000/"
    )


def build(url: str, version: str, folder: Path) -> None:
    """Build the site as a version; its canonical links then lead to that version."""
    with environment(SITE_URL=url, **{VERSION: version}):
        build_site(folder)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m docs.deploy", description=__doc__)
    parser.add_argument("version", type=version_name, help="year and month, such as 2023.11")
    parser.add_argument("--push", action="store_true", help="send the branch to the remote")
    parser.add_argument("--remote", default="origin", metavar="NAME", help="default: origin")
    parser.add_argument("--branch", default="gh-pages", metavar="NAME", help="default: gh-pages")
    parser.add_argument(
        "--check", action="store_true", help="only say whether it can be published; build nothing"
    )
    given = parser.parse_args(arguments)
    try:
        branch = Branch(ROOT, given.branch, None)
        if given.remote in branch.git("remote").split():
            branch = Branch(ROOT, given.branch, given.remote)
        elif given.push or given.remote != parser.get_default("remote"):
            raise DeployError(f"No remote is called {given.remote}: `git remote -v` lists them.")
        url = address(branch)
        if given.check:
            branch.prepare(given.version, given.push)
            print(f"{given.version} can be published; its pages will say that they are at {url}")
            return 0
        branch.publish(given.version, partial(build, url), given.push)
    except (DeployError, RenderError, CardError, ConfigurationError, OSError, Abort) as error:
        print(f"Nothing was published.\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; nothing was published.", file=sys.stderr)
        return 130
    where = f"{branch.name} here" + (f" and on {branch.remote}" if given.push else "")
    print(f"{given.version} is published on {where}.")
    if not given.push and branch.remote:
        print(f"To send it: git push {branch.remote} {branch.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
