"""The order in which a checkpoint of Cumulative Sum stores the embeddings of its numbers."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models import load
from models.card import MODELS, Rows, read_card, write_card
from models.checkpoint import unwrapped
from models.errors import CheckpointError
from models.problem import Problem, load_problem
from models.scoring import is_correct

WEIGHTS = MODELS / "cumulative_sum" / "model.safetensors"


@pytest.fixture(scope="module")
def committed() -> Problem:
    return load("cumulative_sum")


@pytest.fixture(scope="module")
def tokens(committed: Problem) -> Tensor:
    return committed.fresh(300, seed=1)


def wrapped() -> dict[str, Tensor]:
    """The committed weights as a model stores them that was trained on the numbers themselves."""
    weights = load_file(WEIGHTS)
    # From -5 .. 5 to 0 .. 5, -5 .. -1.
    return weights | {"embed.W_E": torch.roll(weights["embed.W_E"], -5, 0)}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Such a checkpoint as the state dict of a HookedTransformer, with its buffers."""
    buffers = {
        "blocks.0.attn.mask": torch.ones(20, 20, dtype=torch.bool).tril(),
        "blocks.0.attn.IGNORE": torch.tensor(-torch.inf),
    }
    torch.save(wrapped() | buffers, tmp_path / "old.pt")
    return tmp_path / "old.pt"


def accuracy(problem: Problem, tokens: Tensor) -> float:
    return float(is_correct(problem.task, problem.logits(tokens), tokens).double().mean())


def test_rows_are_brought_into_the_order_of_tokens() -> None:
    # A row holds the number it stands for.
    rows = torch.tensor([[0.0], [1.0], [2.0], [-2.0], [-1.0]])
    found = unwrapped({"embed.W_E": rows, "unembed.b_U": torch.ones(3)})
    assert found["embed.W_E"].flatten().tolist() == [-2, -1, 0, 1, 2]
    assert torch.equal(found["unembed.b_U"], torch.ones(3))


def test_a_wrapped_checkpoint_is_the_same_model(
    committed: Problem, tokens: Tensor, old: Path
) -> None:
    found = load("cumulative_sum", old, rows="wrapped")
    assert torch.equal(found.logits(tokens), committed.logits(tokens))
    assert found.sha256 != committed.sha256
    assert found.architecture == committed.architecture


@pytest.mark.parametrize("rows", [None, "ascending"])
def test_read_in_the_wrong_order_it_knows_nothing(
    committed: Problem, tokens: Tensor, old: Path, rows: Rows | None
) -> None:
    assert accuracy(committed, tokens) > 0.99
    assert accuracy(load("cumulative_sum", old, rows=rows), tokens) < 0.7


def test_the_card_says_the_order_unless_one_is_named(
    committed: Problem, tokens: Tensor, old: Path, tmp_path: Path
) -> None:
    card = read_card("cumulative_sum")
    assert card.embedding_rows == "ascending"
    (tmp_path / "cumulative_sum").mkdir()
    write_card(card.model_copy(update={"embedding_rows": "wrapped"}), tmp_path)
    found = load_problem("cumulative_sum", old, "cpu", tmp_path)
    assert torch.equal(found.logits(tokens), committed.logits(tokens))
    turned = load_problem("cumulative_sum", old, "cpu", tmp_path, rows="ascending")
    assert accuracy(turned, tokens) < 0.7


def test_there_is_nothing_to_choose_where_tokens_have_no_sign() -> None:
    assert read_card("sorted_list").embedding_rows is None
    path = MODELS / "sorted_list" / "model.safetensors"
    with pytest.raises(CheckpointError, match="sorted_list: ascending rows .* one order only"):
        load("sorted_list", path, rows="ascending")


def test_the_committed_checkpoint_lies_as_its_card_says() -> None:
    with pytest.raises(CheckpointError, match="cumulative_sum: wrapped rows .* name another"):
        load("cumulative_sum", rows="wrapped")


def test_neurons_and_no_layernorm_are_read_off_an_old_checkpoint(
    tokens: Tensor, tmp_path: Path
) -> None:
    weights = load_file(WEIGHTS)
    save_file(weights | {"ln_final.w": torch.ones(24)}, tmp_path / "normalised.safetensors")
    with pytest.raises(CheckpointError, match="normalization is LN, expected None"):
        load("cumulative_sum", tmp_path / "normalised.safetensors")
    kept = {name: tensor for name, tensor in weights.items() if ".mlp." not in name}
    save_file(kept, tmp_path / "attention.safetensors")
    with pytest.raises(CheckpointError, match="d_mlp is None, expected 8"):
        load("cumulative_sum", tmp_path / "attention.safetensors")
