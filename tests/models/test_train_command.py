import pytest
import torch

from models import train


def test_an_unknown_slug_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main(["november"]) == 1
    shown = capsys.readouterr().err
    assert "No problem is called 'november'" in shown
    assert "sorted_list" in shown
    assert "Traceback" not in shown


def test_cuda_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert train.main(["sorted_list", "--device", "cuda"]) == 1
    assert "'cuda' was asked for" in capsys.readouterr().err


def test_an_interrupted_run_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train", interrupted)
    assert train.main(["sorted_list"]) == 130
    assert "run it again to go on" in capsys.readouterr().err
