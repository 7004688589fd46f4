"""Each thing that the gate looks for, planted in a month of its own."""

import base64
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from analyses.write_ups.effort import Effort
from analyses.write_ups.notebook import Page, PageError
from analyses.write_ups.outputs import DATA
from analyses.write_ups.results import Results
from docs.contribute import artefacts, changes, check, evaluation, executed, execution, links
from docs.contribute.evaluation import overlap
from docs.contribute.execution import time_faults
from docs.contribute.lint import ToolFailed
from docs.contribute.month import Fault, Month
from docs.render.notebooks import CIRCUITSVIS, PLOTLY
from models.card import Card, read_card, sha256_of
from models.sorted_list.task import SortedList
from models.training import fresh_sequences, training_sequences
from tests.analyses.records import control, finding, results

ROOT = Path(__file__).parents[2]
MODEL = "models/caesar_cipher"
CARD = f"{MODEL}/card.json"
SOLUTION = "analyses/caesar_cipher/solution.py"
PROBLEM = "docs/problems/caesar_cipher/problem.py"


def told(faults: Any) -> list[str]:
    return [str(fault) for fault in faults]


def change_card(month: Month, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(month.card.read_text())
    change(content)
    month.card.write_text(json.dumps(content, indent=2))


def card(month: Month) -> Card:
    return read_card(month.slug, month.root / "models")


def committed(month: Month) -> Results:
    found, faults = executed.committed_results(month)
    assert found is not None
    assert faults == []
    return found


def line_with(text: str, path: Path) -> int:
    return next(n for n, line in enumerate(path.read_text().splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    "piece",
    [
        f"{MODEL}/task.py",
        f"{MODEL}/task.js",
        CARD,
        PROBLEM,
        SOLUTION,
        "analyses/caesar_cipher/claims.py",
        "tests/problems/caesar_cipher/test_task.py",
    ],
)
def test_a_missing_piece_is_named(piece: str, month: Month) -> None:
    (month.root / piece).unlink()
    found = told(artefacts.missing(month))
    assert any(fault.startswith(f"{piece}:1: is missing; ") for fault in found)
    # Nobody has written results yet.
    assert len(found) == 2


def test_what_is_shown_of_other_models_has_to_be_there(month: Month) -> None:
    before = told(artefacts.missing(month))
    line = "from analyses.write_ups.other_models.section import other_models\n"
    month.solution.write_text(line + month.solution.read_text("utf-8"), "utf-8")
    found = set(told(artefacts.missing(month))) - set(before)
    names = ("differ.py", "expected.toml", "seeds.jsonl", "varies.py")
    assert sorted(fault.partition(":")[0] for fault in found) == [
        f"analyses/caesar_cipher/{name}" for name in names
    ]
    assert any("run `nox -s seeds -- caesar_cipher --n 32`" in fault for fault in found)
    for name in names:
        (month.analysis / name).touch()
    assert told(artefacts.missing(month)) == before


def test_a_solved_month_without_its_explanation_in_the_page(month: Month) -> None:
    assert told(artefacts.explanation_faults(month, card(month))) == []
    change_card(month, lambda content: content.update(state="solved", deadline=None))
    assert told(artefacts.explanation_faults(month, card(month))) == []
    (month.analysis / "explanations.py").touch()
    (fault,) = artefacts.explanation_faults(month, card(month))
    assert str(fault).startswith("analyses/caesar_cipher/explanation.js:1: is missing; write ")
    (month.analysis / "explanation.js").touch()
    assert told(artefacts.explanation_faults(month, card(month))) == []


def test_what_the_template_left_to_be_written_is_named(month: Month) -> None:
    found = list(artefacts.unfinished(month))
    assert {fault.path for fault in found} == {
        path.relative_to(month.root).as_posix()
        for path in month.files()
        if path.suffix != ".safetensors"
    }
    for page in (month.problem, month.solution):
        marks = [n for n, line in enumerate(page.read_text().splitlines(), 1) if "Still to" in line]
        path = page.relative_to(month.root).as_posix()
        assert [fault.line for fault in found if fault.path == path] == marks
        assert len(marks) >= 2


def test_a_notice_without_words_is_still_a_notice(month: Month) -> None:
    month.solution.write_text('# %% [markdown]\n# <div class="unfinished">\n#\n# </div>\n')
    found = [fault for fault in artefacts.unfinished(month) if fault.path == SOLUTION]
    assert [fault.line for fault in found] == [2]


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (lambda card: card.update(colour="red"), '"colour"', "colour: Extra inputs"),
        (lambda card: card.update(month="2024-13"), '"month"', "month: String should match"),
        (lambda card: card.pop("deadline"), None, "card: .* needs a deadline"),
        (lambda card: card["training"].update(lr=-1), '"lr"', r"training\.lr: Input should be"),
        (lambda card: card.update(slug="caesar"), '"slug"', "slug is 'caesar', expected"),
    ],
)
def test_a_faulty_card_is_named_with_the_key(
    change: Callable[[dict[str, Any]], object], line: str | None, message: str, month: Month
) -> None:
    change_card(month, change)
    (fault,) = artefacts.card_faults(month)
    assert fault.path == CARD
    assert fault.line == (line_with(line, month.card) if line else 1)
    assert re.search(message, fault.text)


