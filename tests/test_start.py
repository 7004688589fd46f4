"""Starting on a problem: outside of a clone from its files alone, in a clone from its page."""

import ast
import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import files, requires
from pathlib import Path
from threading import Thread
from typing import Any

import jupytext
import nbformat
import pytest
import torch
from nbformat import NotebookNode
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from safetensors.torch import load_file, save_file

from analyses.write_ups.products import sources
from docs.render.addresses import NOWHERE, Addresses
from docs.render.months import Month
from docs.render.start import PACKAGES, pinned, program, start_notebook
from docs.render.tidy import LONG
from models import checkpoint
from models.card import MODELS, Activation, read_card, slugs
from models.plain import PlainTransformer
from models.transformer import initialise

ROOT = Path(__file__).parents[1]
FILES = ("model.safetensors", "card.json", "task.py")
TEMPLATE = ROOT / "docs/contribute/template/docs/problems/template_slug/problem.py"

ELSEWHERE = """\
import importlib.util, os, runpy, sys
for name in ("models", "analyses", "docs", "tests", "noxfile"):
    assert importlib.util.find_spec(name) is None, name
for folder in sys.argv[1:]:
    os.chdir(folder)
    sys.path.insert(0, folder)
    sys.modules.pop("task", None)
    print("==", os.path.basename(folder), flush=True)
    runpy.run_path("start.py")
    sys.path.remove(folder)
"""
"""Runs programs one after the other, each in its folder: imports take as long as all the rest."""


def script(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def month(slug: str) -> Month:
    return Month(read_card(slug), ROOT / "build" / "analyses" / slug)


def program_of(slug: str) -> str:
    return "\n".join(program(read_card(slug), MODELS / slug / "task.py"))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[[str], Addresses]]:
    """Serves the files of a problem as its page does."""
    root = tmp_path / "served"
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(root))) as server:

        def serve(slug: str) -> Addresses:
            shutil.copytree(MODELS / slug, root / "problems" / slug)
            return Addresses(site=f"http://127.0.0.1:{server.server_port}/")

        Thread(target=server.serve_forever, daemon=True).start()
        yield serve
        server.shutdown()


