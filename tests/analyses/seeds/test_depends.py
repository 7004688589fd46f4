"""What a line rests on, and what makes it stale."""

import sys
from pathlib import Path

import pytest

from analyses.seeds.depends import Depends, code, contents, depends, differences, recipe, versions
from analyses.seeds.subject import Subject, folder
from models.card import write_card
from tests.analyses.seeds.stand_in import NOW, line
from tests.analyses.seeds.tiny import card, tiny


@pytest.fixture
def subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Subject:
    return tiny(tmp_path, monkeypatch)


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def claims_of(subject: Subject) -> Path:
    return folder(subject.analyses) / "tiny" / "claims.py"


def test_the_card_decides_but_for_its_seed_and_its_words(subject: Subject) -> None:
    before = recipe(subject)
    for same in (card(seed=7), card(command="another"), card().model_copy(update={"title": "X"})):
        write_card(same, folder(subject.models))
        assert recipe(subject) == before
    wider = card().architecture.model_copy(update={"d_model": 9})
    for other in (card(epochs=5), card().model_copy(update={"architecture": wider})):
        write_card(other, folder(subject.models))
        assert recipe(subject) != before


def test_the_task_decides_which_model_comes_out(subject: Subject) -> None:
    before = depends(subject)
    task = folder(subject.models) / "tiny" / "task.py"
    change(task, '"""Random tokens; training', '"""Quite random tokens; training')
    task.write_text(task.read_text() + "\n# A remark.\n")
    assert depends(subject) == before
    change(task, "tokens[:, -1:]", "tokens[:, :1]")
    assert recipe(subject) != before.recipe
    # These claims import no task; those of a month do.
    assert code(subject) == before.code


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"It does."', '"It surely does."'),
        ('"share"', '"the share of answers"'),
    ],
)
def test_the_words_of_a_claim_do_not_count(subject: Subject, old: str, new: str) -> None:
    change(claims_of(subject), "Claim(name, ", "Claim(name=name, sentence=")
    change(claims_of(subject), '"share"', 'quantity="share"')
    change(claims_of(subject), '"", "exhaustive"', 'unit="", evidence="exhaustive"')
    change(claims_of(subject), '"at least", 0.9', 'comparison="at least", threshold=0.9')
    change(claims_of(subject), ", measure, **", ", measure=measure, **")
    before = code(subject)
    change(claims_of(subject), old, new)
    assert code(subject) == before
    change(claims_of(subject), "threshold=0.9", "threshold=0.8")
    assert code(subject) != before


def test_what_claims_import_counts_wherever_it_is_imported(subject: Subject) -> None:
    own = f"{subject.analyses}.tiny"
    beside = claims_of(subject).with_name("beside.py")
    beside.write_text('"""Beside."""\n\nHALF = 0.5\n')
    text = claims_of(subject).read_text()
    for imported in (
        f"from {own} import beside",
        f"from {own}.beside import HALF",
        f"import {own}.beside",
        f"def late():\n    from {own} import beside",
    ):
        claims_of(subject).write_text(f"{text}\n{imported}\n")
        change(beside, "0.", "1.")
        before = code(subject)
        change(beside, "1.", "0.")
        assert code(subject) != before, imported
    only_types = f"from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {own}.beside\n"
    claims_of(subject).write_text(f"{text}\n{only_types}")
    before = code(subject)
    change(beside, "0.", "1.")
    assert code(subject) == before


def test_quantities_and_picture_count_as_soon_as_they_are_there(subject: Subject) -> None:
    known = {code(subject)}
    for name in ("varies", "seen"):
        claims_of(subject).with_name(f"{name}.py").write_text("x = 1\n")
        known.add(code(subject))
    assert len(known) == 3


def test_data_count_and_products_do_not(subject: Subject) -> None:
    before = code(subject)
    here = claims_of(subject).parent
    for product in ("results.json", "seeds.jsonl", "expected.toml", "certificate.json"):
        (here / product).write_text("{}")
    (here / "solution.py").write_text("1 / 0")
    (here / "__pycache__").mkdir(exist_ok=True)
    (here / "__pycache__" / "kernel.nbi").write_bytes(b"1")
    assert code(subject) == before
    (here / "twins").mkdir()
    (here / "twins" / "gelu.safetensors").write_bytes(b"1")
    with_twin = code(subject)
    assert with_twin != before
    (here / "twins" / "gelu.safetensors").write_bytes(b"2")
    assert code(subject) not in (before, with_twin)


def test_a_month_rests_on_what_trains_and_judges_it() -> None:
    october = Subject("sorted_list")
    trains = contents(("models.training", "models.sorted_list.task"), october)
    assert {"models.training", "models.transformer", "models.scoring", "models.task"} <= set(trains)
    assert not any("problem" in name or "progress" in name for name in trains)
    judges = contents(("analyses.sorted_list.claims",), october)
    assert {"analyses.sorted_list.kernel", "analyses.evidence.claims", "models.problem"} <= set(
        judges
    )
    assert not any(name.startswith("analyses.seeds") for name in judges)


def test_what_differs_is_said() -> None:
    assert differences(line(1), NOW) == []
    later = Depends("other", "other", {"torch": "3", "numpy": "2"})
    assert differences(line(1), later) == [
        "the recipe, the task or the code of training changed",
        "the claims' code changed",
        "numpy was not noted, is 2",
        "torch was 2, is 3",
    ]


def test_builds_of_torch_are_one_version() -> None:
    import torch

    assert versions()["torch"] == torch.__version__.split("+")[0]


def test_nobody_needs_torch_to_ask() -> None:
    import subprocess

    asked = "import sys; from analyses.seeds import depends, learned, lines, subject\n"
    asked += "depends.depends(subject.Subject('sorted_list'))\n"
    asked += "assert 'torch' not in sys.modules and 'distributed' not in sys.modules"
    subprocess.run([sys.executable, "-c", asked], check=True)