def test_a_new_month_has_a_valid_card_and_checkpoint(month: Month) -> None:
    assert told(artefacts.card_faults(month)) == []
    assert told(artefacts.checkpoint_faults(month, card(month))) == []


def test_another_checkpoint_than_the_card_says(month: Month) -> None:
    path = month.model / "model.safetensors"
    weights = load_file(path)
    weights["embed.W_E"] += 1
    save_file(weights, path)
    (fault,) = artefacts.checkpoint_faults(month, card(month))
    assert (fault.path, fault.line) == (CARD, line_with('"sha256"', month.card))
    assert fault.text.startswith(f"sha256 of model.safetensors is {sha256_of(path)}; ")
    assert "`nox -s train -- caesar_cipher`" in fault.text


def test_a_checkpoint_that_is_too_large(month: Month) -> None:
    path = month.model / "model.safetensors"
    save_file({"w": torch.zeros(500_001)}, path)
    found = told(artefacts.checkpoint_faults(month, card(month)))
    assert any(
        fault.startswith(f"{MODEL}/model.safetensors:1: is 2,00")
        and "at most 2,000,000 are allowed" in fault
        for fault in found
    )


def test_a_checkpoint_of_another_format(month: Month) -> None:
    torch.save({"w": torch.zeros(2)}, month.model / "model.pt")
    path = month.model / "model.safetensors"
    path.write_bytes((month.model / "model.pt").read_bytes())
    found = told(artefacts.checkpoint_faults(month, card(month)))
    assert any(fault.startswith(f"{MODEL}/model.pt:1: weights are safetensors") for fault in found)
    assert any(
        fault.startswith(f"{MODEL}/model.safetensors:1: is not a whole safetensors file")
        for fault in found
    )


def test_a_card_that_names_another_format_or_none(month: Month) -> None:
    change_card(month, lambda content: content["weights"].update(file="model.pt"))
    (fault,) = artefacts.card_faults(month)
    assert (fault.path, fault.line) == (CARD, line_with('"file"', month.card))
    assert fault.text.startswith("weights.file: String should match pattern")
    change_card(month, lambda content: content.update(weights=None))
    (fault,) = artefacts.checkpoint_faults(month, card(month))
    assert fault.text == "there is no checkpoint yet; run `nox -s train -- caesar_cipher`."


def test_a_training_command_that_is_not_recorded(month: Month) -> None:
    change_card(month, lambda content: content["training"].update(command="python train.py"))
    (fault,) = artefacts.checkpoint_faults(month, card(month))
    assert (fault.path, fault.line) == (CARD, line_with('"command"', month.card))
    assert "nox -s train -- caesar_cipher" in fault.text


def test_a_model_that_was_never_trained(month: Month) -> None:
    (fault,) = evaluation.untrained(month, card(month))
    assert (fault.path, fault.line) == (CARD, line_with('"weights"', month.card))
    weights = load_file(month.model / "model.safetensors")
    weights["embed.W_E"][0, 0] += 1
    save_file(weights, month.model / "model.safetensors")
    assert told(evaluation.untrained(month, card(month))) == []


class Numbered(SortedList):
    """Calls every sequence another one."""

    def keys(self, tokens: torch.Tensor) -> torch.Tensor:
        return torch.arange(len(tokens)) + 10**9 * len(tokens)


