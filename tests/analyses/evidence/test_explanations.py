"""Explanations as programs: how they are scored, and what they weigh."""

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from analyses.evidence.explanations import (
    TOKEN_BITS,
    Explanation,
    Program,
    Trial,
    kept,
    put_to_the_test,
    size,
)
from analyses.instruments.ablation import mean_ablate
from analyses.instruments.heads import Head
from analyses.instruments.interventions import Intervention
from analyses.write_ups.explanations_table import explanations_table, interventions_table
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import architecture, made_of, shapes
from tests.analyses.records import agreement, explained


@pytest.fixture(scope="module")
def problem() -> Problem[SortedList]:
    task = SortedList(list_length=3, max_value=9)
    return made_of(task, architecture(task), shapes(architecture(task)))


@pytest.fixture(scope="module")
def lists(problem: Problem[SortedList]) -> Tensor:
    return problem.task.sample(60, torch.Generator().manual_seed(0))


def test_what_says_what_the_model_says_agrees_everywhere(
    problem: Problem[SortedList], lists: Tensor
) -> None:
    def model_itself(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
        return problem.logits(tokens)[:, problem.task.label_positions].argmax(dim=-1)

    def otherwise(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
        return problem.logits(tokens)[:, problem.task.label_positions].argmax(dim=-1) + 1

    inputs = {"random": lists, "fewer": lists[:40]}
    for predict, share in ((model_itself, 1.0), (otherwise, 0.0)):
        found = put_to_the_test(
            Explanation("itself", "It is itself.", lambda _, p=predict: Program(p)),
            Trial.of(problem, inputs),
        )
        assert [(a.inputs, a.share, a.n) for a in found.agreements] == [
            ("random", share, 60),
            ("fewer", share, 40),
        ]
        assert found.mistakes.share == share
        for interval in (a.interval for a in (*found.agreements, found.mistakes)):
            assert interval is not None
            assert interval[0] < interval[1]


def test_the_truth_never_agrees_with_mistakes(problem: Problem[SortedList], lists: Tensor) -> None:
    def truth(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
        return problem.task.answers(tokens)

    explanation = Explanation("truth", "It is right.", lambda _: Program(truth))
    found = put_to_the_test(explanation, Trial.of(problem, {"random": lists}))
    said = problem.logits(lists)[:, problem.task.label_positions].argmax(dim=-1)
    right = said == problem.task.answers(lists)
    assert found.agreements[0].share == pytest.approx(float(right.double().mean()))
    assert (found.mistakes.share, found.mistakes.n) == (0.0, int((~right).any(dim=1).sum()))


def test_a_model_without_mistakes_has_none_to_agree_with(
    problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch, lists: Tensor
) -> None:
    def truth(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
        return problem.task.answers(tokens)

    right = torch.nn.functional.one_hot(lists.roll(-1, dims=1), problem.task.d_vocab).float()
    monkeypatch.setattr(type(problem), "logits", lambda self, tokens: right)
    explanation = Explanation("truth", "It is right.", lambda _: Program(truth))
    found = put_to_the_test(explanation, Trial.of(problem, {"random": lists}))
    assert found.agreements[0].share == 1.0
    assert (found.mistakes.n, found.mistakes.interval) == (0, (0.0, 1.0))
    assert ">none</td>" in explanations_table([found], "x")


def test_what_knows_the_parts_foresees_what_happens_without_them(
    problem: Problem[SortedList], lists: Tensor
) -> None:
    asked = problem.task.label_positions

    def as_it_is(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
        return problem.logits(tokens)[:, asked]

    ablated = mean_ablate(problem, lists, Head(0, 0))[:, asked]

    def without_the_head(tokens: Tensor, tables: Mapping[str, Tensor], change: str) -> Tensor:
        assert change == "first"
        return ablated

    change = Intervention(
        "first", "head 0.0 mean ablated", lambda p, t: mean_ablate(p, t, Head(0, 0))
    )
    trial = Trial.of(problem, {"random": lists, "fewer": lists[:5]}, [change])
    before, after = problem.logits(lists)[:, asked].argmax(-1), ablated.argmax(-1)
    changed = int((before != after).sum())
    assert changed > 0
    knowing = put_to_the_test(
        Explanation("a", "A.", lambda _: Program(as_it_is, under=without_the_head)), trial
    )
    silent = put_to_the_test(Explanation("b", "B.", lambda _: Program(as_it_is)), trial)
    for found, stated, share in ((knowing, True, 1.0), (silent, False, 1 - changed / 180)):
        assert [f.intervention for f in found.foreseen] == ["first"]
        assert found.foreseen[0].stated == stated
        assert found.foreseen[0].share == pytest.approx(share)
        assert (found.foreseen[0].n, found.changed) == (180, changed)
    assert (knowing.foreseen_share, silent.foreseen_share) == (1.0, 0.0)
    # What it says of interventions is written down, and counts.
    assert knowing.bits > silent.bits
    html = interventions_table([knowing, silent], "Of interventions")
    assert "head 0.0 mean ablated" in html
    assert "<small>100 %</small>" in html
    # Who says nothing has no column.
    assert html.count('scope="col"') == 3


def test_confidence_is_compared_by_rank(problem: Problem[SortedList], lists: Tensor) -> None:
    asked = problem.task.label_positions

    def alike(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
        # A margin that is always larger, and ordered as the model's.
        return 3 * problem.logits(tokens)[:, asked]

    def opposite(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
        first, second = problem.logits(tokens)[:, asked].topk(2, dim=-1).values.unbind(-1)
        return torch.stack([1 / (first - second), torch.zeros_like(first)], dim=-1)

    trial = Trial.of(problem, {"random": lists})
    for predict, correlation in ((alike, 1.0), (opposite, -1.0)):
        found = put_to_the_test(
            Explanation("sure", "Sure.", lambda _, p=predict: Program(p)), trial
        )
        assert found.confidence is not None
        assert found.confidence.correlation == pytest.approx(correlation, abs=1e-3)


def test_where_everything_was_run_there_is_no_interval(
    problem: Problem[SortedList], lists: Tensor
) -> None:
    def truth(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
        return problem.task.answers(tokens)

    explanation = Explanation("truth", "It is right.", lambda _: Program(truth))
    trial = Trial.of(problem, {"all": lists, "some": lists[:7]}, exhaustive=True)
    found = put_to_the_test(explanation, trial)
    assert all(a.interval is None for a in (*found.agreements, found.mistakes))
    # Mistakes are counted once, though some inputs are asked twice.
    assert found.mistakes.n <= len(lists)
    assert found.confidence is None


def seven_tokens(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
    """Say what is not code."""
    # Nor is this.
    return tokens[:, 1]


def test_code_counts_ten_bits_a_token() -> None:
    assert size(Program(seven_tokens)) == 7 * TOKEN_BITS
    # return twice(tokens) + twice's own: return 2 * tokens
    assert size(Program(calling, calls=(twice,))) == (5 + 4) * TOKEN_BITS


def test_code_that_would_not_count_is_found() -> None:
    with pytest.raises(ValueError, match="calling calls twice, whose code would not count"):
        size(Program(calling))


def calling(tokens: Tensor, tables: Mapping[str, Tensor]) -> Tensor:
    return twice(tokens)


def twice(tokens: Tensor) -> Tensor:
    return 2 * tokens


@pytest.mark.parametrize(
    ("table", "bits"),
    [
        # One value needs no choice; four entries choose between two; six between five.
        (torch.zeros(9), 32),
        (torch.tensor([0.0, 1.0, 1.0, 0.0]), 4 * 1 + 2 * 32),
        (torch.tensor([[1, 2, 3], [4, 5, 1]]), 6 * 3 + 5 * 32),
    ],
)
def test_tables_count_their_entries_and_their_values(table: Tensor, bits: int) -> None:
    assert size(Program(seven_tokens, {"table": table})) == 70 + bits


def test_what_is_kept_coarsely_is_smaller_and_near() -> None:
    values = torch.randn(200, generator=torch.Generator().manual_seed(0))
    sizes = []
    for step in (0.01, 0.1, 1.0):
        assert (kept(values, step) - values).abs().max() <= step / 2 + 1e-6
        sizes.append(size(Program(seven_tokens, {"table": kept(values, step)})))
    assert sizes == sorted(sizes, reverse=True)


def test_the_worst_is_where_it_agrees_least() -> None:
    agreements = [agreement(), agreement(inputs="gap", share=0.2), agreement(inputs="high")]
    assert explained(agreements=agreements).worst.inputs == "gap"
