"""Explanations of Sorted List as programs."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from analyses.evidence.explanations import Trial, put_to_the_test
from analyses.sorted_list import explanations
from analyses.sorted_list.explanations import EVERYTHING, EXPLANATIONS, attend, attend_to_one
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import architecture, made_of, shapes

LENGTH, TOP = 4, 30


def lists(problem: Problem[SortedList], n: int) -> Tensor:
    return problem.task.sample(n, torch.Generator().manual_seed(3))


@pytest.fixture(scope="module")
def without_positions() -> Iterator[Problem[SortedList]]:
    """A model to which all positions are alike, its tables written down finely."""
    task = SortedList(list_length=LENGTH, max_value=TOP)
    sizes = architecture(task)
    made = made_of(task, sizes, shapes(sizes))
    weights = dict(made.weights)
    # What the final LayerNorm adds is not divided by its scale, which the tables take as typical.
    for name in ("pos_embed.W_pos", "unembed.b_U", "ln_final.b"):
        weights[name] = torch.zeros_like(weights[name])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explanations, "STEP", 1e-6)
        # None of these models was trained on anything.
        patch.setattr(explanations, "evaluation", lists)
        yield made.with_weights(weights)


def test_where_positions_are_alike_everything_is_the_model(
    without_positions: Problem[SortedList],
) -> None:
    problem = without_positions
    trial = Trial.of(problem, {"random": lists(problem, 300)}, explanations.ablations(problem))
    agreed = {e.name: put_to_the_test(e, trial) for e in EXPLANATIONS}
    assert agreed["everything"].agreements[0].share > 0.999
    assert agreed["everything"].mistakes.share > 0.999
    assert agreed["everything"].foreseen_share > 0.99
    # The final LayerNorm's scale, which it takes as typical, orders margins a little otherwise.
    assert agreed["everything"].confidence is not None
    assert agreed["everything"].confidence.correlation > 0.8
    assert agreed["sorting"].foreseen_share < 0.1
    assert agreed["sink"].agreements[0].share < 0.99
    assert agreed["sorting"].mistakes.share == 0.0


def test_a_prediction_reads_nothing_that_comes_after(
    without_positions: Problem[SortedList],
) -> None:
    problem = without_positions
    tables = {name: explanations.tables(problem)[name] for name in EVERYTHING}
    tokens = lists(problem, 20)
    for label in range(LENGTH):
        changed = tokens.clone()
        changed[:, LENGTH + label + 1 :] = 0
        for program in (attend, attend_to_one):
            before, after = (program(t, tables, LENGTH, None)[:, label] for t in (tokens, changed))
            assert torch.equal(before, after)


def test_attending_to_one_by_hand() -> None:
    task = SortedList(list_length=2, max_value=2)
    tokens = task.encode([[2, 0]])
    # At SEP (3) the first head scores 2 highest, the second 0; at 0 both score 2 highest.
    score = torch.zeros(2, 4, 3)
    score[0, 3, 2] = score[1, 3, 0] = score[:, 0, 2] = 1.0
    # The first head makes 1 of what it attends to, the second, less strongly, copies.
    value = torch.zeros(2, 3, 4)
    value[0, :, 1] = 2.0
    value[1] = torch.eye(3, 4)
    tables = {"score": score, "value": value}
    assert attend_to_one(tokens, tables, 2, None).argmax(-1).tolist() == [[1, 1]]
    value[1] *= 5
    assert attend_to_one(tokens, tables, 2, None).argmax(-1).tolist() == [[0, 2]]


def test_attention_is_spread_by_hand() -> None:
    task = SortedList(list_length=2, max_value=2)
    tokens = task.encode([[2, 0]])
    score, value = torch.zeros(1, 4, 3), torch.zeros(1, 3, 4)
    # Twice as much attention goes to 2 as to 0, which writes three times as much.
    score[0, :, 2] = torch.tensor(2.0).log()
    value[0, 2, 2], value[0, 0, 0] = 1.0, 3.0
    assert attend(tokens, {"score": score, "value": value}, 2, None).argmax(-1).tolist() == [[0, 0]]
    direct = torch.zeros(4, 4)
    direct[3, 2] = 0.5
    tables = {"score": score, "value": value, "direct": direct}
    assert attend(tokens, tables, 2, None).argmax(-1).tolist() == [[2, 0]]


@pytest.mark.parametrize("explanation", EXPLANATIONS, ids=lambda explanation: explanation.name)
def test_every_explanation_answers_every_label(
    explanation: explanations.Explanation, without_positions: Problem[SortedList]
) -> None:
    program = explanation.program(without_positions)
    answers = program(lists(without_positions, 30))
    assert answers.shape == (30, LENGTH)
    assert answers.min() >= 0 and answers.max() < without_positions.task.d_vocab_out
