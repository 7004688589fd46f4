import numpy as np
import pytest
import torch

from analyses.evidence.bounds import ROUNDOFF_32
from analyses.sorted_list import rounding
from analyses.sorted_list.terms import activations, folded
from models.problem import Problem
from models.sorted_list.task import SortedList
from tests.problems.sorted_list.small import random_problem

HOOKS = [f"blocks.0.attn.hook_{name}" for name in ("v", "pattern")]


def test_a_product_by_hand() -> None:
    x, off = torch.tensor([[3.0, -2.0]]).double().abs(), torch.tensor([[0.5, 0.25]]).double()
    matrix, bias = torch.tensor([[1.0], [-4.0]]).double(), torch.tensor([2.0]).double()
    # The error itself, 0.5 * 1 + 0.25 * 4; and four roundings of 3.5 * 1 + 2.25 * 4 + 2.
    gamma = 4 * ROUNDOFF_32 / (1 - 4 * ROUNDOFF_32)
    found = rounding.product(x, off, matrix, bias, ROUNDOFF_32)
    assert float(found) == pytest.approx(1.5 + gamma * 14.5, rel=1e-12)


@pytest.mark.parametrize("mean", [0.0, 3.0])
def test_no_variance_is_further_off(mean: float) -> None:
    rows = np.random.default_rng(0).normal(mean, 1.0, size=(2000, 96)).astype(np.float32)
    exact = rows.astype(np.float64).var(axis=1)
    square = torch.from_numpy((rows.astype(np.float64) ** 2).mean(axis=1))
    bound = rounding.variance_error(square, 96, ROUNDOFF_32).numpy()
    as_torch = torch.from_numpy(rows).var(dim=1, unbiased=False).numpy()
    means = (rows**2).mean(axis=1, dtype=np.float32) - rows.mean(axis=1, dtype=np.float32) ** 2
    for computed in (rows.var(axis=1), as_torch, means):
        assert (np.abs(computed - exact) <= bound).all()


@pytest.mark.parametrize("name", ["problem", "random"])
def test_values_and_attention_are_not_further_off_than_bounded(
    name: str, request: pytest.FixtureRequest
) -> None:
    problem: Problem[SortedList] = (
        random_problem(3) if name == "random" else request.getfixturevalue(name)
    )
    task, labels = problem.task, problem.task.label_positions
    tokens = task.sample(50, torch.Generator().manual_seed(1))
    _, cache = problem.model.run_with_cache(tokens, names_filter=HOOKS)
    found = activations(folded(problem))
    read = rounding.reading(problem, ROUNDOFF_32)
    places = torch.arange(task.n_ctx)
    v = found.v[:, places, tokens].permute(1, 2, 0, 3)
    off = (cache[HOOKS[0]].double() - v).abs()
    allowed = read.v[:, places, tokens].permute(1, 2, 0, 3)
    assert (off <= allowed).all()
    assert (off > allowed / 1000).any()
    d_head = found.q.shape[-1]
    exact = torch.einsum(
        "bqhd,bkhd->bhqk",
        *(x[:, places, tokens].permute(1, 2, 0, 3) for x in (found.q, found.k)),
    )
    future = torch.ones(task.n_ctx, task.n_ctx, dtype=torch.bool).triu(1)
    exact = (exact / d_head**0.5).masked_fill(future, -torch.inf).softmax(dim=-1)
    ratio = (cache[HOOKS[1]].double() / exact).nan_to_num(1.0)[:, :, labels]
    for label, position in enumerate(range(labels.start, labels.stop)):
        error = read.weight[:, label, tokens[:, position]].mT
        # What all keys share of a factor is off by as much again.
        assert (ratio[:, :, label].amax(dim=-1) <= (1 + error) ** 2).all()
        assert (ratio[:, :, label].amin(dim=-1) >= (1 + error) ** -2).all()


def test_the_committed_model_rounds_little(problem: Problem[SortedList]) -> None:
    found = rounding.rounding(problem)
    assert 0 < float(found.weight.max()) < 0.01
    assert 0 < float(found.logit.max()) < 0.01


def test_a_stream_that_is_nearly_constant_promises_nothing() -> None:
    # Its variance is next to nothing beside its mean square, which is what rounds.
    problem = random_problem()
    weights = {name: tensor.clone() for name, tensor in problem.weights.items()}
    weights["embed.W_E"] *= 0
    weights["pos_embed.W_pos"] *= 0
    still = problem.with_weights(weights)
    state = still.model.state_dict()
    state["pos_embed.weight"] += 1e3
    assert rounding.reading(still, ROUNDOFF_32).weight.isinf().all()
