"""Notebooks that run where there is no clone of the repository."""

import tomllib
from copy import deepcopy
from textwrap import fill

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from docs.render.vendor import ROOT

KERNEL = {"ipykernel", "ipython"}
"""Not installed from the notebook: they are what runs it."""

FETCH = '''\
# Outside of a clone of the repository: fetch it as it was when this page was built, and install
# what the notebook needs. Inside a clone this does nothing.
import importlib.util

if importlib.util.find_spec("models") is None:
    import pathlib
    import subprocess
    import sys

    repository, commit = {repository!r}, {commit!r}
    clone = pathlib.Path({folder!r}).absolute()
    if not clone.exists():
        subprocess.run(["git", "clone", "--quiet", repository, str(clone)], check=True)
    subprocess.run(["git", "-C", str(clone), "checkout", "--quiet", commit], check=True)
    pins = ["--constraint", str(clone / "constraints.txt")]
    needed = """{needed}"""
    install = [sys.executable, "-m", "pip", "install", "--quiet", *pins, *needed.split()]
    subprocess.run(install, check=True)
    sys.path.insert(0, str(clone))
    importlib.invalidate_caches()
'''

EXPLAIN = """\
# This notebook needs a clone of the repository that its page was built from.
import importlib.util

if importlib.util.find_spec("models") is None:
    raise RuntimeError(
        "{lacking} was not known when this page was built: open the notebook in a clone, with "
        "its root as working directory."
    )
"""


def standalone(notebook: NotebookNode, repository: str | None, commit: str | None) -> NotebookNode:
    """Give a notebook a first cell that fetches what it needs; the rest is left as it is.

    Args:
        notebook: as the analyse stage left it.
        repository: address to clone from; None if it is not published.
        commit: that the page is built from; None outside of version control.
    """
    if repository and commit:
        source = FETCH.format(
            repository=repository, commit=commit, folder=_folder(repository), needed=_needed()
        )
    else:
        lacking = "The commit" if repository else "The repository's address"
        source = EXPLAIN.format(lacking=lacking)
    whole = deepcopy(notebook)
    # A fixed id: the same site is built from the same sources.
    first = new_code_cell(source.rstrip(), id="outside-a-clone", metadata={"tags": ["outside"]})
    whole.cells.insert(0, first)
    return whole


def _folder(repository: str) -> str:
    return repository.rstrip("/").rpartition("/")[2].removesuffix(".git")


def _needed() -> str:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = groups["dependency-groups"]["analyse"]
    return fill(" ".join(name for name in needed if name not in KERNEL), 76)
