"""A month from its beginning to a pull request, by the commands of CONTRIBUTING.md alone."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import cast

import nox
import pytest

import noxfile
from docs.contribute.month import Month
from docs.contribute.new import pieces
from tests.few_months import keep

ROOT = Path(__file__).parents[2]
BESIDE = ("sorted_list", "cumulative_sum")
"""The months that the new one stands beside, those that tests of every month are made with: with
all, each would lengthen this test, which is the longest."""
SECONDS = 120
"""Of computing, from `new` to a visible page; what else the machine does is not counted."""


def steps() -> list[str]:
    """The commands of each step of "Add a month" that has some."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    section = text.split("## Add a month\n")[1].split("\n### ")[0]
    blocks = re.findall(r"(?:^ {7}\S.*\n)+", section, re.MULTILINE)
    return [re.sub(r"^ {7}", "", block, flags=re.MULTILINE) for block in blocks]


class Idle:
    """A nox session in which nothing is run or said."""

    def __init__(self) -> None:
        self.env: dict[str, str] = {}

    def run(self, *_: object, **__: object) -> None:
        pass

    log = run


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the project as it is here, but with few months; its nox finds an environment,
    this one.
    """
    folder = tmp_path_factory.mktemp("project")
    upstream, clone = folder / "upstream", folder / "clone"
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (upstream / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, upstream / name)
    keep(upstream, *BESIDE)
    who = "git -c user.name=Jane -c user.email=jane@example.org"
    run("git init -q -b main && git add . && " + who + " commit -q -m Begin", upstream)
    run(f"git clone -q {shlex.quote(str(upstream))} {shlex.quote(str(clone))}", folder)
    for setting in ("user.name Jane", "user.email jane@example.org"):
        run(f"git config {setting}", clone)
    borrow_environment(clone)
    (clone / "build").mkdir()
    # What was fetched or computed here need not be once more.
    os.symlink(ROOT / "build" / "vendor", clone / "build" / "vendor")
    for slug in BESIDE:
        shutil.copytree(ROOT / "build/analyses" / slug, clone / "build/analyses" / slug)
    return clone


def borrow_environment(clone: Path) -> None:
    """Make the Python that runs this test the environment of the clone's sessions."""
    commands = clone / noxfile.COMMANDS.relative_to(ROOT)
    commands.mkdir(parents=True)
    for name, arguments in (("python", '"$@"'), ("nox", '-m nox "$@"')):
        script = commands / name
        script.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments}\n")
        script.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(noxfile, "ENVIRONMENT", commands.parent)
        noxfile.environment(cast(nox.Session, Idle()), *noxfile.PYPROJECT["dependency-groups"])


def run(commands: str, folder: Path) -> str:
    """Run commands as a contributor would; returns what they print."""
    path = os.pathsep.join(
        [str(folder / noxfile.COMMANDS.relative_to(ROOT)), os.environ.get("PATH", os.defpath)]
    )
    done = subprocess.run(
        ["sh", "-euc", commands],
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def computed() -> float:
    """Seconds that the commands have computed for so far, with all that they began."""
    spent = os.times()
    return spent.children_user + spent.children_system


def write(month: Month) -> None:
    """What a contributor writes, in a few strokes: nothing is left to be written, and the
    claim is that of a model that has learnt the task."""
    for path in month.files():
        if path.suffix != ".safetensors":
            text = path.read_text()
            text = re.sub(r'# <div class="unfinished">.*?# </div>\n', "", text, flags=re.DOTALL)
            path.write_text(re.sub("still to be written", "here", text, flags=re.IGNORECASE))
    for path in (month.analysis / "claims.py", month.analysis / "solution.py"):
        path.write_text(path.read_text().replace("has_not_learnt", "has_learnt"))
    claims = month.analysis / "claims.py"
    text = claims.read_text()
    text = text.replace("has not learnt", "has learnt").replace('"at most"', '"at least"')
    text = re.sub(r"        controls=.*\n", "", text).replace("Claim, Control,", "Claim,")
    claims.write_text(text)


BEGUN_AND_EXECUTED = """
import importlib, json, sys
from analyses.write_ups.outputs import PICTURE
from docs.contribute.new import main
from tests.pages import executed

assert main(sys.argv[1:]) == 0
importlib.invalidate_caches()
pages, results = executed(sys.argv[1], "cpu")
outputs = [o.data for p in pages.values() for c in p.notebook.cells for o in c.get("outputs", [])]
print(json.dumps({
    "facts": results.facts,
    "wrong": [*results.undefined(), *filter(None, (c.complaint() for c in results.claims))],
    "claims": len(results.claims),
    "pictures": [data[PICTURE] for data in outputs if PICTURE in data],
}))
"""
"""Begins a month by the arguments of `new`, and executes its pages in the same process: libraries
take longer to import than all the rest."""


def test_a_month_of_two_layers_runs_as_it_begins(clone: Path) -> None:
    begin, *_ = steps()
    text = (ROOT / "CONTRIBUTING.md").read_text()
    (sizes,) = re.findall(r"`(--layers \d+ --heads \d+)` begins", text)
    command = begin.splitlines()[-1]
    assert command.startswith("nox -s new -- ")
    month = Month("two_layers", clone)
    asked = command.partition(" -- ")[2].replace("caesar_cipher", month.slug)
    script = shlex.quote(BEGUN_AND_EXECUTED)
    told = json.loads(run(f"python -c {script} {asked} {sizes}", clone).splitlines()[-1])
    assert told["wrong"] == [] and told["claims"]
    assert told["facts"]["first_head"] in {"0.0", "0.1", "1.0", "1.1"}
    (picture,) = told["pictures"]
    assert picture.count("<g ") == 4
    for path in pieces(month.slug):
        shutil.rmtree(clone / path)


def test_a_month_is_added_as_contributing_says(clone: Path) -> None:
    begin, look, train, check, send = steps()
    before = computed()
    run(begin, clone)
    run(look, clone)
    assert computed() - before < SECONDS

    site = clone / "site"
    page = (site / "problems/caesar_cipher/index.html").read_text()
    assert "<h1" in page
    assert "Caesar Cipher" in page
    assert "Still to be written" in page
    assert "data-plotly=" in page
    assert 'href="problems/caesar_cipher/"' in (site / "index.html").read_text()
    assert not (site / "problems/caesar_cipher/solution").exists()
    assert not (site / "contribute/template").exists()
    executed = (clone / "build/analyses/caesar_cipher/solution.ipynb").read_text()
    assert "Still to be written" in executed

    write(Month("caesar_cipher", clone))
    run(train, clone)
    assert "caesar_cipher is ready." in run(check, clone)
    run(send, clone)
    assert "caesar_cipher" in run("git branch --list", clone.parent / "upstream")
