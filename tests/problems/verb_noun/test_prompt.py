"""A text of one's own: what follows it, and which parts of the model say so."""

import re
from functools import partial
from pathlib import Path

import pytest

from analyses.__main__ import main
from analyses.instruments.attribution import logit_difference
from analyses.write_ups.prompting import completions, prompt, shares, worded
from models.card import Activation, read_card
from models.errors import PromptError
from models.hub import load_hub
from models.problem import Problem, load_problem
from models.task import Worded
from tests.models.folder import write_folder
from tests.problems.verb_noun.random_model import random_model, written

TEXT = "they swim in the"


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder such as `models/` that has the problem; a checkpoint lies there, too."""
    written(tmp_path)
    place = "analyses.write_ups.prompting"
    monkeypatch.setattr(f"{place}.load_problem", partial(load_problem, models=tmp_path))
    monkeypatch.setattr(f"{place}.load_hub", partial(load_hub, models=tmp_path))
    monkeypatch.setattr("analyses.write_ups.on_hub.load_hub", partial(load_hub, models=tmp_path))
    monkeypatch.setattr("analyses.write_ups.on_hub.read_card", partial(read_card, models=tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def added(line: str) -> float:
    """The number at the end of a row of a table."""
    return float(line.rstrip("│ ").split()[-1])


def test_a_language_has_words_and_lists_have_none(problem: Problem) -> None:
    assert isinstance(worded(random_model()), Worded)
    with pytest.raises(PromptError, match="sorted_list: its model reads no words"):
        prompt(problem, "1 2 3")


@pytest.mark.parametrize("act_fn", ["solu_ln", "gelu", None])
def test_what_the_parts_add_is_the_difference(act_fn: Activation | None) -> None:
    problem = random_model(act_fn)
    tokens = prompt(problem, TEXT)
    first, second, *others = completions(problem, tokens)
    assert len(others) == 6
    logits = problem.logits(tokens)[0, -1]
    assert logits.argsort(descending=True)[:2].tolist() == [first.token, second.token]
    assert first.probability == pytest.approx(float(logits.softmax(0)[first.token]))
    found = shares(problem, tokens, first.token, second.token)
    mlps = ["MLP 0"] if act_fn else []
    heads = [f"head 0.{number}" for number in range(8)]
    assert [share.part for share in found] == ["embedding", *heads, *mlps, "biases"]
    total = sum(share.adds for share in found)
    difference = logit_difference(logits, first.token, second.token)
    assert total == pytest.approx(float(difference), abs=1e-4)
    # START, they, swim, in, the.
    said = r"position (0, START|1, they|2, swim|3, in|4, the): [1-9]\d{1,2} %"
    assert all(re.fullmatch(said, share.reads) for share in found[1:9])


def test_the_command_shows_completions_and_attribution(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = models / "other.safetensors"
    arguments = ["verb_noun", "--prompt", TEXT, "--checkpoint", str(file)]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert not err
    problem = load_problem("verb_noun", file, "cpu", models=models)
    first, second, third, *_ = completions(problem, prompt(problem, TEXT))
    names = [problem.task.vocabulary[each.token] for each in (first, second, third)]
    assert f"What follows '{TEXT}'" in out
    (line,) = re.findall(rf"^│ {re.escape(names[0])} +│ .*$", out, re.MULTILINE)
    assert added(line) == pytest.approx(first.probability, abs=6e-5)
    assert f"Logit of {names[0]} less that of {names[1]}" in out
    rows = re.findall(r"^│ (?:embedding|head|MLP|biases).*$", out, re.MULTILINE)
    (together,) = re.findall(r"^│ together.*$", out, re.MULTILINE)
    assert len(rows) == 11
    assert sum(map(added, rows)) == pytest.approx(added(together), abs=0.01)
    assert main([*arguments, "--against", names[2]]) == 0
    assert f"Logit of {names[0]} less that of {names[2]}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--prompt", "they swimm in the"], r"the word 'swimm' is not in this .* are swim"),
        (["--prompt", "they dance"], r"the word 'dance' is not in this language"),
        (["--prompt", "they " * 30], r"has 30 words, expected at most"),
        (["--prompt", TEXT, "--against", "pol"], r"the word 'pol' is not in .* pool"),
    ],
)
def test_a_word_outside_the_language_is_named_with_near_ones(
    given: list[str], message: str, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verb_noun", "--checkpoint", str(models / "other.safetensors"), *given]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert re.match(f"PromptError: .*{message}", err)
    assert err.count("\n") == 1


def test_a_problem_without_words_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sorted_list", "--prompt", TEXT]) == 1
    assert capsys.readouterr().err.startswith("PromptError: sorted_list: its model reads no words")
    assert main(["sorted_list", "--checkpoint", "hub:some/model"]) == 1
    said = "CheckpointError: hub:some/model: a language model, and sorted_list has nothing to look"
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize(
    "arguments",
    [
        ["verb_noun", "--against", "pool"],
        ["verb_noun", "sorted_list", "--prompt", TEXT],
        ["verb_noun", "--prompt", TEXT, "--update"],
        ["verb_noun", "--checkpoint", "hub:some/model", "--rows", "wrapped"],
    ],
)
def test_options_that_do_not_go_together(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2
    assert "needs" in capsys.readouterr().err


def test_a_model_of_the_hub_is_prompted_and_asked_for_all_pairs(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(models / "model", ["swim", "pray", "dive", "in", "the", "pool", "church"])
    arguments = ["verb_noun", "--checkpoint", f"hub:{models / 'model'}"]
    assert main([*arguments, "--prompt", "They swim in the", "--against", "pool"]) == 0
    out = capsys.readouterr().out
    assert "What follows 'They swim in the'" in out
    assert "less that of ' pool'" in out
    assert main(arguments) == 0
    out = capsys.readouterr().out
    rows = re.findall(
        r"^│ They (\w+) in the +│ (\w+) +│ [01]\.\d{3} +│ (\d+) +│$", out, re.MULTILINE
    )
    assert [(verb, place) for verb, place, _ in rows] == [
        ("swim", "pool"),
        ("dive", "pool"),
        ("pray", "church"),
    ]
    right = sum(rank == "1" for *_, rank in rows)
    assert f"{right} of 3 places are at rank 1." in out
    assert "Left out, as they are not one token: worship, cook, bake," in out


def test_a_models_own_tokens_need_no_memory_of_all_neurons(models: Path) -> None:
    # Of every token, neuron and position at once there would be too many numbers for text.
    write_folder(models / "model", ["swim"])
    problem = load_hub(str(models / "model"), "verb_noun", models=models)
    tokens = prompt(problem, "They swim")
    logits = problem.logits(tokens)[0, -1]
    total = sum(share.adds for share in shares(problem, tokens, 3, 1))
    assert total == pytest.approx(float(logits[3] - logits[1]), abs=1e-4)
