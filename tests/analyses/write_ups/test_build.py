"""The analyse stage on copies of this project, most with two tiny pages for its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from analyses.evidence.findings import ClaimsDoNotStand, Finding
from analyses.write_ups import build
from analyses.write_ups.build import analyse, results_of, write_products
from analyses.write_ups.notebook import ROOT, Page
from analyses.write_ups.outputs import NUMBER, PICTURE
from analyses.write_ups.products import current, damaged, fingerprint, read_stamp
from analyses.write_ups.results import Results, ResultsError
from models.card import read_card, slugs
from tests.analyses.records import control, finding, number, results

NO_TORCH = (
    "import sys; sys.modules['torch'] = None; "
    "from analyses.__main__ import main; sys.exit(main(sys.argv[1:]))"
)
NO_KERNEL = (
    "import analyses.write_ups.build as build\n"
    "def execute(*_): raise SystemExit('a page was executed')\n"
    "build.execute = execute\n"
    "import sys; from analyses.__main__ import main; sys.exit(main(sys.argv[1:]))"
)
TINY = """# %% tags=["parameters"]
checkpoint, device = None, "cpu"

# %%
from IPython.display import display

value = 0.5
found = {"name": NAME, "value": value, "unit": "nats", "tolerance": 0.001, "digits": 3}
display({MIME: found, "text/plain": ""}, raw=True)

# %% [markdown]
# It is {{ NAME }} nats.
"""


def tiny(name: str) -> str:
    """A page that records one number, without torch."""
    text = TINY.replace("{{ NAME }}", f"{{{{ {name} }}}}").replace("NAME", repr(name))
    return text.replace("MIME", repr(NUMBER))


def copy_of_project(folder: Path) -> Path:
    """What the analyse stage reads of this project, with one month."""
    others = set(slugs()) - {"sorted_list"}
    ignored = shutil.ignore_patterns("__pycache__", *others)
    for part in ("analyses", "models", "docs/problems/sorted_list"):
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    shutil.copy(ROOT / "constraints.txt", folder)
    return folder


def run(root: Path, *arguments: str, code: str = NO_TORCH) -> subprocess.CompletedProcess[str]:
    """The command line of a copy, as another process."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """What a command wrote to stderr, without what libzmq says of a kernel stopped under load."""
    lines = done.stderr.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("Assertion failed: pfd.revents"))


def append(path: Path, text: str = "\n# Changed.\n") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with tiny pages, analysed and its results committed."""
    root = copy_of_project(tmp_path_factory.mktemp("project"))
    (root / "analyses/sorted_list/solution.py").write_text(tiny("loss"))
    (root / "docs/problems/sorted_list/problem.py").write_text(tiny("demo_loss"))
    done = run(root, "sorted_list", "--update")
    assert (done.returncode, said(done)) == (0, "")
    assert "sorted_list: executed, results written." in done.stdout
    return root


