"""Notebooks that run where there is no clone of the repository."""

import tomllib
from copy import deepcopy
from textwrap import fill

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from docs.render.addresses import Addresses
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

STOP = '''\
class Stop(Exception):
    """Ends the run with a message; a notebook shows it without a traceback."""

    def _render_traceback_(self):
        return [str(self)]
'''

EXPLAIN = '''\
# This notebook runs the code of the repository that its page was built from.
import importlib.util


{stop}

if importlib.util.find_spec("models") is None:
    raise Stop(
        """{message}"""
    )
'''


def standalone(notebook: NotebookNode, start: str, addresses: Addresses) -> NotebookNode:
    """Give a notebook a first cell that fetches what it needs; the rest is left as it is.

    Where the repository has no address, that cell says what to do instead.

    Args:
        notebook: as the analyse stage left it.
        start: the notebook that needs no clone, as a place in the site.
        addresses: of the repository and of the site, where they are known.
    """
    repository, commit = addresses.repository, addresses.commit
    if repository and commit:
        source = FETCH.format(
            repository=repository, commit=commit, folder=addresses.folder, needed=_needed()
        )
    else:
        source = EXPLAIN.format(stop=STOP, message=_instead(start, addresses))
    whole = deepcopy(notebook)
    # A fixed id: the same site is built from the same sources.
    first = new_code_cell(source.rstrip(), id="outside-a-clone", metadata={"tags": ["outside"]})
    whole.cells.insert(0, first)
    return whole


def _instead(start: str, addresses: Addresses) -> str:
    """What to do where the notebook cannot fetch a clone by itself."""
    folder, _, name = start.rpartition("/")
    page = addresses.url(f"{folder}/")
    if addresses.repository:
        obtain = (
            f"To get one: git clone {addresses.repository} (from which commit the page was built "
            "was not known)."
        )
    else:
        obtain = (
            "Where to clone it from was not known when the page was built; whoever publishes the "
            f"page{f', {page},' if page else ''} can say."
        )
    paragraphs = [
        "The code that this notebook runs is in the site's repository, which is not here.",
        "With a clone: put the notebook into its root, make the environment with `python -m pip "
        "install nox` and `nox -s install`, and run the notebook with the Python of "
        f".nox/environment. {obtain}",
        f"Without a clone: {name}, offered on {page or 'the same page'}, needs nothing but the "
        "problem's files. It loads the model, scores it, and goes on from there.",
    ]
    return "\n\n".join(
        fill(paragraph, 88, break_long_words=False, break_on_hyphens=False)
        for paragraph in paragraphs
    )


def _needed() -> str:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = groups["dependency-groups"]["analyse"]
    return fill(" ".join(name for name in needed if name not in KERNEL), 76)
