"""Language models of the Hugging Face hub, as folders; nothing here asks the hub."""

import json
import shutil
import socket
import time
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import torch
from torch import Tensor
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from models.card import MODELS, Activation, Architecture
from models.errors import CheckpointError
from models.hub import Text, load_hub
from models.plain import PlainTransformer
from models.problem import Problem
from models.task import Task, Worded
from tests.models.folder import write_folder

NAME = "NeelNanda/SoLU_1L512W_C4_Code"
WORDS = ["swim", "in", "the", "pool", "church"]
PROMPT = "They swim in the"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hub") / "model"


@pytest.fixture(scope="module")
def written(folder: Path) -> tuple[Architecture, dict[str, Tensor]]:
    return write_folder(folder, WORDS)


@pytest.fixture(scope="module")
def loaded(folder: Path, written: tuple[Architecture, dict[str, Tensor]]) -> Problem[Text]:
    return load_hub(str(folder), "sorted_list")


def same(problem: Problem[Text], sizes: Architecture, weights: dict[str, Tensor]) -> None:
    tokens = problem.task.prompt(PROMPT)
    with torch.no_grad():
        expected = PlainTransformer(weights, sizes)(tokens).log_softmax(-1)
    found = problem.logits(tokens).log_softmax(-1)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_a_folder_is_the_model_whose_weights_lie_in_it(
    loaded: Problem[Text], written: tuple[Architecture, dict[str, Tensor]]
) -> None:
    assert loaded.architecture == written[0]
    assert loaded.card.slug == "sorted_list"
    assert loaded.sha256
    same(loaded, *written)


@pytest.mark.parametrize("act_fn", ["gelu", None])
def test_it_may_be_of_another_architecture(act_fn: Activation | None, tmp_path: Path) -> None:
    sizes, weights = write_folder(tmp_path / "twin", WORDS, act_fn)
    problem = load_hub(str(tmp_path / "twin"), "sorted_list")
    assert problem.architecture == sizes
    same(problem, sizes, weights)


def test_by_name_it_is_what_boot_tl_legacy_makes_of_it(
    folder: Path,
    loaded: Problem[Text],
    written: tuple[Architecture, dict[str, Tensor]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    class Hub:
        """The hub, with one model."""

        def model_info(self, name: str, timeout: float) -> None:
            asked.append(name)

        def list_repo_files(self, name: str) -> list[str]:
            return [path.name for path in folder.iterdir()]

    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    monkeypatch.setattr("models.hub.HfApi", Hub)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda name, file: str(folder / file))
    read = PreTrainedTokenizerFast.from_pretrained
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda name, **options: read(name))
    named = load_hub(NAME, "sorted_list")
    assert asked == [NAME]
    assert named.architecture == written[0]
    assert named.task.prompt(PROMPT).tolist() == loaded.task.prompt(PROMPT).tolist()
    same(named, *written)
    assert all(torch.equal(named.weights[name], loaded.weights[name]) for name in written[1])


def test_without_a_network_it_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*arguments: Any, **options: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    began = time.perf_counter()
    with pytest.raises(CheckpointError) as error:
        load_hub(NAME, "sorted_list")
    assert time.perf_counter() - began < 5
    said = str(error.value)
    assert said.startswith(f"hub:{NAME} was to be fetched from huggingface.co, which cannot")
    assert said.endswith("name the folder: --checkpoint hub:FOLDER")
    assert "\n" not in said


def test_any_text_is_a_prompt(loaded: Problem[Text]) -> None:
    task = loaded.task
    assert isinstance(task, Worded) and isinstance(task, Task)
    tokens = task.prompt(PROMPT)
    # The first word is in letters, as no space stands before it.
    names = [task.vocabulary[token] for token in tokens[0]]
    assert names == ["<|BOS|>", *"They", " swim", " in", " the"]
    assert len(task.vocabulary) == task.d_vocab
    assert task.vocabulary[-1] == f"[{task.d_vocab - 1}]"
    assert task.vocabulary[task.token("pool")] == " pool"
    assert task.prompt("Ѯ ☃").shape[1] > 3
    with pytest.raises(ValueError, match=r"'dive' is no token by itself: Ġ \| d \| i \| v \| e\."):
        task.token("dive")
    with pytest.raises(ValueError, match=r"has 18 tokens, expected at most 16\."):
        task.prompt(17 * "?")
    with pytest.raises(ValueError, match="no text can be drawn"):
        task.sample(1, torch.Generator())
    assert torch.equal(task.answers(tokens), tokens[:, 1:])
    other = tokens.clone()
    other[0, -1] = 0
    first, again, second = task.keys(torch.cat([tokens, tokens, other]))
    assert first == again != second


FAULTS: dict[str, tuple[dict[str, object] | str, str]] = {
    "no config": ("config.json", r"config\.json missing; a folder needs config\.json, the state"),
    "no tokenizer": ("tokenizer.json", r"tokenizer\.json missing; a folder needs"),
    "no weights": ("SoLU_final.pth", r"\*final\.pth missing; a folder needs"),
    "another activation": ({"act_fn": "silu"}, r"kind that is not known here:\n  act_fn: Input sh"),
    "another norm": ({"normalization": "RMS"}, r"not known here:\n  normalization: Input should"),
    "rms at the end": ({"final_rms": True}, r"says final_rms, which is not known here"),
    "no heads": ({"n_heads": None}, r"not known here:\n  n_heads: Input should be a valid integer"),
    "of gelu": ({"act_fn": "gelu"}, r"has a LayerNorm behind the activation .* expected none"),
    "of another length": ({"n_ctx": 12}, r"n_ctx is 16, expected 12"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_folder_that_is_no_model_is_named(
    fault: str, folder: Path, loaded: Problem[Text], tmp_path: Path
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    change, message = FAULTS[fault]
    if isinstance(change, str):
        (copy / change).unlink()
    else:
        config = json.loads((copy / "config.json").read_text())
        (copy / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(CheckpointError, match=message) as error:
        load_hub(str(copy), "sorted_list")
    assert str(error.value).startswith(f"hub:{copy}: ")


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json"])
def test_damaged_files_are_named(
    file: str, folder: Path, loaded: Problem[Text], tmp_path: Path
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / file).write_text('{"')
    with pytest.raises(CheckpointError, match=r"config\.json or the tokenizer is damaged"):
        load_hub(str(copy), "sorted_list")


def test_code_in_its_pickle_is_refused_and_not_run(
    folder: Path, loaded: Problem[Text], tmp_path: Path
) -> None:
    copy, trace = shutil.copytree(folder, tmp_path / "copy"), tmp_path / "trace"

    class Payload:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (trace,)

    torch.save({"embed.W_E": Payload()}, copy / "SoLU_final.pth")
    with pytest.raises(CheckpointError, match=r"final\.pth: holds more than tensors, so it was"):
        load_hub(str(copy), "sorted_list")
    assert not trace.exists()


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "model"])
def test_a_folder_that_is_not_there(name: str) -> None:
    with pytest.raises(CheckpointError, match=f"hub:{name}: no such folder; .* OWNER/MODEL"):
        load_hub(name, "sorted_list", models=MODELS)