def with_wrapped_rows(folder: Path) -> None:
    """The same model, stored as one that was trained on negative token ids."""
    weights = load_file(folder / "model.safetensors")
    rows = weights["embed.W_E"]
    weights["embed.W_E"] = rows.roll(-(len(rows) // 2), dims=0)
    save_file(weights, folder / "model.safetensors")


@pytest.mark.every_month
def test_program_and_notebook_give_the_cards_numbers_where_there_is_no_clone(
    tmp_path: Path, served: Callable[[str], Addresses], pytestconfig: pytest.Config
) -> None:
    asked = pytestconfig.getoption("--month")
    folders = {}
    for slug in [asked] if asked else slugs():
        folders[slug] = folder = tmp_path / slug
        folder.mkdir()
        for name in FILES:
            shutil.copy(MODELS / slug / name, folder)
        (folder / "start.py").write_text(program_of(slug))
    card = read_card("cumulative_sum")
    folders["wrapped"] = wrapped = tmp_path / "wrapped"
    wrapped.mkdir()
    for name in FILES:
        shutil.copy(MODELS / "cumulative_sum" / name, wrapped)
    with_wrapped_rows(wrapped)
    card = card.model_copy(update={"embedding_rows": "wrapped"})
    text = "\n".join(program(card, MODELS / "cumulative_sum" / "task.py"))
    (wrapped / "start.py").write_text(text)
    # The notebook finds nothing, and fetches it.
    folders["notebook"] = tmp_path / "notebook"
    folders["notebook"].mkdir()
    notebook = start_notebook(month("cumulative_sum"), served("cumulative_sum"))
    (folders["notebook"] / "start.py").write_text(script(notebook))
    done = subprocess.run(
        [sys.executable, "-I", "-c", ELSEWHERE, *map(str, folders.values())],
        cwd=tmp_path,
        # What is pinned is installed here; pip asks nobody.
        env={"PIP_NO_INDEX": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    printed = dict(part.split("\n", 1) for part in done.stdout.split("== ")[1:])
    assert printed.keys() == folders.keys()
    for name, text in printed.items():
        card = read_card(name if name in slugs() else "cumulative_sum")
        pairs = re.findall(r"^(.+?) +([\d.]+), on the card ([\d.]+)$", text, re.MULTILINE)
        assert [what for what, *_ in pairs] == ["fresh sequences", "accuracy", "loss in nats"]
        found, on_card = ([float(pair[column]) for pair in pairs] for column in (1, 2))
        assert card.expected
        assert on_card == [card.expected.n_sequences, card.expected.accuracy, card.expected.loss]
        assert found == pytest.approx(on_card, abs=2e-5), name


def test_the_notebook_is_the_program_with_a_cell_before_it() -> None:
    notebook = start_notebook(month("sorted_list"), NOWHERE)
    nbformat.validate(notebook)
    parts = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert "\n\n".join(parts[1:]) == program_of("sorted_list").rstrip()
    assert start_notebook(month("sorted_list"), NOWHERE) == notebook


def fetch(notebook: NotebookNode, folder: Path, programs: Path) -> subprocess.CompletedProcess[str]:
    """Run the first code cell where pip is a stand-in that writes down what it was asked."""
    (programs / "pip").mkdir(parents=True, exist_ok=True)
    (programs / "pip" / "__init__.py").touch()
    (programs / "pip" / "__main__.py").write_text("import sys; print('pip', *sys.argv[1:])")
    cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
    return subprocess.run(
        [sys.executable, "-c", cell.source],
        cwd=folder,
        env={"PYTHONPATH": str(programs)},
        capture_output=True,
        text=True,
    )


def test_where_the_site_has_no_address_the_notebook_says_which_file_is_missing(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    notebook = start_notebook(month("cumulative_sum"), NOWHERE)
    for name in FILES:
        done = fetch(notebook, folder, tmp_path / "programs")
        assert f"Stop: {name} is not in {folder}.\nPut this notebook into" in done.stderr
        shutil.copy(MODELS / "cumulative_sum" / name, folder)
    done = fetch(notebook, folder, tmp_path / "programs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"pip install --quiet {' '.join(pinned())}\n"


def test_it_does_not_take_the_files_of_another_problem(
    tmp_path: Path, served: Callable[[str], Addresses]
) -> None:
    """All problems call their files the same; what lies in the folder is not overwritten."""
    folder = tmp_path / "work"
    folder.mkdir()
    other = shutil.copy(MODELS / "sorted_list" / "model.safetensors", folder)
    before = Path(other).read_bytes()
    notebook = start_notebook(month("cumulative_sum"), served("cumulative_sum"))
    done = fetch(notebook, folder, tmp_path / "programs")
    assert "model.safetensors in" in done.stderr
    assert "is of another problem or version" in done.stderr
    assert Path(other).read_bytes() == before


def imported(source: str) -> set[str]:
    """The top-level modules that a program imports, but for those of Python itself."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "it would be relative to a package"
            names.add(str(node.module))
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def brought(packages: tuple[str, ...]) -> set[str]:
    """Packages, and all that installing them installs."""
    found: set[str] = set()
    left = [canonicalize_name(name) for name in packages]
    while left:
        if (name := left.pop()) not in found:
            found.add(name)
            needed = map(Requirement, requires(name) or [])
            left += [
                canonicalize_name(requirement.name)
                for requirement in needed
                if requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            ]
    return found


def test_the_line_for_pip_names_exactly_what_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert set(pinned()) <= set(lines)
    assert [pin.partition("==")[0] for pin in pinned()] == list(PACKAGES)
    pins = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    assert brought(PACKAGES) <= pins


@pytest.mark.every_month
def test_the_line_for_pip_brings_all_that_is_imported() -> None:
    brings = {path.parts[0] for name in PACKAGES for path in files(name) or []}
    for slug in slugs():
        task = (MODELS / slug / "task.py").read_text(encoding="utf-8")
        assert imported(task) <= {"torch", "jaxtyping"}, f"{slug}: task.py needs more than that"
        assert imported(program_of(slug)) - {"task"} <= brings, slug
    assert {"torch", "jaxtyping"} <= brings


def cells_of(page: Path) -> list[NotebookNode]:
    hidden = {"hide-input", "remove-cell", "parameters"}
    return [
        cell
        for cell in jupytext.read(page, fmt="py:percent").cells
        if cell.cell_type == "code" and not hidden & set(cell.metadata.get("tags", []))
    ]


@pytest.mark.every_month
def test_every_block_that_a_problem_page_shows_runs_when_pasted_alone() -> None:
    for slug in slugs():
        shown = [
            cell.source
            for cell in cells_of(sources(slug)["problem"])
            if cell.source.count("\n") < LONG
        ]
        assert any(f'load("{slug}")' in source for source in shown), f"{slug} shows how to load it"
        for source in shown:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(source, {})
            except NameError as error:
                pytest.fail(
                    f"{slug}: this block needs another: {error}. Import and load what it uses, "
                    f'or fold it: tags=["hide-input"].\n\n{source}'
                )


@pytest.mark.every_month
def test_problem_pages_say_how_to_start_and_their_code_gives_nothing_away() -> None:
    for page in [*(sources(slug)["problem"] for slug in slugs()), TEMPLATE]:
        cells = jupytext.read(page, fmt="py:percent").cells
        assert [cell.source for cell in cells].count("[[start]]") == 1, page
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        assert not re.search(r"(?i)(\b|_)(ov|qk|dla|circuits?)(\b|_)", code), page


def test_a_problem_without_numbers_to_compare_with_is_refused() -> None:
    card = read_card("sorted_list").model_copy(update={"expected": None})
    with pytest.raises(Exception, match=r"not trained; do so: nox -s train -- sorted_list"):
        program(card, MODELS / "sorted_list" / "task.py")


@pytest.mark.parametrize("act_fn", ["relu", "gelu", "solu_ln"])
def test_the_program_loads_a_model_with_any_activation(
    act_fn: Activation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = read_card("sorted_list")
    sizes = card.architecture.model_copy(update={"d_mlp": 6, "act_fn": act_fn})
    weights = checkpoint.named(initialise(sizes, 1, torch.device("cpu")).state_dict(), 2)
    checkpoint.write(weights, tmp_path / "model.safetensors")
    for name in ("card.json", "task.py"):
        shutil.copy(MODELS / "sorted_list" / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "task", raising=False)
    load, _, look = program(card.model_copy(update={"architecture": sizes}), tmp_path / "task.py")
    assert ("SoLU" in look) == (act_fn == "solu_ln")
    names: dict[str, Any] = {}
    with torch.random.fork_rng():
        exec(load, names)
    monkeypatch.delitem(sys.modules, "task")
    tokens = names["task"].sample(3, torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = PlainTransformer(weights, sizes)(tokens)
        torch.testing.assert_close(names["model"](tokens), expected, atol=1e-4, rtol=0)
        with contextlib.redirect_stdout(io.StringIO()):
            exec(look, names | {"fresh": tokens})
        folded = names["model"](tokens)
    torch.testing.assert_close(folded.log_softmax(-1), expected.log_softmax(-1))


def test_the_program_has_the_sizes_of_the_card() -> None:
    card = read_card("labelling_function")
    card = json.loads(card.model_dump_json())["architecture"]
    call = next(
        node
        for node in ast.walk(ast.parse(program_of("labelling_function")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "TransformerBridgeConfig"
    )
    given = {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    assert {name: given[name] for name in given.keys() & card.keys()} == {
        name: size
        for name, size in card.items()
        if name not in ("normalization", "attention_biases")
    }
