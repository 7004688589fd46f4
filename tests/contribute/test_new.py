"""What beginning a month makes, and what it refuses."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from analyses.write_ups.palette import LIGHT
from docs.contribute import new
from docs.contribute.month import Month
from docs.contribute.new import MOST_HEADS, Refused, begin
from models.card import committed_weights, read_card, slugs
from tests.live.task_rules import answers, differences

ROOT = Path(__file__).parents[2]
PACKAGES = ("models", "analys")
"""How the modules of the project begin."""


def tree(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What decides whether a name is taken: modules, packages, and a month."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "card.py").touch()
    for package in (path.parent.name for path in (ROOT / "analyses").glob("*/__init__.py")):
        (tmp_path / "analyses" / package).mkdir(parents=True)
    (tmp_path / "models" / "sorted_list").mkdir()
    shutil.copy(ROOT / "models/sorted_list/card.json", tmp_path / "models/sorted_list")
    return tmp_path


def test_all_pieces_are_made_and_named_after_the_month(month: Month) -> None:
    made = [path.relative_to(month.root).as_posix() for path in month.files()]
    assert made == [
        "analyses/caesar_cipher/claims.py",
        "analyses/caesar_cipher/picture.py",
        "analyses/caesar_cipher/seen.py",
        "analyses/caesar_cipher/solution.py",
        "docs/problems/caesar_cipher/problem.py",
        "models/caesar_cipher/card.json",
        "models/caesar_cipher/model.safetensors",
        "models/caesar_cipher/task.js",
        "models/caesar_cipher/task.py",
        "tests/problems/caesar_cipher/test_task.py",
    ]
    assert tree(month.root) == set(month.files())
    for path in month.files():
        if path.suffix != ".safetensors":
            text = path.read_text()
            assert "emplate" not in text
            assert "2000-01" not in text
    assert "class CaesarCipher:" in (month.model / "task.py").read_text()
    assert "# # Caesar Cipher\n" in month.problem.read_text()


def test_its_card_is_valid_and_describes_its_checkpoint(month: Month) -> None:
    card = read_card("caesar_cipher", month.root / "models")
    committed_weights(card, month.root / "models")
    assert (card.title, card.month, card.state) == ("Caesar Cipher", "2024-01", "open")
    assert str(card.deadline) == "2024-01-31"
    assert card.number == 1, "the first of its folder"
    assert card.training.command == "nox -s train -- caesar_cipher"
    assert card.expected
    assert card.expected.accuracy < 0.75


def test_its_own_tests_pass(month: Month) -> None:
    shutil.copytree(ROOT / "models", month.root / "models", dirs_exist_ok=True)
    test = month.root / "tests/problems/caesar_cipher/test_task.py"
    command = [sys.executable, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, f"--rootdir={month.root}", test],
        cwd=month.root,
        env={"PYTHONPATH": str(month.root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_its_rules_for_the_page_are_those_of_its_task(month: Month) -> None:
    assert not any(differences(answers(month.model)).values())


@pytest.mark.parametrize("slug", ["aa", "modular_addition_of_three_digits", "zz_9"])
def test_imports_are_sorted_whatever_the_slug(slug: str, tmp_path: Path) -> None:
    files = begin(slug, "Any Title", "2030-12", tmp_path)
    pages = [path for path in files if path.suffix == ".py"]
    for path in pages:
        # Blocks of a page that are copied alone have imports of their own.
        for cell in path.read_text().split("# %%"):
            lines = [line for line in cell.splitlines() if line.startswith("from ")]
            ours = [module for line in lines if (module := line.split()[1])[:6] in PACKAGES]
            assert ours == sorted(ours), path
        assert max(map(len, path.read_text().splitlines())) <= 100
    if importlib.util.find_spec("ruff"):
        # Modules of this project are told by their being there.
        rooms = [path.parent for path in (ROOT / "analyses").rglob("__init__.py")]
        for path in (path for folder in (ROOT / "models", *rooms) for path in folder.glob("*.py")):
            copied = tmp_path / path.relative_to(ROOT)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copied)
        shutil.copy(ROOT / "pyproject.toml", tmp_path)
        for action in (["check"], ["format", "--check"]):
            command = [sys.executable, "-m", "ruff", *action, "--no-cache", "."]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("", "no slug"),
        ("Caesar", "no slug"),
        ("caesar-cipher", "no slug"),
        ("9lives", "no slug"),
        ("_caesar", "no slug"),
        ("caesar__cipher", "no slug"),
        ("../caesar", "no slug"),
        ("c" * 33, "no slug"),
        ("class", "a word of Python's own"),
        ("card", r"taken: models/card\.py exists"),
        ("instruments", "taken: analyses/instruments exists"),
        ("evidence", "taken: analyses/evidence exists"),
        ("write_ups", "taken: analyses/write_ups exists"),
        ("sorted_list", "taken: models/sorted_list exists"),
        ("claim", "would call its task Claim"),
        ("tensor", "would call its task Tensor"),
        ("head", "would call its task Head"),
    ],
)
def test_a_slug_that_cannot_be_used_is_refused(slug: str, message: str, repository: Path) -> None:
    before = tree(repository)
    with pytest.raises(Refused, match=message):
        begin(slug, "Title", "2024-01", repository)
    assert tree(repository) == before


def test_a_month_gets_the_next_number_though_it_is_older(repository: Path) -> None:
    begin("caesar_cipher", "Title", "2022-01", repository)
    assert read_card("caesar_cipher", repository / "models").number == 2


@pytest.mark.parametrize("title", ["", " x", "Two\nlines", "<b>", "{{ x }}", 'a "b"', "x" * 61])
def test_a_title_that_is_no_heading_is_refused(title: str, repository: Path) -> None:
    with pytest.raises(Refused, match="no title: expected one line"):
        begin("caesar_cipher", title, "2024-01", repository)


@pytest.mark.parametrize(
    ("month", "message"),
    [
        ("2024-13", "no month: expected year and month"),
        ("2024-1", "no month"),
        ("24-01", "no month"),
        ("2024-01-01", "no month"),
        ("2024.01", "no month"),
        ("January", "no month"),
        ("2023-10", "the month of sorted_list"),
    ],
)
def test_a_month_that_is_none_or_taken_is_refused(
    month: str, message: str, repository: Path
) -> None:
    before = tree(repository)
    with pytest.raises(Refused, match=message):
        begin("caesar_cipher", "Title", month, repository)
    assert tree(repository) == before


def test_a_month_begins_with_the_layers_and_heads_that_were_asked_for(repository: Path) -> None:
    begin("caesar_cipher", "Title", "2024-01", repository, layers=2, heads=3)
    card = read_card("caesar_cipher", repository / "models")
    weights = load_file(committed_weights(card, repository / "models"))
    written = [shape for name, weight in weights.items() if "W_O" in name for shape in weight.shape]
    assert written == 2 * [3, card.architecture.d_head, card.architecture.d_model]


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"layers": 0}, "0 layers were asked for, expected 1 to 8"),
        ({"heads": 9}, "9 heads were asked for, expected 1 to 8"),
    ],
)
def test_sizes_that_no_month_can_begin_with_are_refused(
    sizes: dict[str, int], message: str, repository: Path
) -> None:
    before = tree(repository)
    with pytest.raises(Refused, match=message):
        begin("caesar_cipher", "Title", "2024-01", repository, **sizes)
    assert tree(repository) == before


def test_figures_tell_as_many_heads_apart() -> None:
    assert len(LIGHT.heads) == MOST_HEADS


@pytest.mark.parametrize("failing", ["docs/problems/caesar_cipher", "models/caesar_cipher"])
def test_nothing_half_made_is_left(
    failing: str, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rename = tree(repository), Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        if target == repository / failing:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        begin("caesar_cipher", "Title", "2024-01", repository)
    assert tree(repository) == before
    monkeypatch.undo()
    assert begin("caesar_cipher", "Title", "2024-01", repository)


def test_the_command_line_says_what_was_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert new.main(["sorted_list", "--title", "Again", "--month", "2030-01"]) == 1
    assert "Nothing was made. 'sorted_list' is taken" in capsys.readouterr().err


def test_the_template_is_no_problem() -> None:
    assert "template_slug" not in slugs()
    template = ROOT / "docs/contribute/template/models/template_slug/card.json"
    assert json.loads(template.read_text())["weights"] is None
