import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analyses.instruments.attention import label_patterns
from analyses.instruments.attribution import Attribution, direct_logit_attribution
from analyses.sorted_list import describe
from analyses.sorted_list.triples import TripleEffects, locate
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.analyses.problems import answering

OCTOBER = SortedList()


def copying(heads: list[int]) -> torch.Tensor:
    """Full OV circuits in which each value is copied by the head given."""
    ov = torch.zeros(2, len(heads), len(heads))
    for value, head in enumerate(heads):
        ov[head, value, value] = 1
    return ov


@pytest.mark.parametrize(
    ("values", "text"),
    [([], ""), ([3], "3"), ([3, 4], "3–4"), ([0, 1, 2, 7, 9, 10, 50], "0–2, 7, 9–10, 50")],
)
def test_ranges(values: list[int], text: str) -> None:
    assert describe.ranges(values) == text


@given(st.sets(st.integers(0, 50)).map(sorted))
def test_ranges_can_be_read_back(values: list[int]) -> None:
    read: list[int] = []
    for part in filter(None, describe.ranges(values).split(", ")):
        first, _, last = part.partition("–")
        read += range(int(first), int(last or first) + 1)
    assert read == values


def test_which_head_copies_what(problem: Problem[SortedList]) -> None:
    text = describe.copied_ranges(problem, copying([1, 0, 0, 1, 1, 0]))
    assert text == "head 0.0 copies 1–2, 5; head 0.1 copies 0, 3–4"
    text = describe.copied_ranges(problem, copying([1, 1, 1]))
    assert text == "head 0.0 copies none; head 0.1 copies 0–2"


def test_mistakes_of_hand_made_predictions(problem: Problem[SortedList]) -> None:
    fake = answering(problem, lambda tokens: torch.where(tokens >= 50, 0, tokens + 1))
    lists = [[*range(10)], [5, *range(9)], [9, 8, 7, 6, 5, 4, 3, 2, 0, 30], [*range(40, 50)]]
    lists[1][0] = 50
    assert describe.mistakes(fake, OCTOBER.encode(lists)) == [
        ["0, 1, 2, 3, 4, 5, 6, 7, 8, 9", "none", "", ""],
        ["0, 1, 2, 3, 4, 5, 6, 7, 8, 50", "9 at 8", 50, 1],
        ["0, 2, 3, 4, 5, 6, 7, 8, 9, 30", "1 at 0", 2, 2],
        ["40, 41, 42, 43, 44, 45, 46, 47, 48, 49", "0 at SEP", 40, 1],
    ]


def test_before_the_widest_gap_of_each_list(problem: Problem[SortedList]) -> None:
    values = [[48, *range(39, 48)], [0, *range(40, 49)], [*range(1, 6), 30, 31, 32, 49, 50]]
    values[0][0] = 50  # The widest gap is the last one, and the query b9.
    tokens = OCTOBER.encode(values)
    found = describe.before_widest_gap(problem, tokens)
    logits = problem.logits(tokens)
    seen = label_patterns(problem, tokens)
    for row, (label, asking, answer) in enumerate([(9, 47, 50), (1, 0, 40), (5, 5, 30)]):
        likely = logits[row, OCTOBER.list_length + label].softmax(dim=-1)[answer]
        assert found[row].likely == pytest.approx(float(likely), rel=1e-4)
        paid = seen[row, :, label, tokens[row] == asking].sum(dim=-1).max()
        assert found[row].to_itself == pytest.approx(float(paid), rel=1e-4)


def test_a_predicted_sep_is_called_by_its_name(problem: Problem[SortedList]) -> None:
    fake = answering(problem, lambda tokens: torch.full_like(tokens, 51))
    (row,) = describe.mistakes(fake, OCTOBER.encode([[*range(10)]]))
    assert row[1:] == ["SEP at SEP", 0, 10]


def planted_effects(monkeypatch: pytest.MonkeyPatch) -> TripleEffects:
    """Effects of one list with planted shares: seen from head 0.1, and turned from head 0.0."""
    six = SortedList(list_length=6, max_value=50)
    shares = torch.tensor([[2.0, 0.25, -1.0, -0.5, 0.75, 0.125]])
    monkeypatch.setattr(
        describe,
        "favours",
        lambda problem, effects, head: shares if head == 1 else shares[:, [2, 3, 0, 1, 4, 5]],
    )
    monkeypatch.setattr(
        describe,
        "right_without",
        lambda problem, effects, head, ablated: torch.tensor([2 not in ablated]),
    )
    return TripleEffects(
        triples=locate(six, six.encode([[9, 4, 30, 5, 3, 0]]), torch.tensor([[3, 4, 5]])),
        attention=torch.tensor([[[0.1, 0.2], [0.25, 0.5]]]),
        moved=torch.zeros(1, 2, 2, 2),
        sources=torch.zeros(1, 2, 4),
        rest=torch.zeros(1, 2, 4),
        direct=torch.zeros(1, 4),
        biases=torch.zeros(4),
        final_scale=torch.ones(1),
    )


