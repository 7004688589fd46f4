"""The enumeration against brute force, and what it must not let slip."""

import re
from collections import Counter
from itertools import islice, product
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from analyses.cumulative_sum import enumeration
from analyses.cumulative_sum.cases import Case, Enumeration, count_cases, multisets
from analyses.cumulative_sum.enumeration import enumerate_cases
from analyses.cumulative_sum.kernel import NumbaEngine
from analyses.cumulative_sum.kernel_torch import TorchEngine
from analyses.cumulative_sum.tables import Array, Found, Tables, Work, terms
from analyses.cumulative_sum.uniform import Uniform, uniform
from models import load
from models.cumulative_sum.task import CumulativeSum
from models.progress import Progress

SMALL = CumulativeSum(length=4, max_value=2)


def random_terms(task: CumulativeSum, seed: int, d_mlp: int = 3) -> Uniform:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    return Uniform(
        normal(task.d_vocab, d_mlp + 3),
        normal(task.length, task.d_vocab, d_mlp + 3),
        normal(d_mlp, 3),
    )


def weights_for(task: CumulativeSum, seed: int) -> torch.Tensor:
    """Attention by position and last token, the largest of each query 1."""
    generator = torch.Generator().manual_seed(seed)
    shape = (task.length, task.d_vocab, task.d_vocab)
    found = torch.rand(*shape, generator=generator, dtype=torch.float64) + 0.1
    return found / found.amax(dim=-1, keepdim=True)


def counting(task: CumulativeSum) -> Uniform:
    """Terms of a model that is right everywhere: two neurons, the sum times 1 and times -1.

    The logits are twice one neuron, 1 - 0, and twice the other, less half of 1 where they tie.
    """
    n = torch.arange(1, task.length + 1, dtype=torch.float64)
    values = torch.arange(-task.max_value, task.max_value + 1, dtype=torch.float64)
    token = torch.stack([-values, values, *[0 * values] * 3], dim=1)
    place = torch.zeros(task.length, task.d_vocab, 5, dtype=torch.float64)
    # A mean of 1 / n is to win against zero by as much as zero wins if the mean is 0.
    place[..., 3] = (0.5 / n).unsqueeze(1)
    out = torch.tensor([[1.0, 0, 0], [0, 0, 1]], dtype=torch.float64)
    return Uniform(token, place, out)


def brute_force(terms: Uniform, task: CumulativeSum, n: int) -> torch.Tensor:
    """The margins of all sequences of n values."""
    tokens = torch.tensor(list(product(range(task.d_vocab), repeat=n)))
    counts = torch.nn.functional.one_hot(tokens, task.d_vocab).sum(dim=1)
    logits = terms.logits(counts, tokens[:, -1])
    right = (tokens - task.max_value).sum(dim=1).sign() + 1
    others = logits.scatter(1, right.unsqueeze(1), -inf).amax(dim=1)
    return logits.gather(1, right.unsqueeze(1)).squeeze(1) - others


def assert_same_as_brute_force(
    found: Enumeration, terms: Uniform, task: CumulativeSum, bounds: list[float]
) -> None:
    for position in found.positions:
        n = position.n
        margins = brute_force(terms, task, n)
        assert position.cases == task.d_vocab * multisets(n - 1, task.d_vocab)
        assert position.wrong_sequences == int((margins <= 0).sum())
        assert position.unproved_sequences == int((margins <= bounds[n - 1]).sum())
        assert position.smallest_margin == pytest.approx(float(margins.min()), abs=1e-9)
        listed = [case for case in found.wrong if case.n == n]
        assert len(set(listed)) == len(listed) == position.wrong_cases
        assert sum(case.orderings for case in listed) == position.wrong_sequences
        for case in [*listed, *position.smallest]:
            assert case.margin == pytest.approx(margin_of(case, terms), abs=1e-9)


def alike(limits: list[float]) -> torch.Tensor:
    """Errors that are the same for all last tokens and classes."""
    return torch.tensor(limits, dtype=torch.float64).reshape(-1, 1, 1, 1).expand(-1, 1, 3, 3)


def margin_of(case: Case, terms: Uniform) -> float:
    counts = torch.tensor([case.before])
    counts[0, case.last] += 1
    logits = terms.logits(counts, torch.tensor([case.last]))[0].tolist()
    return logits.pop(case.right) - max(logits)


def comparable(found: Enumeration) -> object:
    return found.positions, found.wrong


