from collections.abc import Callable

import pytest
import torch

from models import train
from models.card import Card, read_card
from models.errors import TrainingError


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
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train", interrupted)
    assert train.main(["sorted_list"]) == 130
    shown = capsys.readouterr().err
    assert "run it again to go on" in shown
    assert "nox -s train -- sorted_list --publish" in shown


@pytest.mark.parametrize(
    ("option", "called", "restart"),
    [([], "train", False), (["--restart"], "train", True), (["--publish"], "publish", None)],
)
def test_what_an_option_asks_for(
    monkeypatch: pytest.MonkeyPatch, option: list[str], called: str, restart: bool | None
) -> None:
    asked: list[tuple[str, object]] = []
    card = read_card("sorted_list")

    def instead(name: str) -> Callable[..., Card]:
        def note(*_: object, restart: bool | None = None) -> Card:
            asked.append((name, restart))
            return card

        return note

    monkeypatch.setattr(train, "train", instead("train"))
    monkeypatch.setattr(train, "publish_unfinished", instead("publish"))
    assert train.main(["sorted_list", *option]) == 0
    assert asked == [(called, restart)]


def test_a_run_that_cannot_be_taken_up_is_an_error_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def other_recipe(*_: object, **__: object) -> None:
        raise TrainingError("epochs was 15, is 40")

    monkeypatch.setattr(train, "train", other_recipe)
    assert train.main(["sorted_list"]) == 1
    assert capsys.readouterr().err == "TrainingError: epochs was 15, is 40\n"