def test_rows_about_triples(problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch) -> None:
    (row,) = describe.triple_rows(problem, planted_effects(monkeypatch), torch.tensor([0]))
    assert row == [
        "3, 4, 5",
        "0.1: 0.25 / 0.50",
        "0.0",
        "+2.00",
        "-1.00",
        "-0.25",
        "+0.88",
        "+1.62",
        "y",
    ]


def test_rows_about_parts(problem: Problem[SortedList], monkeypatch: pytest.MonkeyPatch) -> None:
    effects = planted_effects(monkeypatch)
    rows = describe.part_rows(problem, effects, torch.tensor([0]), "head at hand")
    assert rows[0] == ["head at hand, from y and z", "-1.00", "0 %", "100 %"]
    assert rows[2] == ["other head, from y and z", "+2.00", "100 %", "0 %"]
    assert rows[-1] == ["all, nothing ablated", "+1.62", "100 %", "100 %"]
    assert len(rows) == 7


def test_where_scores_are_largest(problem: Problem[SortedList]) -> None:
    scores = torch.tensor([[1.0, 3.0, 2.0], [5.0, 3.0, 4.0]])
    text = describe.peaks(problem, scores, torch.tensor([0, 0, 1]))
    assert text == "head 0.0 at 1, which it copies; head 0.1 at 0, which it does not copy"


def test_margins_are_relative_to_the_mean_logit_of_each_part() -> None:
    task = SortedList(list_length=1, max_value=1)
    tokens = task.encode([[0], [1]])
    # Only position 1, SEP, is judged; the answers are 0 and 1.
    direct = torch.zeros(2, 3, 3)
    direct[:, 1] = torch.tensor([[5.0, 2.0, 2.0], [0.0, 9.0, 0.0]])
    heads = torch.zeros(2, 2, 3, 3)
    heads[0, 1, 1] = torch.tensor([3.0, 0.0, 0.0])
    nothing = torch.zeros(2, 3, 3)
    parts = Attribution(
        direct,
        heads,
        bias=torch.zeros(3),
        output_bias=nothing,
        neurons=torch.zeros(2, 0, 3, 3),
        mlp_bias=nothing,
    )
    # Direct: 5 - 3 and 9 - 3; the second head: 3 - 1 on the first list alone.
    assert describe.margin_by_part(parts, tokens, task) == [[4.0], [0.0], [1.0]]


def test_margins_of_all_parts_add_up(problem: Problem[SortedList]) -> None:
    tokens = problem.task.sample(20, torch.Generator().manual_seed(1))
    parts = direct_logit_attribution(problem, tokens)
    biases = parts._replace(
        direct=parts.output_bias + parts.bias, heads=torch.zeros_like(parts.heads)
    )
    margins = torch.tensor(describe.margin_by_part(parts, tokens, problem.task)).sum(dim=0)
    rest = torch.tensor(describe.margin_by_part(biases, tokens, problem.task)).sum(dim=0)
    judged = problem.logits(tokens)[:, problem.task.label_positions]
    right = judged.gather(2, problem.task.answers(tokens).unsqueeze(2)).squeeze(2)
    expected = (right - judged.mean(dim=2)).mean(dim=0)
    torch.testing.assert_close(margins + rest, expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize(
    ("scores", "share"),
    [
        ([[3.0, 2, 1], [1, 2, 3]], 1.0),
        ([[1.0, 2, 3], [1, 2, 3]], 0.0),
        # The first head has (0, 1), the second (0, 2) and (1, 2) in order.
        ([[2.0, 1, 3], [2, 3, 1]], 2 / 3),
    ],
)
def test_pairs_that_descend_are_counted_in_the_best_head(
    scores: list[list[float]], share: float
) -> None:
    assert describe.descending_pairs(torch.tensor(scores)) == pytest.approx(share)


def test_zero_is_compared_with_the_other_values_below_the_query() -> None:
    scores = torch.zeros(2, 5, 5)
    scores[0, 3] = torch.tensor([6.0, 1, 3, 100, 100])
    scores[1, 4] = torch.tensor([0.0, 1, 2, 3, 100])
    found = describe.zero_above_rest(scores, [3, 4])
    assert found.tolist() == [[4.0, 0.0], [0.0, -2.0]]


def test_neighbours_are_looked_up_in_the_head_that_copies_the_value() -> None:
    ov = copying([0, 0, 1, 1])
    # Value 1 is copied by head 0, value 2 by head 1; the ends have one neighbour only.
    ov[0, 1] += torch.tensor([0.5, 0, 0.25, 0])
    ov[1, 2] += torch.tensor([0, -0.5, 0, 0.75])
    ov[1, 1] += torch.tensor([9.0, 0, 9, 9])
    ov[0, 0, 1] = ov[1, 3, 2] = 7
    assert describe.neighbours_raised(ov) == (0.0, 0.5)


def test_means_by_answer() -> None:
    answers = torch.tensor([[1, 2], [2, 4]])
    found = torch.tensor([[True, False], [True, True]])
    assert describe.by_answer(found, answers, range(5)) == [0.0, 1.0, 0.5, 0.0, 1.0]