@pytest.mark.parametrize("engine", [NumbaEngine(2), NumbaEngine(1), TorchEngine("cpu")])
@pytest.mark.parametrize(("length", "max_value", "d_mlp"), [(4, 5, 8), (4, 2, 3), (5, 1, 1)])
def test_agrees_with_brute_force(
    engine: enumeration.Engine, length: int, max_value: int, d_mlp: int
) -> None:
    task = CumulativeSum(length=length, max_value=max_value)
    made, bounds = random_terms(task, seed=length, d_mlp=d_mlp), [0.5, 0.0, 2.0, 0.25, 1.0]
    found = enumerate_cases(made, task, errors=alike(bounds), engine=engine, limit=10**5)
    assert 0.2 < found.wrong_cases / found.cases < 0.9
    assert found.wrong_complete
    assert_same_as_brute_force(found, made, task, bounds)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    length=st.integers(1, 5),
    max_value=st.integers(1, 2),
    d_mlp=st.integers(1, 8),
    bounds=st.lists(st.floats(0, 3), min_size=5, max_size=5),
)
def test_agrees_on_any_small_task(
    seed: int, length: int, max_value: int, d_mlp: int, bounds: list[float]
) -> None:
    task = CumulativeSum(length=length, max_value=max_value)
    made = random_terms(task, seed, d_mlp)
    found = enumerate_cases(made, task, errors=alike(bounds), threads=1, limit=10**5)
    assert_same_as_brute_force(found, made, task, bounds)


def test_the_trained_model_is_right_on_short_sequences() -> None:
    problem = load("cumulative_sum")
    made = uniform(problem)
    found = enumerate_cases(made, problem.task, up_to=9)
    assert found.cases == count_cases(problem.task, range(1, 10))
    assert found.wrong_cases == 0
    assert found.wrong == ()
    assert_same_as_brute_force(
        enumerate_cases(made, problem.task, up_to=4), made, problem.task, [0.0] * 4
    )


@pytest.mark.parametrize("max_value", [1, 2, 5])
def test_cases_stand_for_all_sequences(max_value: int) -> None:
    """A model that says nothing ties everywhere, and so is wrong everywhere."""
    task = CumulativeSum(length=9, max_value=max_value)
    silent = Uniform(*(0 * part for part in random_terms(task, 0)))
    found = enumerate_cases(silent, task, up_to=7)
    for position in found.positions:
        assert position.cases == position.wrong_cases
        assert position.wrong_sequences == task.d_vocab**position.n
        assert position.smallest_margin == 0
    assert len(found.wrong) == min(found.wrong_cases, 1000)
    assert found.wrong_complete == (found.wrong_cases <= 1000)


def test_all_twenty_values_are_counted_exactly() -> None:
    task = CumulativeSum(length=20, max_value=1)
    silent = Uniform(*(0 * part for part in random_terms(task, 0)))
    found = enumerate_cases(silent, task)
    assert found.wrong_sequences == sum(3**n for n in range(1, 21))


@pytest.mark.parametrize("engine", [NumbaEngine(2), TorchEngine("cpu")])
def test_one_planted_error_is_found(engine: enumeration.Engine) -> None:
    """A neuron that fires on a single multiset of four tokens, and there says the wrong thing."""
    task = CumulativeSum(length=5, max_value=2)
    before, last, n = Counter([4, 4, 1]), 0, 4
    right = counting(task)
    assert enumerate_cases(right, task, engine=engine).wrong_cases == 0
    # Distances of powers tell the multisets of n tokens apart, so that of all only this one
    # reaches a level; the bias at other positions and last tokens keeps the neurons silent.
    code = torch.tensor([float((n + 1) ** token) for token in range(task.d_vocab)])
    level = sum(code[token] * count for token, count in (before + Counter([last])).items()) / n
    token = torch.cat(
        [right.token[:, :2], *[code.double().unsqueeze(1)] * 3, right.token[:, 2:]], 1
    )
    place = torch.zeros(task.length, task.d_vocab, 8, dtype=torch.float64)
    place[..., 5:] = right.place[..., 2:]
    place[..., 2:5] = -1e9
    # A tent of width 1 / n around the level: one neuron up, one down twice, one up.
    for column, shift in ((2, 1 / n), (3, 0), (4, -1 / n)):
        place[n - 1, last, column] = shift - float(level)
    tent = torch.tensor([[1.0], [-2.0], [1.0]], dtype=torch.float64) * torch.tensor([-20.0, 0, 0])
    out = torch.cat([right.out, tent.double() * -1], 0)
    planted = Uniform(token, place, out)
    found = enumerate_cases(planted, task, engine=engine)
    (wrong,) = found.wrong
    assert (wrong.n, wrong.last, wrong.orderings) == (4, 0, 3)
    assert Counter({i: count for i, count in enumerate(wrong.before) if count}) == before
    assert [position.wrong_sequences for position in found.positions] == [0, 0, 0, 3, 0]
    assert wrong.margin == found.smallest_margin == pytest.approx(margin_of(wrong, planted))


