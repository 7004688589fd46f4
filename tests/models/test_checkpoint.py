import io
import json
import pickle
import re
import struct
import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from models import checkpoint, load
from models.card import MODELS, Activation, Architecture, read_card
from models.checkpoint import CheckpointError
from models.plain import PlainTransformer
from models.problem import DeviceError, Problem, load_problem
from models.transformer import initialise

COMMITTED = MODELS / "sorted_list" / "model.safetensors"


class Payload:
    """Creates a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.trace,)


@pytest.fixture
def weights() -> dict[str, Tensor]:
    return load_file(COMMITTED)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder such as `models/` with a copy of the October problem."""
    folder = tmp_path / "sorted_list"
    folder.mkdir()
    for name in ("card.json", "model.safetensors"):
        (folder / name).write_bytes((MODELS / "sorted_list" / name).read_bytes())
    return tmp_path


def legacy(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """As HookedTransformer saved a model of 21 positions, buffers included."""
    mask = torch.ones(21, 21, dtype=torch.bool).tril()
    return weights | {
        "blocks.0.attn.mask": mask,
        "blocks.0.attn.IGNORE": torch.tensor(-1e5),
    }


def test_loading_gives_model_task_and_card(problem: Problem) -> None:
    assert problem.card == read_card("sorted_list")
    assert problem.card.weights is not None
    assert problem.sha256 == problem.card.weights.sha256
    assert problem.architecture == problem.card.architecture
    tokens = problem.task.sample(3, torch.Generator().manual_seed(0))
    assert problem.logits(tokens).shape == (3, 21, 52)


def test_the_committed_checkpoint_does_the_task_as_its_card_says(problem: Problem) -> None:
    from models.scoring import is_correct, loss

    expected = problem.card.expected
    assert expected is not None
    tokens = problem.fresh(expected.n_sequences, seed=2_000_003)
    logits = problem.logits(tokens)
    accuracy = float(is_correct(problem.task, logits, tokens).double().mean())
    nats = float(loss(problem.task, logits, tokens))
    assert accuracy >= 0.995
    assert nats <= 0.05
    # 100,000 predictions at 99.8 %: standard error 0.014 %.
    assert accuracy == pytest.approx(expected.accuracy, abs=1e-3)
    assert nats == pytest.approx(expected.loss, abs=5e-3)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_hooked_transformer_state_dict_is_the_same_model(
    problem: Problem, weights: dict[str, Tensor], tmp_path: Path, zipped: bool
) -> None:
    torch.save(legacy(weights), tmp_path / "old.pt", _use_new_zipfile_serialization=zipped)
    old = load("sorted_list", checkpoint=tmp_path / "old.pt")
    tokens = problem.fresh(50, seed=1)
    assert torch.equal(old.logits(tokens), problem.logits(tokens))
    assert old.sha256 != problem.sha256


def test_safetensors_may_hold_the_old_buffers_too(
    problem: Problem, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    save_file(legacy(weights), tmp_path / "old.safetensors")
    old = load("sorted_list", checkpoint=str(tmp_path / "old.safetensors"))
    tokens = problem.fresh(50, seed=1)
    assert torch.equal(old.logits(tokens), problem.logits(tokens))


def test_weights_are_read_as_they_were_written(weights: dict[str, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "copy.safetensors"
    checkpoint.write(
        {name: tensor.mT.mT if tensor.ndim > 1 else tensor for name, tensor in weights.items()},
        path,
    )
    again = checkpoint.read(path)
    assert again.keys() == weights.keys()
    assert all(torch.equal(again[name], weights[name]) for name in weights)


def test_a_problem_of_no_such_name() -> None:
    with pytest.raises(ValueError, match=r"No problem is called 'november'.*sorted_list"):
        load("november")


def test_a_tampered_checkpoint_is_refused(copied: Path) -> None:
    path = copied / "sorted_list" / "model.safetensors"
    weights = load_file(path)
    weights["embed.W_E"][3, 5] += 1e-6
    save_file(weights, path)
    with pytest.raises(CheckpointError, match=r"sha256 is [0-9a-f]{64}, the card says .*restore"):
        load_problem("sorted_list", None, "cpu", copied)


def test_a_missing_checkpoint_is_named(copied: Path) -> None:
    (copied / "sorted_list" / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"model\.safetensors: no such file"):
        load_problem("sorted_list", None, "cpu", copied)


def test_a_problem_without_a_checkpoint_says_how_to_train_it(small_models: Path) -> None:
    (small_models / "small").rename(small_models / "sorted_list")
    card = small_models / "sorted_list" / "card.json"
    card.write_text(card.read_text().replace('"slug": "small"', '"slug": "sorted_list"'))
    with pytest.raises(CheckpointError, match="no checkpoint yet; train it"):
        load_problem("sorted_list", None, "cpu", small_models)


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_checkpoint_is_refused(
    weights: dict[str, Tensor], tmp_path: Path, suffix: str, share: float
) -> None:
    path = tmp_path / f"cut.{suffix}"
    if suffix == "pt":
        torch.save(weights, path)
    else:
        save_file(weights, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(CheckpointError, match=rf"cut\.{suffix}: .*fetch it again"):
        checkpoint.read(path)


@pytest.mark.parametrize("name", ["notes.safetensors", "notes.pt", "notes.pth", "notes.txt"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("These are notes, not weights.\n")
    with pytest.raises(CheckpointError, match=name):
        checkpoint.read(path)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("suffix", ["pt", "pth", "safetensors", "bin"])
def test_code_in_a_pickle_is_refused_and_not_run(
    weights: dict[str, Tensor], tmp_path: Path, suffix: str, zipped: bool
) -> None:
    trace, path = tmp_path / "trace", tmp_path / f"evil.{suffix}"
    evil = weights | {"embed.W_E": Payload(trace)}
    torch.save(evil, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=rf"evil\.{suffix}"):
        checkpoint.read(path)
    assert not trace.exists()


def test_a_bare_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "evil.pt"
    path.write_bytes(pickle.dumps(Payload(trace), protocol=2))
    with pytest.raises(CheckpointError, match=r"evil\.pt: .*refused and nothing in it was run"):
        checkpoint.read(path)
    assert not trace.exists()


def test_the_payload_of_these_tests_would_leave_a_trace(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "trace")))
    assert (tmp_path / "trace").exists()


@pytest.mark.parametrize(
    ("saved", "found"),
    [
        ([torch.zeros(2)], "list"),
        (torch.zeros(2), "Tensor"),
        ({"a": 1}, "dict with int under a"),
        ({0: torch.zeros(2)}, "dict with keys of type int"),
        ({("a", 1): torch.zeros(2)}, "dict with keys of type tuple"),
        ({b"a": torch.zeros(2)}, "dict with keys of type bytes"),
        ({"model": {"a": torch.zeros(2)}, "epoch": 3}, "dict with dict under model"),
        ({"a\x1b[2J": None}, r"dict with NoneType under a\\x1b\[2J;"),
    ],
)
def test_a_file_of_tensors_that_is_no_state_dict(tmp_path: Path, saved: object, found: str) -> None:
    torch.save(saved, tmp_path / "other.pt")
    with pytest.raises(CheckpointError, match=f"expected a state dict .*found {found}"):
        checkpoint.read(tmp_path / "other.pt")


def saved(weights: Any, path: Path) -> Path:
    """Write a file of the format that its suffix names."""
    if path.suffix == ".safetensors":
        save_file(weights, path)
    else:
        torch.save(weights, path)
    return path


def with_one(tensor: Tensor, value: float) -> Tensor:
    tensor = tensor.clone()
    tensor.view(-1)[5] = value
    return tensor


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
@pytest.mark.parametrize("name", ["embed.W_E", "blocks.0.attn.b_O", "ln_final.w", "unembed.b_U"])
@pytest.mark.parametrize(
    ("spoiled", "found"),
    [
        (lambda tensor: with_one(tensor, torch.nan), r"holds nan at \[(0, )?5\], .*\(1 of its"),
        (lambda tensor: with_one(tensor, torch.inf), "holds inf at .*expected finite numbers"),
        (lambda tensor: with_one(tensor, -torch.inf), "holds -inf at"),
        (lambda tensor: with_one(tensor.double(), 1e300), r"holds 1e\+300 at .*of float32"),
        (lambda tensor: tensor.long(), "holds int64, expected one of float32, float64, float16"),
        (lambda tensor: tensor > 0, "holds bool, expected one of"),
        (lambda tensor: tensor.to(torch.uint8), "holds uint8, expected one of"),
        (lambda tensor: tensor.to(torch.complex64), "holds complex64, expected one of"),
        (lambda tensor: tensor.to(torch.float8_e4m3fn), "holds float8_e4m3fn, expected one of"),
        (lambda tensor: tensor[:0], r"is empty, of shape \[0"),
    ],
)
def test_what_is_no_finite_floating_point_tensor_is_refused(
    weights: dict[str, Tensor],
    tmp_path: Path,
    suffix: str,
    name: str,
    spoiled: Callable[[Tensor], Tensor],
    found: str,
) -> None:
    path = saved(weights | {name: spoiled(weights[name])}, tmp_path / f"odd.{suffix}")
    with pytest.raises(CheckpointError, match=rf"odd\.{suffix}: {re.escape(name)} {found}"):
        load("sorted_list", checkpoint=path)


# Torch warns of its own storages when it reads some of these.
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda: torch.eye(3).to_sparse(), "is sparse, expected a dense tensor"),
        (lambda: torch.eye(3).to_sparse_csr(), "is sparse, expected a dense tensor"),
        (lambda: torch.quantize_per_tensor(torch.eye(3), 0.1, 0, torch.qint8), "is quantised"),
        (lambda: torch.empty(3, 3, device="meta"), r"is a tensor without its numbers \(meta\)"),
        (
            lambda: torch.zeros(1).expand(10**6, 10**6, 3),
            "repeats fewer numbers than that; save it whole",
        ),
    ],
)
def test_what_only_a_pt_file_can_hold_is_refused(
    weights: dict[str, Tensor], tmp_path: Path, make: Callable[[], Tensor], found: str
) -> None:
    path = saved(weights | {"embed.W_E": make()}, tmp_path / "odd.pt")
    with pytest.raises(CheckpointError, match=rf"odd\.pt: embed\.W_E .*{found}"):
        load("sorted_list", checkpoint=path)


def of_one_number(dtype: str) -> bytes:
    """A safetensors file with one tensor of four bytes."""
    entry = {"dtype": dtype, "shape": [4], "data_offsets": [0, 4]}
    header = json.dumps({"embed.W_E": entry}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


@pytest.mark.parametrize(
    "dtype", ["F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F4", "F6_E2M3", "I8", "F128"]
)
def test_what_torch_may_not_know_is_refused(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "odd.safetensors"
    path.write_bytes(of_one_number(dtype))
    with pytest.raises(CheckpointError, match=r"odd\.safetensors: "):
        checkpoint.read(path)


@pytest.mark.parametrize("zipped", [True, False])
@given(flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1))
def test_a_damaged_file_is_refused_or_gives_tensors(
    zipped: bool, flips: list[tuple[float, int]]
) -> None:
    file = io.BytesIO()
    torch.save({"a": torch.ones(2)}, file, _use_new_zipfile_serialization=zipped)
    damaged = bytearray(file.getvalue())
    for place, value in flips:
        damaged[int(place * len(damaged))] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flipped.pt"
        path.write_bytes(damaged)
        try:
            read = checkpoint.read(path)
        except CheckpointError as error:
            assert "flipped.pt: " in str(error)
        else:
            assert all(tensor.isfinite().all() for tensor in read.values())


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
@pytest.mark.parametrize(
    ("dtypes", "names", "how"),
    [
        ([torch.float16], "float16", "converted to"),
        ([torch.bfloat16], "bfloat16", "converted to"),
        ([torch.float64], "float64", "rounded to"),
        ([torch.float32, torch.bfloat16, torch.float16], "bfloat16 and float16", "converted to"),
    ],
)
def test_other_precisions_are_converted_and_said(
    problem: Problem,
    weights: dict[str, Tensor],
    tmp_path: Path,
    suffix: str,
    dtypes: list[torch.dtype],
    names: str,
    how: str,
) -> None:
    stored = {
        name: tensor.to(dtype)
        for (name, tensor), dtype in zip(weights.items(), cycle(dtypes), strict=False)
    }
    found = load("sorted_list", checkpoint=saved(stored, tmp_path / f"other.{suffix}"))
    assert {tensor.dtype for tensor in found.weights.values()} == {torch.float32}
    assert all(torch.equal(found.weights[name], stored[name].float()) for name in stored)
    assert found.conversion is not None
    assert f"stored in {names}. Its weights were {how} float32" in found.conversion
    tokens = problem.fresh(50, seed=1)
    torch.testing.assert_close(found.logits(tokens), problem.logits(tokens), atol=1, rtol=0)


def test_of_single_precision_nothing_is_said(problem: Problem, tmp_path: Path) -> None:
    assert problem.conversion is None
    path = saved(problem.weights, tmp_path / "same.pt")
    assert load("sorted_list", checkpoint=path).conversion is None


def test_tensors_may_lie_in_any_order_and_ask_for_gradients(
    problem: Problem, weights: dict[str, Tensor], tmp_path: Path
) -> None:
    turned = {
        name: torch.nn.Parameter(tensor.mT.contiguous().mT if tensor.ndim > 1 else tensor)
        for name, tensor in weights.items()
    }
    assert not turned["embed.W_E"].is_contiguous()
    found = load("sorted_list", checkpoint=saved(turned, tmp_path / "turned.pt"))
    assert not any(tensor.requires_grad for tensor in found.weights.values())
    tokens = problem.fresh(50, seed=1)
    assert torch.equal(found.logits(tokens), problem.logits(tokens))


SHAPES = {name: tuple(tensor.shape) for name, tensor in load_file(COMMITTED).items()}


@pytest.mark.parametrize("suffix", ["safetensors", "pt"])
@given(name=st.sampled_from(sorted(SHAPES)), shape=st.lists(st.integers(1, 3), max_size=5))
def test_a_tensor_of_any_other_shape_is_refused(suffix: str, name: str, shape: list[int]) -> None:
    weights = load_file(COMMITTED) | {name: torch.ones(shape)}
    with tempfile.TemporaryDirectory() as folder:
        path = saved(weights, Path(folder) / f"other.{suffix}")
        with pytest.raises(CheckpointError, match=rf"other\.{suffix}: ") as error:
            load("sorted_list", checkpoint=path)
    # A matrix that sizes are read from makes other tensors the odd ones.
    read_from = name in ("embed.W_E", "pos_embed.W_pos", "unembed.W_U", "blocks.0.attn.W_Q")
    assert name in str(error.value) or (read_from and len(shape) == len(SHAPES[name]))


@given(
    change=st.dictionaries(
        st.text() | st.from_regex(r"blocks\.[0-9]+\.(attn|mlp)\.\w+", fullmatch=True),
        st.lists(st.integers(0, 2), max_size=4),
        min_size=1,
    )
)
def test_names_that_no_such_model_has_are_refused(change: dict[str, list[int]]) -> None:
    weights = load_file(COMMITTED) | {name: torch.ones(shape) for name, shape in change.items()}
    with pytest.raises(CheckpointError) as error:
        checkpoint.architecture_of(weights, read_card("sorted_list").architecture, "other.pt")
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 1500


def test_a_number_of_blocks_that_no_integer_holds(
    weights: dict[str, Tensor], tmp_path: Path
) -> None:
    weights[f"blocks.{'9' * 5000}.ln1.w"] = torch.ones(96)
    with pytest.raises(CheckpointError, match=r"blocks\.9+ is none of its names"):
        load("sorted_list", checkpoint=saved(weights, tmp_path / "other.pt"))


def test_sizes_that_do_not_fit_each_other_make_no_model(
    weights: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.problem.with_weights", None)
    # An embedding of this width and so many tokens would not fit into memory.
    path = saved(weights | {"blocks.0.attn.W_Q": torch.ones(1, 10**6, 1)}, tmp_path / "wide.pt")
    with pytest.raises(
        CheckpointError, match=r"W_O is of shape \[2, 48, 96\], expected \[1, 1, 1000000\]"
    ):
        load("sorted_list", checkpoint=path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"embed.W_E": torch.tensor(1.0)}, r"embed\.W_E is of shape \[\], .* d_vocab d_model"),
        ({"embed.W_E": torch.zeros(52)}, r"embed\.W_E is of shape \[52\], .* d_vocab d_model"),
        (
            {"blocks.0.attn.W_Q": torch.zeros(96, 96)},
            r"attn\.W_Q is of shape \[96, 96\], expected the axes n_heads d_model d_head",
        ),
        ({"unembed.b_U": torch.tensor(1.0)}, r"unembed\.b_U is of shape \[\], expected \[52\]"),
        ({"blocks.0.attn.W_V": torch.zeros(96, 96)}, r"expected \[2, 96, 48\], n_heads d_model"),
        ({"embed.W_E": torch.zeros(60, 96)}, "d_vocab is 60, expected 52"),
        ({"pos_embed.W_pos": torch.zeros(13, 96)}, "n_ctx is 13, expected 21"),
        ({"unembed.W_U": torch.zeros(96, 2)}, "d_vocab_out is 2, expected 52"),
        ({"blocks.1.attn.W_Q": torch.zeros(2, 96, 48)}, "n_layers is 2, expected 1"),
        ({"blocks.0.mlp.W_in": torch.zeros(96, 384)}, "d_mlp is 384, expected None"),
        ({"blocks.0.attn.W_K": torch.zeros(2, 96, 32)}, "not the weights of this architecture"),
        ({"blocks.0.attn.gate": torch.zeros(3)}, "not the weights of this architecture"),
    ],
)
def test_a_checkpoint_of_another_shape_says_what_was_expected(
    weights: dict[str, Tensor], tmp_path: Path, change: dict[str, Tensor], message: str
) -> None:
    save_file(weights | change, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match=message):
        load("sorted_list", checkpoint=tmp_path / "other.safetensors")


@pytest.mark.parametrize(
    "name", ["embed.W_E", "blocks.0.attn.W_Q", "blocks.0.attn.W_O", "ln_final.w", "unembed.b_U"]
)
def test_a_checkpoint_that_lacks_a_tensor_is_refused(
    weights: dict[str, Tensor], tmp_path: Path, name: str
) -> None:
    del weights[name]
    save_file(weights, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError):
        load("sorted_list", checkpoint=tmp_path / "other.safetensors")


def test_a_checkpoint_that_shares_no_name_shows_some(tmp_path: Path) -> None:
    save_file({"fc.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match=r"embed\.W_E.* missing; .*found fc\.weight"):
        load("sorted_list", checkpoint=tmp_path / "other.safetensors")


def test_sizes_that_the_task_leaves_open_are_read_off_the_tensors(tmp_path: Path) -> None:
    card = read_card("sorted_list")
    wider = card.architecture.model_copy(update={"n_heads": 3, "d_model": 40, "d_head": 10})
    state = initialise(wider, 1, torch.device("cpu")).state_dict()
    checkpoint.write(checkpoint.named(state, 3), tmp_path / "wider.safetensors")
    other = load("sorted_list", checkpoint=tmp_path / "wider.safetensors")
    assert other.architecture == wider
    assert other.logits(other.fresh(2, seed=1)).shape == (2, 21, 52)


def twin(act_fn: Activation | None) -> tuple[Architecture, dict[str, Tensor]]:
    """What October's task would be done with by a model with neurons, or by one without."""
    sizes = read_card("sorted_list").architecture.model_copy(update={"d_mlp": 6})
    sizes = sizes.with_activation(act_fn)
    state = initialise(sizes, 1, torch.device("cpu")).state_dict()
    return sizes, checkpoint.named(state, sizes.n_heads)


@pytest.mark.parametrize("act_fn", ["relu", "gelu", "solu_ln", None])
def test_a_model_of_another_architecture_behind_the_same_task(
    act_fn: Activation | None, problem: Problem, tmp_path: Path
) -> None:
    sizes, weights = twin(act_fn)
    # Width and neurons are read off the tensors.
    said = sizes.model_copy(update={"d_mlp": sizes.d_mlp and 99, "d_head": 3})
    checkpoint.write(weights, tmp_path / "twin.safetensors")
    loaded = load("sorted_list", checkpoint=tmp_path / "twin.safetensors", architecture=said)
    put = problem.with_weights(weights, architecture=said)
    tokens = problem.fresh(3, seed=1)
    with torch.no_grad():
        expected = PlainTransformer(weights, sizes)(tokens).log_softmax(-1)
    for found in (loaded, put):
        assert found.architecture == sizes
        assert (found.card, found.task) == (problem.card, problem.task)
        torch.testing.assert_close(
            found.logits(tokens).log_softmax(-1), expected, atol=1e-4, rtol=0
        )
    assert put.untrained(3).architecture == sizes
    if act_fn:
        with pytest.raises(CheckpointError, match="d_mlp is 6, expected None"):
            load("sorted_list", checkpoint=tmp_path / "twin.safetensors")
        with pytest.raises(CheckpointError, match="d_mlp is 6, expected None"):
            problem.with_weights(weights, architecture=sizes.with_activation(None))


@pytest.mark.parametrize(
    ("of", "said", "message"),
    [
        ("solu_ln", "gelu", r"has a LayerNorm behind the activation .* expected none, .* is gelu"),
        ("relu", "solu_ln", r"has no LayerNorm behind the .* expected one, as act_fn is solu_ln"),
    ],
)
def test_the_layernorm_of_a_solu_belongs_to_its_activation(
    of: Activation, said: Activation, message: str, problem: Problem
) -> None:
    sizes, weights = twin(of)
    with pytest.raises(CheckpointError, match=message):
        problem.with_weights(weights, architecture=sizes.with_activation(said))
    if of == "solu_ln":
        del weights["blocks.0.mlp.ln.b"]
        with pytest.raises(CheckpointError, match=r"blocks\.0\.mlp\.ln\.b is missing"):
            problem.with_weights(weights, architecture=sizes)


def test_an_attention_only_model_has_no_activation() -> None:
    with pytest.raises(ValueError, match="gelu was asked of a model without an MLP"):
        read_card("sorted_list").architecture.with_activation("gelu")


def test_cuda_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match=r"'cuda' was asked for.*use --device cpu"):
        load("sorted_list", device="cuda")


@pytest.mark.gpu
def test_logits_are_the_same_on_a_gpu(problem: Problem) -> None:
    tokens = problem.fresh(200, seed=1)
    there = load("sorted_list", device="cuda").logits(tokens)
    torch.testing.assert_close(there.cpu(), problem.logits(tokens), atol=1e-3, rtol=0)


def test_an_untrained_model_is_no_better_than_a_guess(problem: Problem) -> None:
    untrained = problem.untrained(seed=1)
    tokens = untrained.fresh(200, seed=1)
    correct = untrained.logits(tokens)[:, 10:20].argmax(-1) == problem.task.answers(tokens)
    assert float(correct.float().mean()) < 0.1
    assert untrained.sha256 is None
