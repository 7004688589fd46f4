import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from analyses.sorted_list.claims import CLAIMS
from analyses.write_ups.notebook import ROOT
from analyses.write_ups.other_checkpoint import analyse_checkpoint
from analyses.write_ups.results import Results
from models import checkpoint
from models.card import MODELS, sha256_of
from models.problem import Problem, load_problem
from models.sorted_list.task import SortedList
from tests.in_thread import in_a_thread

WEIGHTS = MODELS / "sorted_list" / "model.safetensors"
COMMITTED = ROOT / "analyses" / "sorted_list" / "results.json"


class Analysed(NamedTuple):
    checkpoint: Path
    folder: Path
    results: Results
    committed_before: bytes


def narrower(problem: Problem[SortedList]) -> dict[str, Tensor]:
    """Weights of a sixth of the width, whose heads write so much that the proof, which goes on as
    long as it finds something, is over in seconds.
    """
    sizes = problem.architecture
    less = {sizes.d_model: sizes.d_model // 6, sizes.d_head: sizes.d_head // 6}
    weights = {
        name: weight[tuple(slice(less.get(size, size)) for size in weight.shape)].contiguous()
        for name, weight in problem.weights.items()
    }
    weights["blocks.0.attn.W_O"] *= 5
    return weights


@pytest.fixture(scope="module")
def analysed(
    untrained: Problem[SortedList], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Analysed]:
    """The whole solution, executed on a narrower model that was never trained."""
    root = tmp_path_factory.mktemp("other")
    path = root / "untrained.safetensors"
    checkpoint.write(narrower(untrained), path)
    before = COMMITTED.read_bytes()
    folder, found = in_a_thread(
        lambda: analyse_checkpoint("sorted_list", path, "cpu", root / "checkpoints")
    )
    yield Analysed(path, folder, found, before)


def test_the_write_up_is_executed_into_a_folder_of_its_own(analysed: Analysed) -> None:
    sha256 = sha256_of(analysed.checkpoint)
    assert analysed.folder.name == f"sorted_list-{sha256[:12]}"
    assert analysed.results.checkpoint_sha256 == sha256
    names = {path.name for path in analysed.folder.iterdir()}
    assert {"results.json", "solution.ipynb", "stamp.json"} <= names
    assert not names & {"problem.ipynb", "picture.svg"}
    assert Results.read(analysed.folder / "results.json") == analysed.results
    notebook = json.loads((analysed.folder / "solution.ipynb").read_text())
    prose = "".join("".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "markdown")
    assert "{{" not in prose
    assert prose.count('<a class="number"') > 20


def test_verdicts_are_reported_and_most_claims_do_not_hold(analysed: Analysed) -> None:
    verdicts = {claim.name: claim.verdict for claim in analysed.results.claims}
    assert list(verdicts) == [claim.name for claim in CLAIMS]
    assert verdicts["sorts"] == verdicts["is_sure"] == verdicts["every_value_copied"] == "fails"
    assert "holds" not in verdicts.values()


def test_its_numbers_are_those_of_the_other_model(analysed: Analysed) -> None:
    numbers = analysed.results.numbers
    committed = Results.read(COMMITTED)
    # The numbers of the problem page are not measured on somebody else's model.
    assert {name for name in committed.numbers if not name.startswith("demo_")} == set(numbers)
    assert numbers["accuracy"].value < 0.1
    assert numbers["loss"].value > 3
    assert numbers["alike_right"].value < 0.1
    assert analysed.results.data_sha256 == committed.data_sha256


def test_the_committed_results_are_untouched(analysed: Analysed) -> None:
    assert COMMITTED.read_bytes() == analysed.committed_before


def test_an_old_state_dict_is_the_same_model(
    problem: Problem[SortedList], lists: Tensor, tmp_path: Path
) -> None:
    old = load_file(WEIGHTS) | {
        "blocks.0.attn.mask": torch.ones(21, 21, dtype=torch.bool).tril(),
        "blocks.0.attn.IGNORE": torch.tensor(-1e5),
    }
    torch.save(old, tmp_path / "old.pt")
    loaded = load_problem("sorted_list", tmp_path / "old.pt", "cpu")
    assert torch.equal(loaded.logits(lists[:200]), problem.logits(lists[:200]))


def test_a_solution_of_another_task_is_not_executed(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file({"embed.W_E": torch.zeros(60, 96)}, path)
    with pytest.raises(ValueError, match="missing; expected the names of a HookedTransformer"):
        analyse_checkpoint("sorted_list", path, "cpu", tmp_path / "checkpoints")
    assert not (tmp_path / "checkpoints").exists()