@pytest.mark.parametrize("value", [nan, inf, -inf, 1e200])
@pytest.mark.parametrize("field", Uniform._fields)
def test_what_is_no_number_is_refused(value: float, field: str) -> None:
    made = random_terms(SMALL, 0)
    getattr(made, field)[(1,) * getattr(made, field).dim()] = value
    with pytest.raises(ValueError, match=rf"{field}\[1, 1.*is {re.escape(str(value))};"):
        enumerate_cases(made, SMALL)


def test_arguments_are_checked() -> None:
    made = random_terms(SMALL, 0)
    with pytest.raises(ValueError, match="up_to is 5"):
        enumerate_cases(made, SMALL, up_to=5)
    with pytest.raises(ValueError, match="errors for 3 of 4 positions"):
        enumerate_cases(made, SMALL, errors=alike([0.0] * 3))
    with pytest.raises(ValueError, match="error at position 2 is nan"):
        enumerate_cases(made, SMALL, errors=alike([0.0, nan, 0.0, 0.0]))
    with pytest.raises(ValueError, match="a weight is not above 0, or above 1"):
        enumerate_cases(made, SMALL, weights=2 * weights_for(SMALL, 0))
    with pytest.raises(ValueError, match="has 9 neurons"):
        enumerate_cases(random_terms(SMALL, 0, d_mlp=9), SMALL, engine=NumbaEngine(1))
    with pytest.raises(ValueError, match="too many to count"):
        task = CumulativeSum(length=21)
        enumerate_cases(random_terms(task, 0), CumulativeSum(length=21, max_value=50))


def test_threads_and_size_of_units_make_no_difference() -> None:
    task = CumulativeSum(length=6, max_value=3)
    made = random_terms(task, 5)
    small = NumbaEngine(2)
    small.cases = 500
    one, two, other, torchs = (
        enumerate_cases(made, task, engine=engine, limit=10**5)
        for engine in (NumbaEngine(1), NumbaEngine(2), small, TorchEngine("cpu"))
    )
    assert comparable(one) == comparable(two)
    assert one.positions == other.positions
    assert set(one.wrong) == set(other.wrong)
    for a, b in zip(one.positions, torchs.positions, strict=True):
        assert (a.wrong_sequences, a.unproved_cases) == (b.wrong_sequences, b.unproved_cases)
        assert a.smallest_margin == pytest.approx(b.smallest_margin)
        assert [case.before for case in a.smallest] == [case.before for case in b.smallest]


def test_the_list_of_wrong_cases_does_not_depend_on_threads_when_it_is_cut_off() -> None:
    task = CumulativeSum(length=5, max_value=3)
    made = random_terms(task, 5)
    lists = [enumerate_cases(made, task, threads=k, limit=40).wrong for k in (1, 2)]
    assert lists[0] == lists[1]
    assert len(lists[0]) == 40


class Interrupted(NumbaEngine):
    """Goes through some units and is then interrupted."""

    def __init__(self, units: int) -> None:
        super().__init__(threads=1)
        self.left = units

    def __call__(self, work: Work, errors: Array, limit: int) -> Found:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().__call__(work, errors, limit)


def test_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    made, state = random_terms(SMALL, 3), tmp_path / "kept" / "state.json"
    # Preparing takes one call, too.
    with pytest.raises(KeyboardInterrupt):
        enumerate_cases(made, SMALL, state=state, engine=Interrupted(5))
    assert [path.name for path in state.parent.iterdir()] == ["state.json"]
    units = Tables(terms(made, 8), SMALL, 4).units(NumbaEngine.cases)
    with Progress("test", total=count_cases(SMALL)) as progress:
        rest = Interrupted(1 + len(units) - 4)
        resumed = enumerate_cases(made, SMALL, state=state, engine=rest, progress=progress)
    assert rest.left == 0
    assert progress.done == count_cases(SMALL)
    assert comparable(resumed) == comparable(enumerate_cases(made, SMALL))
    assert not state.exists()


