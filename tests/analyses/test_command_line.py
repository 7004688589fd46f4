from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from analyses.__main__ import main, report
from analyses.write_ups.notebook import ROOT
from models.card import MODELS, slugs
from tests.analyses.records import finding, results

WEIGHTS = MODELS / "sorted_list" / "model.safetensors"
COMMITTED = ROOT / "analyses" / "sorted_list" / "results.json"


class Payload:
    """Creates a file when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.trace,)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a failing command says; nothing committed may change by it."""
    committed = COMMITTED.read_bytes()
    assert main(list(arguments)) == 1
    assert COMMITTED.read_bytes() == committed
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert said.out == ""
    return said.err


def test_an_unknown_slug_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    known = ", ".join(sorted(slugs()))
    expected = f"CardError: No problem is called 'november'; known problems: {known}.\n"
    assert complaint(capsys, "november") == expected
    assert complaint(capsys, "november", "--checkpoint", str(WEIGHTS)) == expected


def test_cuda_where_there_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = complaint(capsys, "sorted_list", "--checkpoint", str(WEIGHTS), "--device", "cuda")
    assert said.startswith("DeviceError: device 'cuda' was asked for, but PyTorch")
    assert "use --device cpu" in said


def test_a_checkpoint_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    said = complaint(capsys, "sorted_list", "--checkpoint", str(path))
    assert said == f"CheckpointError: {path}: no such file; give the path of a checkpoint.\n"


def test_a_pickle_with_code_is_refused_and_not_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, trace = tmp_path / "evil.pt", tmp_path / "trace"
    torch.save(load_file(WEIGHTS) | {"embed.W_E": Payload(trace)}, path)
    said = complaint(capsys, "sorted_list", "--checkpoint", str(path))
    assert "evil.pt: holds more than tensors, so it was refused and nothing in it was run" in said
    assert not trace.exists()


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_a_truncated_checkpoint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"cut.{suffix}"
    weights = load_file(WEIGHTS)
    if suffix == "pt":
        torch.save(weights, path)
    else:
        save_file(weights, path)
    path.write_bytes(path.read_bytes()[:100_000])
    said = complaint(capsys, "sorted_list", "--checkpoint", str(path))
    assert said.startswith(f"CheckpointError: {path}: not a whole ")
    assert "fetch it again" in said


def test_a_checkpoint_of_another_shape(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_file(load_file(WEIGHTS) | {"pos_embed.W_pos": torch.zeros(13, 96)}, path)
    said = complaint(capsys, "sorted_list", "--checkpoint", str(path))
    assert "a checkpoint of another shape: n_ctx is 13, expected 21" in said


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("embed.W_E", torch.tensor(1.0), r"is of shape [], expected the axes d_vocab d_model"),
        ("blocks.0.attn.b_O", torch.full((96,), torch.nan), "holds nan at [0], expected finite"),
        ("unembed.b_U", torch.zeros(52, dtype=torch.int64), "holds int64, expected one of"),
    ],
)
def test_a_checkpoint_with_an_odd_tensor(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, value: torch.Tensor, found: str
) -> None:
    path = tmp_path / "odd.safetensors"
    save_file(load_file(WEIGHTS) | {name: value}, path)
    said = complaint(capsys, "sorted_list", "--checkpoint", str(path))
    assert said.startswith(f"CheckpointError: {path}: {name} {found}")
    assert said.count("\n") == 1


def test_a_checkpoint_belongs_to_one_problem(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["sorted_list", "sorted_list", "--checkpoint", str(WEIGHTS)])
    assert error.value.code == 2
    assert "--checkpoint needs exactly one SLUG" in capsys.readouterr().err


def test_the_order_of_rows_is_that_of_a_checkpoint(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(["cumulative_sum", "--rows", "wrapped"])
    assert error.value.code == 2
    assert "--rows says how a checkpoint is read, so it needs" in capsys.readouterr().err


def test_there_is_nothing_to_choose_where_tokens_have_no_sign(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = complaint(capsys, "sorted_list", "--checkpoint", str(WEIGHTS), "--rows", "wrapped")
    assert said.startswith("CheckpointError: sorted_list: wrapped rows were asked for, but its")


def test_the_report_has_a_line_for_each_claim(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    claims = [finding(), finding(name="is_sure", verdict="fails", value=3.14159, threshold=0.05)]
    report(results(claims=claims))
    lines = capsys.readouterr().out.splitlines()
    (line,) = (line for line in lines if "is_sure" in line)
    assert [part.strip() for part in line.strip("│").split("│")] == [
        "is_sure",
        "3.142",
        "at least 0.05",
        "fails",
    ]