def test_evaluation_on_training_data_is_found() -> None:
    task = SortedList(3, 30)
    recipe = read_card("sorted_list").training.model_copy(update={"n_sequences": 60})
    training = training_sequences(task, recipe)
    fresh = fresh_sequences(task, recipe, 40, seed=1)
    assert overlap(task, recipe, fresh) == []
    mixed = torch.cat([fresh, training[:3]])
    assert overlap(task, recipe, mixed)[0].startswith("3 of 43 evaluation sequences are training")
    # A reordering is the same input, by the keys of this task.
    reordered = task.encode(training[:2, :3].flip(1).tolist())
    assert overlap(task, recipe, reordered)[0].startswith("2 of 2 ")
    faked = overlap(Numbered(3, 30), recipe, training[:3])
    assert faked[-1].startswith("task.keys gives equal sequences different keys")


@pytest.mark.parametrize("shape", [(0, 7), (0,), (7,), (4, 6)])
def test_evaluation_on_nothing_is_said_to_be_that(shape: tuple[int, ...]) -> None:
    recipe = read_card("sorted_list").training.model_copy(update={"n_sequences": 60})
    (complaint,) = overlap(SortedList(3, 30), recipe, torch.empty(shape))
    assert complaint.startswith(f"the evaluation data have shape {shape}, expected (n, 7) with n")


def test_declared_evaluation_data_are_compared(tmp_path: Path) -> None:
    sorted_list = Month("sorted_list", ROOT)
    recipe = read_card("sorted_list").training.model_copy(update={"n_sequences": 50})
    small = read_card("sorted_list").model_copy(update={"training": recipe})
    undeclared = told(evaluation.evaluation_faults(sorted_list, small, tmp_path))
    assert "declares no evaluation data" in undeclared[0]
    tokens = training_sequences(SortedList(), recipe)[:4].numpy()
    np.savez_compressed(tmp_path / "evaluation-0.npz", tokens=tokens)
    (fault,) = evaluation.evaluation_faults(sorted_list, small, tmp_path)
    assert fault.line == line_with("data(", sorted_list.solution)
    assert fault.text.startswith("4 of 4 evaluation sequences are training sequences")


def test_the_notebook_does_not_carry_the_evaluation_data(tmp_path: Path) -> None:
    source = tmp_path / "page.py"
    source.write_text("# %%\n1\n")
    page = Page.read(source)
    content = {"sha256": "ab", "npz": base64.b64encode(b"tokens").decode()}
    page.notebook.cells[0].outputs = [nbformat.v4.new_output("display_data", {DATA: content})]
    page.collect()
    assert page.data == [b"tokens"]
    assert page.notebook.cells[0].outputs[0].data[DATA] == {"sha256": "ab"}


@pytest.fixture
def products(month: Month, tmp_path: Path) -> Path:
    """What executing the pages might have left: nothing to complain about."""
    folder = tmp_path / "build" / "products"
    folder.mkdir(parents=True)
    for name, page in month.pages.items():
        jupytext.write(jupytext.read(page, fmt="py:percent"), folder / f"{name}.ipynb")
    sound = results(slug=month.slug, claims=[finding(name="has_not_learnt")])
    for path in (folder, month.analysis):
        sound.write(path / "results.json")
    return folder


def show(folder: Path, page: str, cell: int, data: dict[str, Any]) -> None:
    """Plant an output in an executed page."""
    notebook = nbformat.read(folder / f"{page}.ipynb", as_version=4)
    notebook.cells[cell].outputs.append(nbformat.v4.new_output("display_data", data))
    nbformat.write(notebook, folder / f"{page}.ipynb")


def test_sound_products_pass(month: Month, products: Path) -> None:
    figure = {"data": [], "layout": {"meta": {"caption": "What.", "alt": "Words."}}}
    show(products, "problem", 1, {PLOTLY: figure, "text/plain": ""})
    show(products, "problem", 1, {CIRCUITSVIS: {"caption": "What.", "alt": "Words."}})
    assert told(executed.product_faults(month, products, committed(month))) == []


