"""What `nox -s lint` would say, said by the gate."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.contribute import lint
from docs.contribute.lint import ToolFailed, lint_faults
from docs.contribute.month import ROOT, Month
from docs.contribute.scripts import UNFORMATTED

TASK = "models/caesar_cipher/task.py"


def test_faults_of_style_and_of_types_are_found_with_their_lines(month: Month) -> None:
    for name in ("pyproject.toml", ".biome.json"):
        shutil.copy(ROOT / name, month.root)
    path = month.model / "task.py"
    path.write_text('"""A task."""\n\nimport json\n\nNUMBER: int = "five"\nx=[1,2]\n')
    for folder in (month.analysis, month.problem.parent, month.tests):
        shutil.rmtree(folder)
    faults = list(lint_faults(month))
    found = {(fault.path, fault.line, fault.text.split("(")[-1]) for fault in faults}
    assert (TASK, 3, "F401)") in found
    assert (TASK, 5, "reportAssignmentType)") in found
    formatting = [(path, line) for path, line, text in found if text.startswith("is not formatted")]
    assert formatting == [(TASK, 1)]
    assert len(found) == 3
    # The remedy is a command that can be copied.
    (remedy,) = (fault.text.split("`")[1] for fault in faults if "is not formatted" in fault.text)
    subprocess.run(shlex.split(remedy), cwd=month.root, check=True, capture_output=True)
    assert not any("is not formatted" in fault.text for fault in lint_faults(month))


def test_faults_of_a_months_scripts_are_found_with_their_lines(month: Month) -> None:
    shutil.copy(ROOT / ".biome.json", month.root)
    (month.model / "task.js").write_text("/** Tokens. */\nexport const words=[1];\n")
    month.analysis.mkdir(exist_ok=True)
    (month.analysis / "explanation.js").write_text(
        '/** @import { Weights } from "../../docs/live/types.js" */\n\n'
        "/** @param {Weights} weights */\n"
        "export const read = (weights) => weights[0].sizes;\n"
    )
    found = {
        (fault.path, fault.line, fault.text.split("(")[-1])
        for fault in lint_faults(month)
        if fault.path.endswith(".js")
    }
    assert found == {
        (TASK.replace(".py", ".js"), 1, UNFORMATTED),
        ("analyses/caesar_cipher/explanation.js", 4, "TS2339)"),
    }


def test_tools_are_called_as_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".nox/environment/bin/python"))
    assert lint.python(tmp_path) == ".nox/environment/bin/python"
    assert lint.python(tmp_path / "other") == sys.executable


def test_a_tool_that_cannot_look_has_found_nothing_good(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ToolFailed, match="ruff ended with exit status 2"):
        lint._output(month.root, "ruff", "check", "--no-such-option")
    monkeypatch.setattr(lint, "_output", lambda *_: "no JSON")
    with pytest.raises(ToolFailed, match="no report, but 'no JSON'"):
        list(lint_faults(month))


def test_a_month_without_code_has_no_faults(tmp_path: Path) -> None:
    assert list(lint_faults(Month("nothing", tmp_path))) == []
