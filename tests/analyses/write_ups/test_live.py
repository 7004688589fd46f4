"""What a page hands its live panel."""

import base64
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from analyses.write_ups import live as module
from analyses.write_ups.live import live
from analyses.write_ups.outputs import LIVE
from analyses.write_ups.products import committed_results
from analyses.write_ups.results import Results
from models import load
from models.problem import Problem

Shown = list[dict[str, Any]]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    found: Shown = []
    monkeypatch.setattr(module, "display", lambda data, raw: found.append(data))
    return found


@pytest.fixture(scope="module")
def problem() -> Problem[Any]:
    return load("cumulative_sum")


def unpacked(packed: dict[str, Any]) -> Tensor:
    values = np.frombuffer(base64.b64decode(packed["float32"]), "<f4").copy()
    return torch.from_numpy(values).reshape(packed["shape"])


def test_means_are_those_of_the_reference_position_by_position(
    problem: Problem[Any], shown: Shown
) -> None:
    reference = problem.task.sample(50, torch.Generator().manual_seed(1))
    live(problem, reference[:1], reference)
    means = shown[0][LIVE]["means"]
    _, cache = problem.model.run_with_cache(reference)
    assert means["n"] == 50
    assert set(means["values"]) == {
        "blocks.0.hook_resid_pre",
        "blocks.0.attn.hook_z",
        "blocks.0.mlp.hook_post",
        "blocks.0.hook_mlp_out",
    }
    for name, packed in means["values"].items():
        sent = unpacked(packed)
        torch.testing.assert_close(sent, cache[name].mean(dim=0), atol=1e-5, rtol=2**-15)
        assert not (sent.view(torch.int32) & 0xFF).any()


def test_an_attention_only_model_has_no_means_of_an_mlp(shown: Shown) -> None:
    sorted_list = load("sorted_list")
    reference = sorted_list.task.sample(5, torch.Generator().manual_seed(1))
    live(sorted_list, reference[:1], reference)
    assert set(shown[0][LIVE]["means"]["values"]) == {
        "blocks.0.hook_resid_pre",
        "blocks.0.attn.hook_z",
    }


def test_the_table_says_what_the_model_says(problem: Problem[Any], shown: Shown) -> None:
    worked = problem.task.encode([[0] * 20])
    live(problem, worked, worked)
    html = shown[0]["text/html"]
    assert html.count("<tr>") == 21
    said = problem.logits(worked)[0].argmax(dim=-1)
    for row, answer in zip(html.split("<tr>")[2:], said.tolist(), strict=True):
        assert f"<td>{problem.task.classes[answer]}</td>" in row
    assert shown[0][LIVE]["worked"] == worked[0].tolist()


def test_the_beginning_of_a_sentence_ends_with_what_has_no_right_answer_yet(shown: Shown) -> None:
    january = load("verb_noun")
    live(
        january,
        january.task.prompt("they swim in the"),
        january.task.sample(3, torch.Generator().manual_seed(1)),
    )
    last = shown[0]["text/html"].split("<tr>")[-1]
    assert last.startswith('<th scope="row">the</th><td>pool</td>') and "<td></td>" in last


def test_hardest_and_explanation_are_handed_on_if_they_are_given(
    problem: Problem[Any], shown: Shown
) -> None:
    explained = Results.read(committed_results("cumulative_sum")).explanations[0]
    reference = problem.task.sample(3, torch.Generator().manual_seed(1))
    live(problem, reference[:1], reference)
    live(problem, reference[:1], reference, reference[1:], explained, {"scale": torch.ones(2)})
    without, given = (each[LIVE] for each in shown)
    assert without["hardest"] is without["explanation"] is None
    assert given["hardest"] == reference[1:].tolist()
    assert given["explanation"]["name"] == explained.name
    assert unpacked(given["explanation"]["measured"]["scale"]).tolist() == [1, 1]


def test_the_panel_begins_with_one_sequence(problem: Problem[Any]) -> None:
    two = problem.task.sample(2, torch.Generator().manual_seed(1))
    with pytest.raises(ValueError, match="begins with one sequence, and 2 were given"):
        live(problem, two, two)