@pytest.mark.parametrize(
    ("effort", "message"),
    [
        (Effort(computed=59.0, slept=14.0), None),
        (
            Effort(computed=61.2, slept=0.0),
            "takes 61 s of computing, every thread counted, at most",
        ),
        (Effort(computed=5.0, slept=65.0), "for 65 s the page neither computes nor waits"),
    ],
)
def test_a_page_that_takes_too_long(effort: Effort, message: str | None, month: Month) -> None:
    page = Page.read(month.solution)
    page.effort = effort
    found = list(time_faults(month, month.solution, page))
    assert [(fault.path, fault.line) for fault in found] == [(SOLUTION, 1)] * bool(message)
    assert all((message or "") in fault.text for fault in found)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verdict": "fails", "value": 0.1}, "claim 'has_not_learnt' does not stand"),
        (
            {"verdict": "empty", "controls": [control(value=0.99, satisfies=True)]},
            "the control .* measures 0.99",
        ),
    ],
)
def test_a_claim_that_does_not_hold_or_whose_control_does(
    change: dict[str, Any], message: str, month: Month, products: Path
) -> None:
    sound = Results.read(products / "results.json")
    claim = finding(name="has_not_learnt", **change)
    for path in (products, month.analysis):
        sound.model_copy(update={"claims": [claim]}).write(path / "results.json")
    (fault,) = executed.product_faults(month, products, committed(month))
    claims = month.analysis / "claims.py"
    assert fault.path == "analyses/caesar_cipher/claims.py"
    assert fault.line == line_with('name="has_not_learnt"', claims)
    assert re.search(message, fault.text)


def test_a_number_that_is_none(month: Month, products: Path) -> None:
    sound = Results.read(products / "results.json")
    undefined = sound.numbers["loss"].model_copy(update={"value": float("nan")})
    numbers = {**sound.numbers, "loss": undefined}
    sound.model_copy(update={"numbers": numbers}).write(products / "results.json")
    found = told(executed.product_faults(month, products, None))
    assert found == [f"{SOLUTION}:1: loss is nan nats: that is no result; record what is defined."]


def test_a_write_up_without_claims(month: Month, products: Path) -> None:
    sound = Results.read(products / "results.json")
    for path in (products, month.analysis):
        sound.model_copy(update={"claims": []}).write(path / "results.json")
    assert told(executed.product_faults(month, products, committed(month))) == [
        f"{SOLUTION}:1: checks no claim; state some and `check` them."
    ]


@pytest.mark.parametrize(
    ("change", "typed"),
    [
        ({"sentence": "It is right in 99.99 % of cases."}, "99.99 %"),
        ({"quantity": "share, about 0.95"}, "0.95"),
        ({"controls": [control(what="ninety-nine percent of others")]}, "ninety-nine percent"),
        ({"sentence": "At least 90 % of lists are sorted, a share of 0.9."}, None),
    ],
)
def test_results_typed_into_the_words_of_a_claim(
    change: dict[str, Any], typed: str | None, month: Month, products: Path
) -> None:
    sound = Results.read(products / "results.json")
    claim = finding(name="has_not_learnt", threshold=0.9, **change)
    for path in (products, month.analysis):
        sound.model_copy(update={"claims": [claim]}).write(path / "results.json")
    found = list(executed.product_faults(month, products, committed(month)))
    claims = month.analysis / "claims.py"
    line = line_with('name="has_not_learnt"', claims)
    assert [(fault.path, fault.line) for fault in found] == [
        (claims.relative_to(month.root).as_posix(), line)
    ] * bool(typed)
    assert all(fault.text.startswith(f"'{typed}' is a typed result") for fault in found)


def test_results_are_compared_as_they_were_before_anything_ran(
    month: Month, products: Path
) -> None:
    before = committed(month)
    drifted = before.model_copy(update={"facts": {"dearest_head": "head 0.0"}})
    for path in (products, month.analysis):
        drifted.write(path / "results.json")
    (fault,) = executed.product_faults(month, products, before)
    assert "dearest_head: committed 'head 0.1', now 'head 0.0'" in fault.text


def test_results_that_drifted(month: Month, products: Path) -> None:
    path = month.analysis / "results.json"
    path.write_text(path.read_text().replace('"value": 0.5,', '"value": 0.7,'))
    (fault,) = executed.product_faults(month, products, committed(month))
    assert fault.path == "analyses/caesar_cipher/results.json"
    assert fault.line == line_with('"loss"', path)
    assert "committed 0.7, now 0.5" in fault.text
    assert "`nox -s analyses -- caesar_cipher --update`" in fault.text