@pytest.fixture
def project(analysed: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may spoil."""
    return shutil.copytree(analysed, tmp_path / "project")


PRODUCTS = Path("build/analyses/sorted_list")
COMMITTED = Path("analyses/sorted_list/results.json")
SOLUTION = Path("analyses/sorted_list/solution.py")
PROBLEM = Path("docs/problems/sorted_list/problem.py")


def edit(page: Path, cell: str) -> None:
    """Put something in place of what a tiny page computes."""
    text = page.read_text()
    assert "value = 0.5" in text
    page.write_text(text.replace("value = 0.5", cell))


def leave_pid(trace: Path) -> str:
    """Source that writes the process id of the kernel to a file, whole or not at all."""
    return (
        "import os, pathlib, time\n"
        f"part = pathlib.Path({str(trace)!r} + '.part')\n"
        f"part.write_text(str(os.getpid()))\npart.rename({str(trace)!r})\n"
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with the beginnings of another two problems, which nothing names."""
    root = copy_of_project(tmp_path_factory.mktemp("whole"))
    for slug in ("parentheses", "december"):
        append(root / "models" / slug / "card.json", "{}")
        append(root / "analyses" / slug / "claims.py")
    return root


def change_a_weight(root: Path) -> None:
    path = root / "models/sorted_list/model.safetensors"
    weights = load_file(path)
    weights["embed.W_E"][3, 5] += 1e-6
    save_file(weights, path)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: append(root / "analyses/sorted_list/solution.py"),
        lambda root: append(root / "docs/problems/sorted_list/problem.py"),
        lambda root: append(root / "analyses/instruments/circuits.py"),
        lambda root: append(root / "models/scoring.py"),
        lambda root: append(root / "analyses/sorted_list/claims.py"),
        lambda root: append(root / "models/sorted_list/task.py"),
        lambda root: append(root / "models/sorted_list/card.json", "\n"),
        change_a_weight,
        lambda root: append(root / "constraints.txt", "extra==1\n"),
        lambda root: append(root / "analyses/another.py"),
        lambda root: append(root / "analyses/sorted_list/certificate.json", "{}\n"),
        lambda root: append(root / "analyses/sorted_list/another.safetensors"),
        lambda root: append(root / "analyses/sorted_list/seeds.jsonl", "{}\n"),
        lambda root: append(root / "analyses/sorted_list/expected.toml", "[one_more]\n"),
        lambda root: append(root / "analyses/sorted_list/words.csv"),
        lambda root: append(root / "analyses/sorted_list/parts/of/it.py"),
        lambda root: append(root / "analyses/instruments/lens.py"),
        lambda root: append(root / "analyses/table.json"),
        lambda root: append(root / "models/sorted_list/lists/hard.txt"),
        lambda root: append(root / "models/words/english.txt"),
        lambda root: append(root / "docs/problems/sorted_list/lists.txt"),
        lambda root: append(root / "docs/problems/sorted_list/pictures/of/lists.svg"),
        lambda root: append(root / "analyses/sorted_list/parts/results.json"),
        lambda root: (root / "analyses/sorted_list/published.py").unlink(),
        lambda root: (root / "analyses/instruments/attention.py").rename(
            root / "analyses/instruments/looks.py"
        ),
    ],
    ids=[
        "page",
        "problem page",
        "module of analyses",
        "module of models",
        "the problem's own module",
        "task",
        "card",
        "one weight",
        "constraints",
        "new module",
        "certificate",
        "weights to compare with",
        "another model",
        "what was expected of it",
        "data of the solution",
        "subfolder of the solution",
        "subfolder of analyses",
        "data of analyses",
        "data of the task",
        "subfolder of models",
        "data of the problem's page",
        "subfolder of the problem's page",
        "results in a subfolder",
        "module gone",
        "module renamed",
    ],
)
def test_the_fingerprint_changes_with(
    whole: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    root = shutil.copytree(whole, tmp_path / "copy")
    before = fingerprint("sorted_list", "cpu", root=root)
    assert before == fingerprint("sorted_list", "cpu", root=whole)
    change(root)
    assert fingerprint("sorted_list", "cpu", root=root) != before


def test_products_of_either_device_are_kept_unless_one_is_asked_for(project: Path) -> None:
    def said(*arguments: str) -> str:
        done = run(project, "sorted_list", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "sorted_list: executed" in said("--device", "cuda")
    assert json.loads((project / PRODUCTS / "results.json").read_text())["device"] == "cuda"
    assert "sorted_list: unchanged" in said()
    assert "sorted_list: executed" in said("--device", "cpu")
    assert "sorted_list: unchanged" in said()
    assert "sorted_list: executed" in said("--device", "cuda")
    assert "sorted_list: executed" in said("--update")
    assert json.loads((project / COMMITTED).read_text())["device"] == "cpu"


def test_the_fingerprint_changes_with_the_kind_of_device(whole: Path) -> None:
    assert fingerprint("sorted_list", "cuda", root=whole) != fingerprint(
        "sorted_list", "cpu", root=whole
    )


@pytest.mark.parametrize(
    "path",
    [
        "analyses/parentheses/claims.py",
        "analyses/parentheses/certificate.json",
        "models/parentheses/task.py",
        "models/parentheses/parts/of/it.py",
        "docs/problems/parentheses/problem.py",
        "docs/problems/sorted_list/submissions/doe.yaml",
        "docs/index.md",
        "README.md",
        "analyses/parentheses/results.json",
        "analyses/sorted_list/results.json",
        "analyses/sorted_list/explanation.js",
        "models/sorted_list/task.js",
        "analyses/__pycache__/circuits.pyc",
        "analyses/sorted_list/.solution.py.swp",
        "analyses/sorted_list/.ipynb_checkpoints/solution.py",
    ],
)
def test_the_fingerprint_does_not_change_with(whole: Path, tmp_path: Path, path: str) -> None:
    root = shutil.copytree(whole, tmp_path / "copy")
    before = fingerprint("sorted_list", "cpu", root=root)
    append(root / path)
    assert fingerprint("sorted_list", "cpu", root=root) == before


@pytest.mark.parametrize(
    "path",
    [
        "analyses/parentheses/claims.py",
        "analyses/parentheses/words.csv",
        "models/parentheses/task.py",
        "docs/problems/parentheses/problem.py",
        "analyses/december/claims.py",
    ],
)
def test_another_problem_counts_once_a_module_names_it(
    whole: Path, tmp_path: Path, path: str
) -> None:
    root = shutil.copytree(whole, tmp_path / "copy")
    append(root / "analyses/sorted_list/claims.py", "\nfrom analyses.parentheses import claims\n")
    append(root / "analyses/parentheses/claims.py", "\nPLACE = 'models/december'\n")
    before = fingerprint("sorted_list", "cpu", root=root)
    append(root / path)
    assert fingerprint("sorted_list", "cpu", root=root) != before


def test_a_page_reads_nothing_that_its_fingerprint_does_not_know(project: Path) -> None:
    known = [
        "analyses/instruments/circuits.py",
        "models/sorted_list/card.json",
        "analyses/sorted_list/new.csv",
    ]
    unknown = [
        "analyses/parentheses/claims.py",
        "analyses/sorted_list/results.json",
        "docs/problems/sorted_list/submissions/doe.yaml",
        "docs/index.md",
        "README.md",
    ]
    append(project / "models/parentheses/card.json", "{}")
    for path in (*known[2:], *unknown):
        append(project / path, "text")
    # What is named may be read, so here it is not named in one piece.
    page = f"""import io, os, pathlib, tempfile

def read(path):
    try:
        return bool(pathlib.Path(path).read_text() and io.open_code(os.path.abspath(path)).read())
    except PermissionError as error:
        assert str(error).startswith(path + " is not read by the pages of sorted_list: "), error
        return False

assert all(map(read, {known!r})) and not any(map(read, {unknown!r}))
pathlib.Path("build/made.txt").write_text("written")
with tempfile.NamedTemporaryFile("w+") as file:
    assert file.read() == "" and pathlib.Path(file.name).read_text() == ""
open("{PROBLEM}").close()
open({unknown[0]!r})"""
    edit(project / SOLUTION, page.replace("parentheses", "paren' 'theses"))
    done = run(project, "sorted_list")
    assert done.returncode == 1
    assert said(done).startswith(
        "PageError: analyses/sorted_list/solution.py, line 5: the cell raised PermissionError: "
        "analyses/parentheses/claims.py is not read by the pages of sorted_list: they would not be "
    )


def test_the_pages_are_executed_and_their_numbers_filled_in(analysed: Path) -> None:
    assert set(contents(analysed / PRODUCTS)) == {
        "problem.ipynb",
        "solution.ipynb",
        "results.json",
        "stamp.json",
    }
    solution = json.loads((analysed / PRODUCTS / "solution.ipynb").read_text())
    assert "loss = 0.5 nats" in "".join(solution["cells"][2]["source"])
    found = Results.read(analysed / COMMITTED)
    assert sorted(found.numbers) == ["demo_loss", "loss"]
    card = read_card("sorted_list")
    assert card.weights is not None
    assert (found.slug, found.checkpoint_sha256) == (card.slug, card.weights.sha256)


def test_an_unchanged_project_needs_neither_torch_nor_a_kernel(project: Path) -> None:
    before = contents(project / PRODUCTS)
    for code in (NO_TORCH, NO_KERNEL):
        done = run(project, "all", code=code)
        assert (done.returncode, said(done)) == (0, "")
        assert done.stdout == "sorted_list: unchanged, results as committed.\n"
    assert contents(project / PRODUCTS) == before


def test_a_changed_helper_makes_it_execute_again(project: Path) -> None:
    append(project / "analyses/instruments/circuits.py")
    assert "a page was executed" in run(project, "sorted_list", code=NO_KERNEL).stderr
    done = run(project, "sorted_list")
    assert (done.returncode, said(done)) == (0, "")
    assert "sorted_list: executed" in done.stdout
    assert "sorted_list: unchanged" in run(project, "sorted_list").stdout


def test_a_changed_number_fails_the_build_and_update_mends_it(project: Path) -> None:
    path = project / COMMITTED
    committed = path.read_text()
    path.write_text(committed.replace('"value": 0.5', '"value": 0.52', 1))
    done = run(project, "sorted_list")
    assert done.returncode == 1
    assert said(done) == (
        "ResultsError: analyses/sorted_list/results.json: these results drifted:\n"
        "  demo_loss: committed 0.52, now 0.5 nats (off by 0.02, tolerance 0.001)\n"
        "What the pages gave is in build/analyses/sorted_list.\n"
        "If the change is meant, run again with --update and commit the new results.\n"
    )
    assert path.read_text() != committed
    done = run(project, "sorted_list", "--update")
    assert (done.returncode, done.stdout) == (0, "sorted_list: unchanged, results written.\n")
    assert path.read_text() == committed
    assert run(project, "sorted_list").returncode == 0


def test_an_update_that_changes_nothing_leaves_the_day_alone(project: Path) -> None:
    path = project / COMMITTED
    earlier = path.read_text().replace(Results.read(path).date, "2024-02-03")
    path.write_text(earlier)
    done = run(project, "sorted_list", "--update")
    assert done.stdout == "sorted_list: unchanged, results as committed.\n"
    assert path.read_text() == earlier
    path.write_text("{}")
    assert "results written" in run(project, "sorted_list", "--update").stdout
    assert Results.read(path).numbers


REFUSED = Path("build/refused/sorted_list")


def test_refused_products_are_kept_apart_until_they_are_what_is_committed(project: Path) -> None:
    before, committed = contents(project / PRODUCTS), (project / COMMITTED).read_text()
    edit(project / SOLUTION, "value = 0.6")
    done = run(project, "sorted_list")
    assert done.returncode == 1
    assert "  loss: committed 0.5, now 0.6 nats" in said(done)
    assert f"What the pages gave is in {REFUSED}.\n" in said(done)
    assert contents(project / PRODUCTS) == before
    assert Results.read(project / REFUSED / "results.json").numbers["loss"].value == 0.6
    # They are refused again without being executed again, and accepted so.
    done = run(project, "sorted_list", code=NO_KERNEL)
    assert (done.returncode, "these results drifted" in said(done)) == (1, True)
    done = run(project, "sorted_list", "--update", code=NO_KERNEL)
    assert (done.returncode, said(done)) == (0, "")
    assert done.stdout == "sorted_list: unchanged, results written.\n"
    assert not (project / REFUSED).exists()
    assert Results.read(project / PRODUCTS / "results.json").numbers["loss"].value == 0.6
    assert (project / COMMITTED).read_text() != committed


def test_a_number_that_is_none_is_never_committed(project: Path) -> None:
    before, committed = contents(project / PRODUCTS), (project / COMMITTED).read_text()
    edit(project / SOLUTION, "value = float('nan')")
    done = run(project, "sorted_list", "--update")
    assert done.returncode == 1
    assert said(done).startswith(
        "ResultsError: sorted_list: loss is nan nats: that is no result. Record what is defined"
    )
    assert contents(project / PRODUCTS) == before
    assert (project / COMMITTED).read_text() == committed


def test_what_was_refused_goes_when_the_former_pages_are_back(project: Path) -> None:
    page = (project / SOLUTION).read_text()
    edit(project / SOLUTION, "value = 0.6")
    assert run(project, "sorted_list").returncode == 1
    (project / SOLUTION).write_text(page)
    assert run(project, "sorted_list").stdout == "sorted_list: unchanged, results as committed.\n"
    assert not (project / REFUSED).exists()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize(
    "damage",
    [
        lambda products: (products / "solution.ipynb").unlink(),
        lambda products: cut(products / "problem.ipynb"),
        lambda products: cut(products / "results.json"),
        lambda products: cut(products / "stamp.json"),
        lambda products: (products / "stamp.json").write_bytes(b"\xff\x00"),
        lambda products: (products / "stamp.json").write_text("[]"),
        lambda products: (products / "stamp.json").unlink(),
        lambda products: append(products / "results.json", " "),
    ],
    ids=[
        "notebook gone",
        "notebook cut",
        "results cut",
        "stamp cut",
        "stamp of bytes",
        "stamp of something else",
        "stamp gone",
        "one blank more",
    ],
)
def test_damaged_products_are_stale(
    project: Path,
    damage: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    products = project / PRODUCTS
    assert damaged(products) == []
    wanted = read_stamp(products)["fingerprint"]
    monkeypatch.setattr("analyses.write_ups.products.fingerprint", lambda slug, device: wanted)
    assert current("sorted_list", ["cpu"], project / "build/analyses") == products
    damage(products)
    assert damaged(products)
    assert current("sorted_list", ["cpu"], project / "build/analyses") is None


def test_damaged_products_are_made_anew(project: Path) -> None:
    (project / PRODUCTS / "solution.ipynb").unlink()
    done = run(project, "sorted_list")
    assert (done.returncode, said(done)) == (0, "")
    assert "sorted_list: executed, results as committed." in done.stdout
    assert damaged(project / PRODUCTS) == []


def test_a_time_that_is_none_is_refused_before_anything_runs(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(project / "analyses/instruments/circuits.py")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "tomorrow")
    done = run(project, "sorted_list", code=NO_KERNEL)
    assert done.returncode == 1
    assert said(done).startswith("ClockError: SOURCE_DATE_EPOCH is 'tomorrow', expected whole")
    assert said(done).count("\n") == 1


def test_missing_results_fail_the_build(project: Path) -> None:
    (project / COMMITTED).unlink()
    done = run(project, "sorted_list")
    assert done.returncode == 1
    assert "results.json is missing; write it with --update" in said(done)


def test_a_changed_weight_is_refused_before_anything_runs(project: Path) -> None:
    before = contents(project / PRODUCTS)
    change_a_weight(project)
    done = run(project, "sorted_list", code=NO_KERNEL)
    assert done.returncode == 1
    assert said(done).startswith("CheckpointError: ")
    assert "model.safetensors: sha256 is " in said(done)
    assert "restore the file, or name it with --checkpoint" in said(done)
    assert "a page was executed" not in said(done)
    assert contents(project / PRODUCTS) == before


def test_a_cell_that_raises_leaves_the_former_products(project: Path) -> None:
    before = contents(project / PRODUCTS)
    (project / PROBLEM).unlink()
    edit(project / SOLUTION, "value = 1 / 0")
    done = run(project, "sorted_list")
    assert done.returncode == 1
    assert said(done) == (
        "PageError: analyses/sorted_list/solution.py, line 5: "
        "the cell raised ZeroDivisionError: division by zero\n"
    )
    assert contents(project / PRODUCTS) == before


def test_a_page_that_fails_stops_the_other_in_silence(project: Path) -> None:
    trace = project / "trace"
    edit(project / PROBLEM, leave_pid(trace) + "time.sleep(60)\nvalue = 0.5")
    wait = f"while not pathlib.Path({str(trace)!r}).exists():\n    time.sleep(0.05)\nvalue = 1 / 0"
    edit(project / SOLUTION, f"import pathlib, time\n{wait}")
    done = run(project, "sorted_list")
    wait_for(lambda: not alive(int(trace.read_text())))
    assert done.returncode == 1
    assert said(done) == (
        "PageError: analyses/sorted_list/solution.py, line 5: "
        "the cell raised ZeroDivisionError: division by zero\n"
    )


def test_a_kernel_that_dies_is_named_with_its_page(project: Path) -> None:
    (project / PROBLEM).unlink()
    edit(project / SOLUTION, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    done = run(project, "sorted_list")
    assert done.returncode == 1
    assert said(done).startswith("PageError: analyses/sorted_list/solution.py, line 1: the kernel")
    assert "Traceback" not in said(done)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing came of it"
        time.sleep(0.05)


def test_ctrl_c_while_a_page_runs_leaves_the_former_products_and_no_kernel(project: Path) -> None:
    before = contents(project / PRODUCTS)
    traces = [project / "first", project / "second"]
    for page, trace in zip((SOLUTION, PROBLEM), traces, strict=True):
        edit(project / page, leave_pid(trace) + "time.sleep(60)\nvalue = 0.5")
    # In a session of its own, as nobody else should hear the signal; and hearing it, although
    # a shell that runs the tests in the background has it ignored.
    with subprocess.Popen(
        [sys.executable, "-m", "analyses", "sorted_list"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        try:
            wait_for(lambda: all(trace.exists() for trace in traces))
            kernels = [int(trace.read_text()) for trace in traces]
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=30)
        finally:
            process.kill()
    wait_for(lambda: not any(alive(kernel) for kernel in kernels))
    assert process.returncode == 130
    assert stderr.endswith("Interrupted; what was there before is untouched.\n")
    assert "Traceback" not in stderr
    assert contents(project / PRODUCTS) == before


@pytest.fixture
def products(tmp_path: Path) -> Path:
    """A folder of former products."""
    target = tmp_path / "sorted_list"
    target.mkdir()
    for name in ("solution.ipynb", "results.json", "stamp.json"):
        (target / name).write_text(f"former {name}")
    return target


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["results", "notebook"])
def test_products_that_cannot_be_written_leave_the_former_ones(
    products: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, where: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    if where == "results":
        monkeypatch.setattr(Results, "write", fail)
    else:
        monkeypatch.setattr(build.jupytext, "write", fail)
    before = contents(products)
    page = Page.read(ROOT / "analyses/sorted_list/solution.py")
    with pytest.raises(type(failure)):
        write_products(products, {"solution": page}, results(), {"fingerprint": "new"})
    assert contents(products) == before
    assert [path.name for path in products.parent.iterdir()] == ["sorted_list"]


def test_products_replace_the_former_ones_whole(products: Path, tmp_path: Path) -> None:
    (products / "old.svg").write_text("old")
    path = tmp_path / "solution.py"
    path.write_text("# %%\n1\n")
    page = Page.read(path)
    shown = {"output_type": "display_data", "data": {PICTURE: "<svg/>"}, "metadata": {}}
    page.notebook.cells[0]["outputs"] = [build.jupytext.reads("1", "py").__class__(shown)]
    write_products(products, {"solution": page}, results(), {"fingerprint": "new"})
    assert set(contents(products)) == {
        "solution.ipynb",
        "picture.svg",
        "results.json",
        "stamp.json",
    }
    assert Results.read(products / "results.json") == results()
    assert (products / "picture.svg").read_text() == "<svg/>"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            finding(verdict="fails", value=0.5, interval=(0.4, 0.6)),
            r"'sorts' does not stand: .*0\.5",
        ),
        (
            finding(verdict="empty", controls=[control(value=0.95, satisfies=True)]),
            r"'sorts' says nothing about the model: ",
        ),
    ],
)
def test_a_claim_that_does_not_stand_fails_the_build(
    claim: Finding, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "solution.py"
    path.write_text("# %%\n1\n")
    page = Page.read(path)
    page.claims = [finding(name="fine"), claim]
    executed: list[object] = []

    def execute(problems: dict[str, object], finish: Callable[[str], None]) -> None:
        executed.append(problems)
        finish("sorted_list")

    monkeypatch.setattr(build, "read_pages", lambda *_: {"solution": page})
    monkeypatch.setattr(build, "execute", execute)
    monkeypatch.setattr(build, "BUILD", tmp_path / "build")
    committed = (ROOT / COMMITTED).read_bytes()
    # Nor does --update commit what does not stand; the second time nothing is executed.
    for update in (False, True):
        with pytest.raises(ClaimsDoNotStand, match=rf"sorted_list: claim {message}"):
            analyse(["sorted_list"], "cpu", update)
    assert executed == [{"sorted_list": {"solution": page}}]
    assert (ROOT / COMMITTED).read_bytes() == committed
    assert not (tmp_path / "build").exists()
    assert damaged(tmp_path / "refused" / "sorted_list") == []


def test_two_pages_cannot_use_one_name(tmp_path: Path) -> None:
    path = tmp_path / "page.py"
    path.write_text("# %%\n1\n")
    first, second = Page.read(path), Page.read(path)
    first.numbers, second.facts = {"loss": number()}, {"loss": "small"}
    card = read_card("sorted_list")
    with pytest.raises(ResultsError, match="sorted_list: loss recorded by two pages, the second"):
        results_of(card, {"problem": first, "solution": second}, "cpu", "c" * 64)


def test_the_date_of_results_can_be_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    found = results_of(read_card("sorted_list"), {}, "cpu", "c" * 64)
    assert found.date == "1970-01-02"