def test_state_of_anything_else_is_ignored(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    other, made = random_terms(SMALL, 3), random_terms(SMALL, 4)
    expected = comparable(enumerate_cases(made, SMALL))
    with pytest.raises(KeyboardInterrupt):
        enumerate_cases(other, SMALL, state=state, engine=Interrupted(5))
    assert comparable(enumerate_cases(made, SMALL, state=state, threads=1)) == expected
    state.write_text('{"key": "cut o')
    assert comparable(enumerate_cases(made, SMALL, state=state)) == expected


def test_an_error_in_a_thread_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: NumbaEngine, work: Work, errors: Array, limit: int) -> Found:
        raise RuntimeError("broken")

    monkeypatch.setattr(NumbaEngine, "__call__", fail)
    monkeypatch.setattr(NumbaEngine, "prepare", lambda self: None)
    with pytest.raises(RuntimeError, match="broken"):
        enumerate_cases(random_terms(SMALL, 0), SMALL, threads=2)


def test_a_margin_that_is_no_number_counts_as_wrong() -> None:
    """Terms that would give one are refused; should one come about all the same, it is wrong."""
    tables = Tables(terms(random_terms(SMALL, 0), 8), SMALL, 2)
    work = next(islice(map(tables.work, tables.units(10)), 1))
    broken = work._replace(rows=work.rows * nan)
    found = TorchEngine("cpu")(broken, np.zeros((3, 3)), 0)
    assert found.wrong == len(work.rows) * len(work.columns)


def test_more_neurons_than_the_loops_are_written_for_are_enumerated_all_the_same() -> None:
    given = random_terms(SMALL, 4, d_mlp=9)
    found = enumerate_cases(given, SMALL)
    assert_same_as_brute_force(found, given, SMALL, [0.0] * SMALL.length)


def leads(
    terms: Uniform, task: CumulativeSum, n: int, weights: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Of all sequences of n values: tokens, right classes, and how far the right logit leads."""
    tokens = torch.tensor(list(product(range(task.d_vocab), repeat=n)))
    counts = torch.nn.functional.one_hot(tokens, task.d_vocab).sum(dim=1)
    logits = terms.logits(counts, tokens[:, -1], weights)
    right = (tokens - task.max_value).sum(dim=1).sign() + 1
    return tokens, right, logits.gather(1, right.unsqueeze(1)) - logits


@pytest.mark.parametrize("engine", [NumbaEngine(2), TorchEngine("cpu")])
@pytest.mark.parametrize("weighted", [False, True])
def test_each_pair_of_classes_has_its_own_error(engine: enumeration.Engine, weighted: bool) -> None:
    task = CumulativeSum(length=4, max_value=2)
    made = random_terms(task, seed=8)
    generator = torch.Generator().manual_seed(1)
    lasts = task.d_vocab if weighted else 1
    errors = 2 * torch.rand(4, lasts, 3, 3, generator=generator, dtype=torch.float64)
    weights = weights_for(task, 2) if weighted else None
    found = enumerate_cases(made, task, errors=errors, weights=weights, engine=engine)
    for position in found.positions:
        n = position.n
        tokens, right, lead = leads(made, task, n, weights)
        limit = errors[n - 1].expand(task.d_vocab, 3, 3)[tokens[:, -1], right].clone()
        own = torch.arange(3) == right.unsqueeze(1)
        unproved = ((lead <= limit) & ~own).any(dim=1)
        wrong = ((lead <= 0) & ~own).any(dim=1)
        assert 0 < position.wrong_sequences == int(wrong.sum())
        assert position.wrong_sequences < position.unproved_sequences == int(unproved.sum())
        # A scale of at most 1 takes the smallest margin towards zero.
        margin = float(lead.masked_fill(own, inf).min())
        assert margin - 1e-12 <= position.smallest_margin or not weighted
        assert weighted or position.smallest_margin == pytest.approx(margin)


def test_equal_weights_are_uniform_attention() -> None:
    made = random_terms(SMALL, 6)
    ones = torch.ones(4, 5, 5, dtype=torch.float64)
    one, other = (enumerate_cases(made, SMALL, weights=w, threads=1) for w in (None, ones))
    for a, b in zip(one.positions, other.positions, strict=True):
        assert (a.cases, a.wrong_cases, a.wrong_sequences) == (
            b.cases,
            b.wrong_cases,
            b.wrong_sequences,
        )
        assert a.smallest_margin == pytest.approx(b.smallest_margin)
        assert [c.before for c in a.smallest] == [c.before for c in b.smallest]
        assert [c.last for c in a.smallest] == [c.last for c in b.smallest]


def test_an_infinite_error_proves_nothing() -> None:
    found = enumerate_cases(random_terms(SMALL, 6), SMALL, errors=alike([inf] * 4))
    assert [p.unproved_sequences for p in found.positions] == [5**n for n in range(1, 5)]