@pytest.mark.parametrize(
    ("data", "lacking"),
    [
        ({PLOTLY: {"data": [], "layout": {"meta": {"alt": "Words."}}}}, ["caption"]),
        ({PLOTLY: {"data": [], "layout": {"meta": {"caption": "What.", "alt": " "}}}}, ["alt"]),
        ({PLOTLY: {"data": [], "layout": {}}}, ["caption", "alt"]),
        ({CIRCUITSVIS: {"caption": "What."}}, ["alt"]),
        ({"image/png": "iVBORw0KGgo="}, ["caption", "alt"]),
    ],
)
def test_a_figure_without_caption_or_alternative(
    data: dict[str, Any], lacking: list[str], month: Month, products: Path
) -> None:
    cells = nbformat.read(products / "solution.ipynb", as_version=4).cells
    cell = next(n for n, cell in enumerate(cells) if "figures.bars" in cell.source)
    show(products, "solution", cell, data)
    found = list(executed.product_faults(month, products, committed(month)))
    line = line_with("attention = {", month.solution)
    assert [(fault.path, fault.line) for fault in found] == [(SOLUTION, line)] * len(lacking)
    assert [fault.text.split()[4].strip(";") for fault in found] == lacking


def test_a_page_that_raises_is_placed(
    month: Month, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PageError(f"{PROBLEM}, line 12: the cell raised ZeroDivisionError: division by zero")

    monkeypatch.setattr(execution, "read_card", lambda slug: card(month))
    monkeypatch.setattr(execution, "committed_weights", lambda _: month.model / "model.safetensors")
    monkeypatch.setattr(execution, "execute", fail)
    assert list(execution.execute_month(month, tmp_path)) == [
        Fault(PROBLEM, 12, "the cell raised ZeroDivisionError: division by zero")
    ]


@pytest.fixture
def built(month: Month) -> Path:
    """A site with the problem's page, its solution's and the glossary."""
    site = month.root / "site"
    for page in ("problems/caesar_cipher", "problems/caesar_cipher/solution", "glossary"):
        (site / page).mkdir(parents=True)
        (site / page / "index.html").write_text('<h2 id="sep">SEP</h2>')
    (site / "problems/caesar_cipher/task.py").touch()
    return site


@pytest.mark.parametrize(
    "link",
    [
        "[x](../../glossary.md#sep)",
        "[x](../../glossary/)",
        "[x](../../../glossary/#sep) from the solution",
        "[x](solution.ipynb#sep)",
        "[x](index.ipynb)",
        "[x](#sep)",
        "[x](https://example.org/a)",
        "![what one sees](https://example.org/a.png)",
        '<a href="mailto:jane@example.org">x</a>',
    ],
)
def test_links_that_lead_somewhere(link: str, month: Month, built: Path) -> None:
    page = month.solution if "solution" in link and "from" in link else month.problem
    month.solution.write_text("# %%\n")
    month.problem.write_text("# %%\n")
    page.write_text(f"# %% [markdown]\n# {link}\n")
    assert told(links.link_faults(month, built)) == []


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("[x](../../glosary.md)", "the link to '../../glosary.md' leads nowhere"),
        ("[x](../glossary/)", "leads nowhere"),
        ("[x](../../glossary/#spe)", "leads to no heading"),
        ("[x](#spe)", "leads to no heading"),
        ("[x]()", "is no link"),
        ("[x](javascript:alert)", "is no link"),
        ('<a href="nowhere/">x</a>', "leads nowhere"),
        ("![](https://example.org/a.png)", "no text alternative"),
        ('<img src="task.py" alt="">', "no text alternative"),
    ],
)
def test_dead_links_and_images_without_alternative(
    link: str, message: str, month: Month, built: Path
) -> None:
    month.solution.write_text("# %%\n")
    month.problem.write_text(f"# %% [markdown]\n# Text.\n# {link}\n")
    (fault,) = links.link_faults(month, built)
    assert (fault.path, fault.line) == (PROBLEM, 3)
    assert message in fault.text


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Jane", "-c", "user.email=jane@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def branch(month: Month) -> Month:
    """A month on a branch; main has a README."""
    git(month.root, "init", "-q", "-b", "main")
    (month.root / "README.md").write_text("Hello.\n")
    git(month.root, "add", "README.md")
    git(month.root, "commit", "-q", "-m", "Begin")
    git(month.root, "switch", "-q", "-c", "caesar_cipher")
    return month


def test_what_belongs_to_the_month_may_change(branch: Month) -> None:
    assert told(changes.outside(branch)) == []
    assert changes.is_new_since(branch, "main")
    git(branch.root, "add", ".")
    git(branch.root, "commit", "-q", "-m", "Add")
    assert told(changes.outside(branch)) == []
    assert not changes.is_new_since(branch, "HEAD")


def test_changes_outside_the_month_are_named(branch: Month) -> None:
    root = branch.root
    (root / "README.md").write_text("Changed.\n")
    (root / "models/caesar").mkdir()
    (root / "models/caesar/task.py").touch()
    (root / "tests/test_other.py").touch()
    git(root, "add", "models")
    git(root, "commit", "-q", "-m", "Add")
    found = list(changes.outside(branch))
    names = ["README.md", "models/caesar/task.py", "tests/test_other.py"]
    assert [(fault.path, fault.line) for fault in found] == [(name, 1) for name in names]
    assert "is no part of caesar_cipher; take the change back" in found[0].text


def test_where_nothing_can_be_compared_it_says_why(
    month: Month, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(check.changes_faults(month)) == []
    assert "this is no clone with a commit" in capsys.readouterr().out


def test_on_main_nothing_is_compared(branch: Month, capsys: pytest.CaptureFixture[str]) -> None:
    git(branch.root, "switch", "-q", "main")
    assert told(check.changes_faults(branch)) == []
    assert "this is main" in capsys.readouterr().out


def test_the_command_line_knows_its_months(capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["no_such_month"]) == 1
    assert "No month is called 'no_such_month'; known: " in capsys.readouterr().err
    for arguments in ([], ["sorted_list", "--changed-since", "HEAD"]):
        with pytest.raises(SystemExit):
            check.main(arguments)


def test_all_faults_come_at_once(
    month: Month, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unformatted = Fault(f"{MODEL}/task.py", 1, "is not formatted")
    monkeypatch.setattr(check, "lint_faults", lambda _: [unformatted])
    month.solution.unlink()
    change_card(month, lambda content: content.update(colour="red"))
    with month.problem.open("a") as page:
        page.write("\n# %% [markdown]\n# It is 0.92.\n# %%\nimport socket\n")
    found = told(check.faults(month))
    for place in (f"{SOLUTION}:1: is missing", f"{CARD}:", f"{PROBLEM}:"):
        assert any(fault.startswith(place) for fault in found)
    assert any("'0.92' is a typed result" in fault for fault in found)
    assert any("imports socket" in fault for fault in found)
    assert str(unformatted) in found
    assert "Not executed: the card comes first." in capsys.readouterr().out


def test_what_reaches_out_is_not_executed(
    month: Month, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "read_card", lambda _: card(month))
    monkeypatch.setattr(check, "lint_faults", lambda _: [])
    monkeypatch.setattr(check, "executed_faults", lambda _: pytest.fail("it was executed"))
    results(slug=month.slug).write(month.analysis / "results.json")
    with (month.model / "task.py").open("a") as task:
        task.write('\nimport os\n\nos.system("true")\n')
    assert any("calls os.system" in fault for fault in told(check.faults(month)))
    assert "Not executed: it reaches for more than its model" in capsys.readouterr().out


def test_site_and_tests_wait_until_the_rest_is_mended(
    month: Month, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[str] = []
    rest: list[Fault] = []
    monkeypatch.setattr(check, "confined_faults", lambda _: rest)
    monkeypatch.setattr(executed, "others", lambda _: [])
    monkeypatch.setattr(links, "site_faults", lambda *_: tried.append("site") or [])
    monkeypatch.setattr(check, "suite_faults", lambda *_: tried.append("tests") or [])
    assert told(check.executed_faults(month)) == []
    assert tried == ["site", "tests"]
    rest.append(Fault(SOLUTION, 1, "sleeps"))
    assert told(check.executed_faults(month)) == [f"{SOLUTION}:1: sleeps"]
    assert tried == ["site", "tests"]
    assert "Neither site nor tests were tried" in capsys.readouterr().out


def test_a_tool_that_does_not_work_is_told(
    month: Month, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_ruff(month: Month) -> list[Fault]:
        raise ToolFailed("ruff ended with exit status 1: No module named ruff")

    monkeypatch.setattr(check, "read_card", lambda _: card(month))
    monkeypatch.setattr(check, "lint_faults", without_ruff)
    assert not check.report(month, alone=False)
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == (
        "caesar_cipher: could not be checked: ruff ended with exit status 1: No module named ruff."
    )
